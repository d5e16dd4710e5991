/*
 * plain.c
 *		How far, and which chain, for the usual pattern: "->" between required
 *		steps, with or without a window.
 *
 * Each position needs one entry: the chain with the latest start, for the
 * future asks nothing else of a chain than that its window is open.  For the
 * chain that is reported, start and completion are known then, and taking each
 * next step as early as possible is right, since nothing but the order binds
 * later steps.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "matcher/chain_private.h"

/*
 * The first of the positions up to "last" such that all of them can be served by
 * the touchpoints of a group; last + 1 if not even that one can.
 */
static int
first_of_run(Assignment *a, bool exclusive, uint64 present, int last)
{
	int			first = last;

	if ((present & STEP_BIT(last)) == 0)
		return last + 1;
	if (exclusive)
	{
		while (first > 0 && (present & STEP_BIT(first - 1)) != 0)
			first--;
		return first;
	}
	assignment_clear(a);
	assignment_add(a, last);
	while (first > 0 && (present & STEP_BIT(first - 1)) != 0 && assignment_add(a, first - 1))
		first--;
	return first;
}

/* Can no touchpoint of the group serve more than one step? */
static bool
group_is_exclusive(const ChainRun *run, int64 from, int64 to)
{
	for (int64 i = from; i < to; i++)
	{
		if ((run->mask[i] & (run->mask[i] - 1)) != 0)
			return false;
	}
	return true;
}

/*
 * Takes a group of several touchpoints, or one that matches several steps.
 * Starts fall with the position, so the best entry is the earliest position from which
 * the group serves a run; and going downwards, entries that are read have not
 * been written yet.
 */
static void
plain_group(const ChainPlan *plan, Assignment *a, const ChainRun *run, int64 from, int64 to,
			TimestampTz *start, TimestampTz open, ChainReach *reach)
{
	TimestampTz at = run->at[from];
	bool		may_start = !plan->from_first || at == reach->only_start;
	bool		exclusive = group_is_exclusive(run, from, to);
	uint64		present = 0;
	int			known = reach->reached;

	for (int64 i = from; i < to; i++)
		present |= run->mask[i];
	if (!exclusive)
		assignment_load(a, run->mask + from, to - from, plan->steps);
	for (int position = present ? pg_leftmost_one_pos64(present) : -1; position >= 0; position--)
	{
		int			first = first_of_run(a, exclusive, present, position);

		if (first == 0 && !may_start)
			first = 1;
		if (first > position || first > known || (first > 0 && start[first - 1] < open))
			continue;
		start[position] = first == 0 ? at : start[first - 1];
		if (position >= reach->reached)
		{
			reach->reached = position + 1;
			reach->completed_at = at;
			reach->started_at = start[position];
		}
	}
}

/*
 * start[] holds for each position the latest start of a chain that stands
 * there, "never" if there is none.  The usual touchpoint stands alone at its
 * instant and matches one step; then there is hardly a branch that depends on
 * which.
 */
void
plain_reach(const ChainPlan *plan, Assignment *a, const ChainRun *run, ChainReach *reach)
{
	const TimestampTz never = PG_INT64_MIN;
	const TimestampTz *times = run->at;
	const int64 count = run->count;
	const int64 window = plan->window;
	const bool	may_saturate = window > PG_INT64_MAX / 2;
	const TimestampTz only_start = plan->from_first ? reach->only_start : never;
	TimestampTz slot[PATTERN_MAX_ELEMENTS + 1];
	TimestampTz *start = slot + 1;
	int			reached = 0;

	for (int position = 0; position < plan->positions; position++)
		start[position] = never;
	for (int64 i = 0; i < count && reached < run->ceiling;)
	{
		TimestampTz at = times[i];
		TimestampTz open = may_saturate ? Max(earlier_by(at, window), never + 1) : at - window;
		uint64		mask = run->mask[i];

		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();

		/* with "by" a touchpoint may match nothing but a start that is not asked for */
		if ((i + 1 < count && times[i + 1] == at) || (mask & (mask - 1)) != 0 || mask == 0)
		{
			int64		to = run_group_end(run, i);

			plain_group(plan, a, run, i, to, start, open, reach);
			reached = reach->reached;
			i = to;
		}
		else
		{
			int			position = pg_rightmost_one_pos64(mask);
			TimestampTz from;
			bool		arrives;

			slot[0] = only_start == never || only_start == at ? at : never;
			from = slot[position];
			arrives = from >= open;
			start[position] = arrives ? from : start[position];
			if (arrives && position >= reached)
			{
				reached = position + 1;
				reach->reached = reached;
				reach->completed_at = at;
				reach->started_at = from;
			}
			i++;
		}
	}
}

/* The first group from "i" on in which a position is matched, as far as that is known. */
static int64
next_match(const ChainRun *run, int64 i, int position)
{
	const ChainOccurrences *all = run->occurrences;
	int64		low;
	int64		high;

	if (all == NULL)
		return i;
	low = all->begin[position];
	high = all->begin[position + 1];
	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (all->touchpoint[middle] < run->first + i)
			low = middle + 1;
		else
			high = middle;
	}
	i = low < all->begin[position + 1] ? all->touchpoint[low] - run->first : run->count;
	return i < run->count ? run_lower_bound(run, run->at[i]) : run->count;
}

/*
 * Serves positions up to "last" in turn, each as early as it can be, by groups
 * from the start's on and before "end".  Returns how many; group[] says where.
 */
static int
serve_early(const ChainPlan *plan, Assignment *a, const ChainRun *run, TimestampTz start,
			int64 end, int last, int64 *group)
{
	int64		i = run_lower_bound(run, start);
	int			position = 0;

	while (i < end && position <= last)
	{
		int64		to = i + 1;

		if (to < run->count && run->at[to] == run->at[i])
		{
			to = run_group_end(run, i);
			assignment_load(a, run->mask + i, to - i, plan->steps);
			while (position <= last && assignment_add(a, position))
				group[position++] = i;
		}
		else if (run->mask[i] & STEP_BIT(position))
			group[position++] = i;
		i = position <= last ? next_match(run, to, position) : to;
		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	return position;
}

/*
 * Each step in turn as early as it can be; against a trailing exclusion the last one
 * at the completion, and along with it as many before it as let the chain end there.
 */
void
plain_trace(const ChainPlan *plan, Assignment *a, const ChainRun *run, const ChainReach *reach,
			Chain *chain)
{
	bool		holds = reach->reached > plan->positions;
	int			last = Min(reach->reached, plan->positions) - 1;
	int64		end = holds ? run_lower_bound(run, reach->completed_at) : run->count;
	int64		group[PATTERN_MAX_ELEMENTS];
	int			early;

	chain->started_at = reach->started_at;
	early = serve_early(plan, a, run, reach->started_at, end, holds ? last - 1 : last, group);
	if (holds)
	{
		ChainGroup	ending = run_group(run, end, run_group_end(run, end));

		while (!assignment_suffices(a, plan, &ending, STEP_BITS(early, last), last))
		{
			Assert(early > 0);
			early--;
		}
		for (int position = early; position <= last; position++)
			group[position] = end;
	}
	Assert(holds || early == last + 1);
	for (int position = 0; position <= last;)
	{
		int64		i = group[position];
		uint64		positions = 0;

		while (position <= last && group[position] == i)
			positions |= STEP_BIT(position++);
		assignment_pick(a, plan, run, i, run_group_end(run, i), positions,
						holds && i == end ? last : -1, chain->touchpoint);
	}
}
