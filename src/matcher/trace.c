/*
 * trace.c
 *		Which chain is reported.
 *
 * reach.c told how far the customer came and at which instant that was first
 * completed.  Among the chains that end there, the reported one has the most steps
 * matched, then the latest start, then the earliest times of steps 2, 3, ...
 * in order (a step that was matched before one that was skipped), then the first
 * touchpoints in canonical order.
 *
 * One pass backwards from the completion finds for each group of
 * touchpoints at one instant, and each position by which a chain could enter it,
 * how many steps the rest of a chain can match: 0 if it cannot end where it has
 * to.  What can follow on a position lies in an unbroken stretch of groups, up
 * to a limit or the first exclusion; so for each position and each
 * count the nearest group is all that need be remembered.  Then one pass
 * forwards makes the decisions one by one, each checked against that table.
 * Both cost O(groups between start and completion x positions), times the
 * number of optional steps that can be skipped in a row.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "matcher/chain_private.h"
#include "type/array.h"

#define NO_GROUP	((int64) -1)

/* Where each step of a chain was matched, while it is being found. */
typedef struct Path
{
	int			positions;
	int64		group[PATTERN_MAX_ELEMENTS];	/* NO_GROUP: skipped */
} Path;

typedef struct TraceWork
{
	MemoryContext context;
	int64		groups;
	int64		groups_allocated;
	int64	   *first;			/* touchpoint that begins each group, and one more */
	uint8	   *rest;			/* [group][position]: steps matched from there on */
	Size		rest_allocated;
	int64		nearest[PATTERN_MAX_ELEMENTS][PATTERN_MAX_ELEMENTS + 1];
	int64		next_exclusion[PATTERN_MAX_ELEMENTS];	/* group, on the arrow to a position */
} TraceWork;

/* What one call of chain_trace works on. */
typedef struct Trace
{
	const ChainPlan *plan;
	const ChainRun *run;
	const ChainReach *reach;
	Assignment *assignment;
	Assignment *followers;
	TraceWork  *work;
	int			positions;		/* none after these matter */
	bool		completed_by_trailing;
} Trace;

static TimestampTz
group_at(const Trace *trace, int64 group)
{
	return trace->run->at[trace->work->first[group]];
}

static uint64
mask_at(const Trace *trace, int64 group)
{
	ChainGroup	touchpoints = run_group(trace->run, trace->work->first[group],
										trace->work->first[group + 1]);

	return group_mask(&touchpoints);
}

static bool
group_is_single(const Trace *trace, int64 group)
{
	return trace->work->first[group + 1] == trace->work->first[group] + 1;
}

static void
load_group(Trace *trace, int64 group)
{
	int64		first = trace->work->first[group];

	assignment_load(trace->assignment, trace->run->mask + first,
					trace->work->first[group + 1] - first, trace->plan->steps);
}

/*
 * May a chain end in this group, with these positions served here and "last" the
 * last of them: does no trailing exclusion at the same instant continue it?
 */
static bool
unfollowed(const Trace *trace, int64 group, uint64 positions, int last)
{
	int64		first = trace->work->first[group];
	ChainGroup	touchpoints = run_group(trace->run, first, trace->work->first[group + 1]);

	return !trace->completed_by_trailing || touchpoints.count == 1 ||
		assignment_uses_followers(trace->followers, trace->plan, &touchpoints, positions, last);
}

static uint8 *
rest_of(const Trace *trace, int64 group)
{
	return trace->work->rest + group * trace->positions;
}

/* ----------
 * Backwards
 * ----------
 */

/* May a chain whose last touchpoint is at this position end at the completion? */
static bool
ends_at(const Trace *trace, int position, int64 group)
{
	if (group != trace->work->groups - 1)
		return false;
	if (trace->completed_by_trailing)
		return chain_may_end(trace->plan, position);
	return position == trace->positions - 1;
}

/*
 * The last group in which a chain that is at position "from" in this group may be
 * matched next at "to", given the exclusions later than it.
 */
static int64
last_group_for(const Trace *trace, int64 group, int from, int to)
{
	const ChainPlan *plan = trace->plan;
	int64		last = trace->work->groups - 1;

	for (int arrow = from + 1; arrow <= to; arrow++)
		last = Min(last, trace->work->next_exclusion[arrow]);
	if (plan->next[to])
		last = Min(last, group + 1);
	return last;
}

static bool
within_limit(const Trace *trace, int64 group, int64 later, int to)
{
	return group_at(trace, group) >= earlier_by(group_at(trace, later), trace->plan->limit[to]);
}

/*
 * How many steps can be matched after this group by a chain that leaves it at
 * a position: -1 if it cannot get to the end.
 */
static int
steps_after(const Trace *trace, int64 group, int from)
{
	const ChainPlan *plan = trace->plan;
	int			best = ends_at(trace, from, group) ? 0 : -1;

	for (int to = from + 1; to < trace->positions; to++)
	{
		const int64 *nearest = trace->work->nearest[to];
		int64		last = last_group_for(trace, group, from, to);

		for (int count = trace->positions - to; count > best && count > 0; count--)
		{
			if (nearest[count] != NO_GROUP && nearest[count] <= last &&
				within_limit(trace, group, nearest[count], to))
				best = count;
		}
		if ((plan->optional & STEP_BIT(to)) == 0)
			break;
	}
	return best;
}

/*
 * The largest number of steps that the loaded group can serve for a chain that
 * enters it at "from", leaves it at "to" and has "held" served there: required
 * ones between must be served, optional ones may.  0 if that cannot be.
 */
static int
steps_inside(const Trace *trace, uint64 held, int from, int to)
{
	Assignment *a = trace->assignment;
	uint64		optional = trace->plan->optional;

	assignment_clear(a);
	for (int position = 0; position <= to; position++)
	{
		bool		must = (held & STEP_BIT(position)) != 0 || position == from || position == to ||
			(position > from && (optional & STEP_BIT(position)) == 0);

		if (must && !assignment_add(a, position))
			return 0;
	}
	for (int position = from + 1; position < to; position++)
		assignment_add(a, position);
	return pg_popcount64(a->held);
}

/* Fills the table for one group from what is known of later ones. */
static void
trace_group(Trace *trace, int64 group)
{
	uint64		present = mask_at(trace, group);
	bool		single = group_is_single(trace, group);
	bool		ends = group == trace->work->groups - 1;
	uint8	   *rest = rest_of(trace, group);
	int			after[PATTERN_MAX_ELEMENTS];

	memset(rest, 0, trace->positions);
	for (int position = 0; position < trace->positions; position++)
		after[position] = (present & STEP_BIT(position)) ? steps_after(trace, group, position) : -1;
	if (!single)
		load_group(trace, group);
	for (int from = 0; from < trace->positions; from++)
	{
		if ((present & STEP_BIT(from)) == 0)
			continue;
		if (after[from] >= 0 && (!ends || unfollowed(trace, group, STEP_BIT(from), from)))
			rest[from] = after[from] + 1;
		for (int to = from + 1; !single && to < trace->positions; to++)
		{
			int			inside;

			if ((present & STEP_BIT(to)) != 0 && after[to] >= 0 &&
				(inside = steps_inside(trace, 0, from, to)) > 0 &&
				(!ends || unfollowed(trace, group, STEP_BITS(from, to), to)))
				rest[from] = Max(rest[from], inside + after[to]);
			if ((present & STEP_BIT(to)) == 0 && (trace->plan->optional & STEP_BIT(to)) == 0)
				break;
		}
	}
	for (int position = 0; position < trace->positions; position++)
	{
		for (int count = 1; count <= rest[position]; count++)
			trace->work->nearest[position][count] = group;
		if (present & trace->plan->exclusion[position])
			trace->work->next_exclusion[position] = group;
	}
}

static void
find_groups(Trace *trace)
{
	const ChainRun *run = trace->run;
	TraceWork  *work = trace->work;
	TimestampTz at = earlier_by(trace->reach->completed_at, trace->plan->window);
	int64		i = run_lower_bound(run, at);

	work->groups = 0;
	for (;;)
	{
		if (work->groups + 1 >= work->groups_allocated)
		{
			work->groups_allocated *= 2;
			work->first = array_realloc(work->first, work->groups_allocated, sizeof(int64));
		}
		work->first[work->groups] = i;
		if (i == run->count || run->at[i] > trace->reach->completed_at)
			break;
		work->groups++;
		i = run_group_end(run, i);
	}
}

static void
trace_backwards(Trace *trace)
{
	TraceWork  *work = trace->work;
	Size		needed = array_size(work->groups, trace->positions);

	if (needed > work->rest_allocated)
	{
		work->rest_allocated = Max(needed, work->rest_allocated * 2);
		if (work->rest != NULL)
			pfree(work->rest);
		work->rest = MemoryContextAllocHuge(work->context, work->rest_allocated);
	}
	for (int position = 0; position < trace->positions; position++)
	{
		for (int count = 0; count <= trace->positions; count++)
			work->nearest[position][count] = NO_GROUP;
		work->next_exclusion[position] = work->groups;
	}
	for (int64 group = work->groups - 1; group >= 0; group--)
	{
		trace_group(trace, group);
		if ((group & 0xFF) == 0)
			CHECK_FOR_INTERRUPTS();
	}
}

/* ----------
 * Forwards
 * ----------
 */

/*
 * Can a chain that leaves this group at "from", these positions served here,
 * match just "count" more steps?
 */
static bool
can_leave(Trace *trace, int64 group, uint64 held, int from, int count)
{
	TraceWork  *work = trace->work;

	if (count == 0)
		return ends_at(trace, from, group) && unfollowed(trace, group, held, from);
	for (int to = from + 1; to < trace->positions; to++)
	{
		uint64		exclusions = 0;

		for (int arrow = from + 1; arrow <= to; arrow++)
			exclusions |= trace->plan->exclusion[arrow];
		for (int64 later = group + 1; later < work->groups; later++)
		{
			if (!within_limit(trace, group, later, to))
				break;
			if (rest_of(trace, later)[to] == count)
				return true;
			if (trace->plan->next[to] || (mask_at(trace, later) & exclusions) != 0)
				break;
			if ((later & 0xFFFF) == 0)
				CHECK_FOR_INTERRUPTS();
		}
		if ((trace->plan->optional & STEP_BIT(to)) == 0)
			break;
	}
	return false;
}

/*
 * Can a chain that has "held" served in this group, the last of them at
 * "from", match just "count" more steps, here and later?
 */
static bool
can_finish(Trace *trace, int64 group, uint64 held, int from, int count)
{
	if (can_leave(trace, group, held, from, count))
		return true;
	if (group_is_single(trace, group))
		return false;
	load_group(trace, group);
	for (int to = from + 1; to < trace->positions; to++)
	{
		int			inside = steps_inside(trace, held, from, to);

		inside -= pg_popcount64(held);
		if (inside > 0 && inside <= count &&
			can_leave(trace, group, held | STEP_BITS(from, to), to, count - inside))
			return true;
	}
	return false;
}

/* Can the group serve all of these positions with different touchpoints? */
static bool
can_serve(Trace *trace, int64 group, uint64 positions)
{
	load_group(trace, group);
	for (int position = 0; position < trace->positions; position++)
	{
		if ((positions & STEP_BIT(position)) && !assignment_add(trace->assignment, position))
			return false;
	}
	return true;
}

/* The earliest later group in which a chain can have its next match at "to". */
static int64
earliest_match(Trace *trace, int64 group, int from, int to, int count)
{
	uint64		exclusions = 0;

	for (int arrow = from + 1; arrow <= to; arrow++)
		exclusions |= trace->plan->exclusion[arrow];
	for (int64 later = group + 1; later < trace->work->groups; later++)
	{
		if (!within_limit(trace, group, later, to))
			break;
		if (rest_of(trace, later)[to] == count)
			return later;
		if (trace->plan->next[to] || (mask_at(trace, later) & exclusions) != 0)
			break;
		if ((later & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	return NO_GROUP;
}

/*
 * Decides for each position, in order, in which group it is matched: as early
 * as it can be, "count" steps in all, the first of them in the group "start".
 * Position 0 is matched or not as told, since step 1 is not compared.  False if there is
 * no such path.
 */
static bool
follow(Trace *trace, int64 start, int count, bool with_first, Path *path)
{
	int64		group = start;
	uint64		held = 0;		/* served in the present group */
	int			last = -1;

	path->positions = trace->positions;
	memset(path->group, 0xFF, sizeof(path->group)); /* NO_GROUP, all of them */
	for (int position = 0; position < trace->positions; position++)
	{
		uint64		more = held | STEP_BIT(position);
		int64		later = NO_GROUP;

		if (position == 0 && !with_first)
			continue;
		if (count > 0 && can_serve(trace, group, more) &&
			can_finish(trace, group, more, position, count - 1))
			held = more;
		else if (count > 0 && last >= 0 &&
				 (later = earliest_match(trace, group, last, position, count)) != NO_GROUP)
		{
			group = later;
			held = STEP_BIT(position);
		}
		else if (trace->plan->optional & STEP_BIT(position))
			continue;
		else
			return false;
		path->group[position] = group;
		last = position;
		count--;
	}
	return count == 0;
}

/* Are the times of steps 2, 3, ... of one path earlier than those of the other? */
static bool
path_is_earlier(const Path *a, const Path *b)
{
	for (int position = 1; position < a->positions; position++)
	{
		int64		left = a->group[position] == NO_GROUP ? PG_INT64_MAX : a->group[position];
		int64		right = b->group[position] == NO_GROUP ? PG_INT64_MAX : b->group[position];

		if (left != right)
			return left < right;
	}
	return false;
}

/* Most steps first, then the latest start. */
static int
best_start(Trace *trace, int64 *start)
{
	const ChainPlan *plan = trace->plan;
	int			best = 0;

	for (int64 group = 0; group < trace->work->groups; group++)
	{
		const uint8 *rest = rest_of(trace, group);
		TimestampTz at = group_at(trace, group);

		if (plan->from_first && at != trace->reach->only_start)
			continue;
		if (trace->completed_by_trailing &&
			at >= trace->reach->holds_before)
			continue;
		for (int position = 0; position < trace->positions && plan->earliest[position] < 0;
			 position++)
		{
			if (rest[position] > 0 && rest[position] >= best)
			{
				best = rest[position];
				*start = group;
			}
		}
	}
	return best;
}

static void
trace_forwards(Trace *trace, Path *path)
{
	Path		other;
	int64		start = NO_GROUP;
	int			count = best_start(trace, &start);
	bool		found = count > 0 && follow(trace, start, count, true, path);

	if (count > 0 && (trace->plan->optional & STEP_BIT(0)) != 0 &&
		follow(trace, start, count, false, &other) &&
		(!found || path_is_earlier(&other, path)))
	{
		*path = other;
		found = true;
	}
	if (!found)
		elog(ERROR, "could not trace the chain that was found");
}

/* ----------
 * The chain
 * ----------
 */

static void
report(Trace *trace, const Path *path, Chain *chain)
{
	bool		started = false;

	for (int position = 0; position < path->positions; position++)
	{
		int64		group = path->group[position];
		uint64		positions = 0;
		int			last = -1;

		if (group == NO_GROUP)
			continue;
		if (!started)
			chain->started_at = group_at(trace, group);
		started = true;
		if (chain->touchpoint[position] >= 0)
			continue;			/* picked with its group */
		for (int other = position; other < path->positions; other++)
		{
			if (path->group[other] == group)
				positions |= STEP_BIT(other);
		}
		if (trace->completed_by_trailing && group == trace->work->groups - 1)
			last = pg_leftmost_one_pos64(positions);
		assignment_pick(trace->assignment, trace->plan, trace->run, trace->work->first[group],
						trace->work->first[group + 1], positions, last, chain->touchpoint);
	}
}

static TraceWork *
trace_work(ChainWork *chain_work)
{
	struct TraceWork **place = chain_work_trace(chain_work);

	if (*place == NULL)
	{
		TraceWork  *work = MemoryContextAllocZero(chain_work_context(chain_work),
												  sizeof(TraceWork));

		work->context = chain_work_context(chain_work);
		work->groups_allocated = 4 * PATTERN_MAX_ELEMENTS;
		work->first = MemoryContextAlloc(work->context, work->groups_allocated * sizeof(int64));
		*place = work;
	}
	return *place;
}

/* The chain that is reported for what chain_reach found. */
void
chain_trace(const ChainPlan *plan, ChainWork *work, const ChainRun *run,
			const ChainReach *reach, Chain *chain)
{
	Trace		trace = {0};
	Path		path;

	trace.plan = plan;
	trace.run = run;
	trace.reach = reach;
	chain->reached = reach->reached;
	for (int i = 0; i < plan->reports; i++)
		chain->touchpoint[i] = -1;
	if (reach->reached == 0)
		return;
	chain->ended_at = reach->completed_at;
	if (plan->free)
	{
		plain_trace(plan, chain_work_assignment(work), run, reach, chain);
		return;
	}
	trace.assignment = chain_work_assignment(work);
	trace.followers = chain_work_followers(work);
	trace.work = trace_work(work);
	trace.completed_by_trailing = reach->reached > plan->positions;
	trace.positions = Min(reach->reached, plan->positions);
	find_groups(&trace);
	trace_backwards(&trace);
	trace_forwards(&trace, &path);
	report(&trace, &path, chain);
}
