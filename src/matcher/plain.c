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
			reach->completed_by = from;
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
				reach->completed_by = i;
				reach->started_at = from;
			}
			i++;
		}
	}
}

/* Each step in turn as early as it can be. */
void
plain_trace(const ChainPlan *plan, Assignment *a, const ChainRun *run, const ChainReach *reach,
			Chain *chain)
{
	TimestampTz start = reach->started_at;
	int64		i = reach->completed_by;
	int			position = 0;

	while (i > 0 && run->at[i - 1] >= start)
		i--;
	chain->started_at = start;
	while (position < reach->reached)
	{
		int64		to = i + 1;

		if (to < run->count && run->at[to] == run->at[i])
		{
			uint64		positions = 0;

			to = run_group_end(run, i);
			assignment_load(a, run->mask + i, to - i, plan->steps);
			while (position < reach->reached && assignment_add(a, position))
				positions |= STEP_BIT(position++);
			assignment_pick(a, plan, run, i, to, positions, -1, chain->touchpoint);
		}
		else if (run->mask[i] & STEP_BIT(position))
			chain->touchpoint[position++] = run->index[i];
		Assert(position == reach->reached || to < run->count);
		i = to;
		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
	}
}
