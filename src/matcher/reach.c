/*
 * reach.c
 *		How far a customer came along a sequence, and when first.
 *
 * One pass in time order.  Touchpoints of one instant are taken as a group
 * against the state before the group, since they may serve in any order but
 * none of them twice.
 *
 * Plain patterns ("->" between required steps), see plain.c, need one entry a
 * position: the chain with the latest start.  That would do for a limit or an
 * exclusion, too, as long as every step is required, but beside optional steps a
 * chain with an older start and a newer last touchpoint may be the only one
 * that can go on.  So in general a position keeps a front of chains, none of
 * which is beaten by another in both start and last touchpoint.
 *
 * With a window and a trailing exclusion an older start can be worth more than
 * a newer one, since its window closes earlier: starts.c.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "matcher/chain_private.h"
#include "type/array.h"

#define NO_START	PG_INT64_MIN

/* A chain that stands at some position. */
typedef struct FrontEntry
{
	TimestampTz start;
	TimestampTz last;
} FrontEntry;

/*
 * The chains at one position, in the order of last, oldest first, with starts
 * strictly falling.
 */
typedef struct Front
{
	int64		count;
	int64		allocated;
	FrontEntry *entry;
} Front;

struct ChainWork
{
	MemoryContext context;
	Assignment	assignment;
	Assignment	followers;
	struct StartsWork *starts;
	struct TraceWork *trace;

	/* of one call of chain_reach */
	ChainClock	clock;
	Front		front[PATTERN_MAX_ELEMENTS];
	/* latest starts, or NO_START, of the chains that the present group carries on: */
	TimestampTz entering[PATTERN_MAX_ELEMENTS]; /* by the first position served in it */
	TimestampTz arriving[PATTERN_MAX_ELEMENTS]; /* by the last one */
	TimestampTz ending[PATTERN_MAX_ELEMENTS];	/* of those that may end there */
	ChainTrailing trailing[PATTERN_MAX_ELEMENTS];	/* of a run that has none */
};

ChainWork *
chain_work_create(const ChainPlan *plan, MemoryContext context)
{
	ChainWork  *work = MemoryContextAllocZero(context, sizeof(ChainWork));
	MemoryContext old = MemoryContextSwitchTo(context);

	work->context = context;
	assignment_init(&work->assignment);
	assignment_init(&work->followers);
	MemoryContextSwitchTo(old);
	return work;
}

Assignment *
chain_work_assignment(ChainWork *work)
{
	return &work->assignment;
}

Assignment *
chain_work_followers(ChainWork *work)
{
	return &work->followers;
}

MemoryContext
chain_work_context(ChainWork *work)
{
	return work->context;
}

struct StartsWork **
chain_work_starts(ChainWork *work)
{
	return &work->starts;
}

struct TraceWork **
chain_work_trace(ChainWork *work)
{
	return &work->trace;
}

/* ----------
 * What binds the next touchpoint
 * ----------
 */

void
chain_clock_begin(ChainClock *clock, const ChainPlan *plan)
{
	for (int position = 0; position < plan->positions; position++)
		clock->excluded[position] = PG_INT64_MIN;
	clock->instant_before = PG_INT64_MIN;
}

/* A group that matched "present" is over. */
void
chain_clock_pass(ChainClock *clock, const ChainPlan *plan, uint64 present, TimestampTz at)
{
	for (int position = 0; position < plan->positions; position++)
	{
		if (present & plan->exclusion[position])
			clock->excluded[position] = at;
	}
	clock->instant_before = at;
}

/*
 * No chain at position "from" can go on to "to" at this instant unless its last
 * touchpoint is as late as this: exclusions that lie behind it, limits and the
 * instant before bound it from below.
 */
TimestampTz
chain_oldest_last(const ChainPlan *plan, const ChainClock *clock, int from, int to, TimestampTz at)
{
	TimestampTz oldest = earlier_by(at, plan->limit[to]);

	for (int arrow = from + 1; arrow <= to; arrow++)
		oldest = Max(oldest, clock->excluded[arrow]);
	if (plan->next[to])
		oldest = Max(oldest, clock->instant_before);
	return oldest;
}

/*
 * From each position at which chains can enter the group: how far can the
 * group carry them?  Required steps between are served, optional ones are not,
 * for whatever is served less leaves more.
 */
void
chain_carry(const ChainPlan *plan, ChainWork *work, const ChainGroup *group, uint64 entered,
			ChainArrive arrive, void *arg)
{
	Assignment *a = &work->assignment;
	uint64		present = group_mask(group);
	bool		followed = (present & plan->trailing_bits) != 0 && group->count > 1;

	assignment_load(a, group->mask, group->count, plan->steps);
	for (entered &= present; entered != 0; entered &= entered - 1)
	{
		int			from = pg_rightmost_one_pos64(entered);

		assignment_clear(a);
		for (int to = from; to < plan->positions; to++)
		{
			bool		served = (present & STEP_BIT(to)) != 0 && assignment_add(a, to);

			if (served)
				arrive(arg, from, to, !followed ||
					   assignment_uses_followers(&work->followers, plan, group,
												 STEP_BITS(from, to), to));
			if (to == from && served)
				continue;
			if (plan->optional & STEP_BIT(to) & ~STEP_BIT(from))
				assignment_remove(a, to);
			else if (!served)
				break;
		}
	}
}

/* ----------
 * Trailing exclusions
 * ----------
 */

void
chain_trailing_begin(const ChainPlan *plan, ChainTrailing *trailing, int64 first)
{
	for (int i = 0; i < plan->trailing; i++)
	{
		trailing[i].since = PG_INT64_MIN;
		trailing[i].next = first;
	}
}

/* For a run that has none of its own. */
void
chain_work_begin_trailing(ChainWork *work, const ChainPlan *plan, const ChainRun *run)
{
	if (run->trailing == NULL)
		chain_trailing_begin(plan, work->trailing, run->first);
}

/* Moves on to the first touchpoint that has a bit and is later than an instant. */
static int64
seek_exclusion(ChainTrailing *trailing, const ChainRun *run, uint64 bit, TimestampTz at)
{
	int64		next = Max(trailing->next - run->first, 0);

	if (at < trailing->since)
		next = run_lower_bound(run, at);
	while (next < run->count && (run->at[next] <= at || (run->mask[next] & bit) == 0))
	{
		next++;
		if ((next & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	trailing->since = at;
	trailing->next = run->first + next;
	return next;
}

TimestampTz
chain_holds_before(const ChainPlan *plan, ChainWork *work, const ChainRun *run, TimestampTz last)
{
	ChainTrailing *trailing = run->trailing ? run->trailing : work->trailing;
	TimestampTz before = PG_INT64_MAX;

	for (int i = 0; i < plan->trailing; i++)
	{
		uint64		bit = STEP_BIT(plan->trailing_bit[i]);
		int64		next = seek_exclusion(&trailing[i], run, bit, last);

		if (next < run->count &&
			earlier_by(run->at[next], plan->trailing_limit[i]) <= last)
			before = Min(before, earlier_by(run->at[next], plan->window));
	}
	return before;
}

/* ----------
 * The pass
 * ----------
 */

/* A chain with this start arrived at "at", which is later than all before. */
static void
front_push(ChainWork *work, Front *front, TimestampTz start, TimestampTz at)
{
	while (front->count > 0 && front->entry[front->count - 1].start <= start)
		front->count--;
	if (front->count == front->allocated)
	{
		front->allocated = Max(8, front->allocated * 2);
		front->entry = array_grow(work->context, front->entry, front->allocated,
								  sizeof(FrontEntry));
	}
	front->entry[front->count].start = start;
	front->entry[front->count].last = at;
	front->count++;
}

/* The latest start of the chains at "from" that may go on to "to" now. */
static TimestampTz
latest_from(const ChainPlan *plan, ChainWork *work, int from, int to, TimestampTz at)
{
	const Front *front = &work->front[from];
	TimestampTz oldest = chain_oldest_last(plan, &work->clock, from, to, at);
	int64		low = 0;
	int64		high = front->count;

	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (front->entry[middle].last < oldest)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < front->count && front->entry[low].start >= earlier_by(at, plan->window))
		return front->entry[low].start;
	return NO_START;
}

/* Which chain can have its next touchpoint, for position "to", at this instant? */
static TimestampTz
latest_entering(const ChainPlan *plan, ChainWork *work, int to, TimestampTz at, bool may_start)
{
	TimestampTz latest = NO_START;

	if (may_start && plan->earliest[to] < 0)
		return at;
	for (int from = to - 1; from >= Max(plan->earliest[to], 0); from--)
		latest = Max(latest, latest_from(plan, work, from, to, at));
	return latest;
}

static void
front_arrive(void *arg, int from, int to, bool unfollowed)
{
	ChainWork  *work = arg;

	work->arriving[to] = Max(work->arriving[to], work->entering[from]);
	if (unfollowed)
		work->ending[to] = Max(work->ending[to], work->entering[from]);
}

/* Takes note of what arrived, and keeps it for later groups. */
static void
settle_group(const ChainPlan *plan, ChainWork *work, const ChainRun *run, TimestampTz at,
			 ChainReach *reach)
{
	for (int position = 0; position < plan->positions; position++)
	{
		TimestampTz start = work->arriving[position];
		int			reached = position + 1;

		if (start == NO_START)
			continue;
		if (plan->trailing > 0 && work->ending[position] != NO_START &&
			chain_may_end(plan, position))
		{
			reach->holds_before = chain_holds_before(plan, work, run, at);
			if (work->ending[position] < reach->holds_before)
			{
				reached = plan->reports;
				start = work->ending[position];
			}
		}
		if (reached > reach->reached)
		{
			reach->reached = reached;
			reach->completed_at = at;
			reach->started_at = start;
		}
		/* no later group asks for those at the last position */
		if (position < plan->positions - 1)
			front_push(work, &work->front[position], work->arriving[position], at);
		work->arriving[position] = work->ending[position] = NO_START;
	}
}

static void
take_group(const ChainPlan *plan, ChainWork *work, const ChainRun *run, int64 from, int64 to,
		   ChainReach *reach)
{
	ChainGroup	group = run_group(run, from, to);
	uint64		present = group_mask(&group);
	TimestampTz at = run->at[from];
	bool		may_start = !plan->from_first || at == reach->only_start;
	uint64		entered = 0;

	for (uint64 steps = present & plan->steps; steps != 0; steps &= steps - 1)
	{
		int			position = pg_rightmost_one_pos64(steps);

		work->entering[position] = latest_entering(plan, work, position, at, may_start);
		if (work->entering[position] == NO_START)
			continue;
		entered |= STEP_BIT(position);
		if (group.count == 1)
			front_arrive(work, position, position, true);
	}
	if (entered != 0)
	{
		if (group.count > 1)
			chain_carry(plan, work, &group, entered, front_arrive, work);
		settle_group(plan, work, run, at, reach);
	}
	chain_clock_pass(&work->clock, plan, present, at);
}

static void
general_reach(const ChainPlan *plan, ChainWork *work, const ChainRun *run, ChainReach *reach)
{
	int64		groups = 0;

	for (int position = 0; position < plan->positions; position++)
	{
		work->front[position].count = 0;
		work->arriving[position] = work->ending[position] = NO_START;
	}
	chain_clock_begin(&work->clock, plan);
	chain_work_begin_trailing(work, plan, run);
	for (int64 i = 0; i < run->count && reach->reached < run->ceiling;)
	{
		int64		to = run_group_end(run, i);

		take_group(plan, work, run, i, to, reach);
		if ((++groups & 0xFF) == 0)
			CHECK_FOR_INTERRUPTS();
		i = to;
	}
}

/* How far does the best chain of a run reach, and when does the first such one? */
void
chain_reach(const ChainPlan *plan, ChainWork *work, const ChainRun *whole, ChainReach *reach)
{
	ChainRun	shortened;
	const ChainRun *run = whole;

	memset(reach, 0, sizeof(ChainReach));
	if (plan->from_first)
	{
		int64		first = 0;

		while (first < run->count && (run->mask[first] & STEP_BIT(0)) == 0)
			first++;
		if (first == run->count)
			return;
		reach->only_start = run->at[first];
		/* behind the only window there is nothing */
		if (later_by(reach->only_start, plan->window) < PG_INT64_MAX)
		{
			shortened = *whole;
			shortened.count = run_lower_bound(run, later_by(reach->only_start, plan->window) + 1);
			run = &shortened;
		}
	}
	if (plan->plain)
		plain_reach(plan, &work->assignment, run, reach);
	else if (plan->each_start)
		chain_reach_labels(plan, work, run, reach);
	else
		general_reach(plan, work, run, reach);
}
