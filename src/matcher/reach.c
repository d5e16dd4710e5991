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
 * a newer one, since its window closes earlier.  Then a position keeps every start
 * that is still inside the window, each with its newest last touchpoint.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "matcher/chain_private.h"
#include "type/array.h"

/* A chain that stands at some position. */
typedef struct FrontEntry
{
	TimestampTz start;
	TimestampTz last;
} FrontEntry;

/*
 * The chains at one position.  Usually in the order of last, oldest first,
 * with starts strictly falling; with keep_all_starts in the order of start,
 * each start once.
 */
typedef struct Front
{
	int64		count;
	int64		allocated;
	FrontEntry *entry;
} Front;

/* Starts of chains that can have their next touchpoint in the present group. */
typedef struct Starts
{
	int64		count;
	int64		allocated;
	TimestampTz *at;
} Starts;

struct ChainWork
{
	MemoryContext context;
	Assignment	assignment;
	struct TraceWork *trace;

	/* of one call of chain_reach */
	Front		front[PATTERN_MAX_ELEMENTS];
	Front		merged;
	Starts		entering[PATTERN_MAX_ELEMENTS]; /* by the first position served in the group */
	Starts		arriving[PATTERN_MAX_ELEMENTS]; /* by the last one */
	TimestampTz excluded[PATTERN_MAX_ELEMENTS]; /* newest exclusion on the arrow to a position */
	TimestampTz instant_before;
	ChainTrailing trailing[PATTERN_MAX_ELEMENTS];	/* of a run that has none */
	TimestampTz next_exclusion[PATTERN_MAX_ELEMENTS];
};

ChainWork *
chain_work_create(const ChainPlan *plan, MemoryContext context)
{
	ChainWork  *work = MemoryContextAllocZero(context, sizeof(ChainWork));
	MemoryContext old = MemoryContextSwitchTo(context);

	work->context = context;
	assignment_init(&work->assignment);
	MemoryContextSwitchTo(old);
	return work;
}

Assignment *
chain_work_assignment(ChainWork *work)
{
	return &work->assignment;
}

MemoryContext
chain_work_context(ChainWork *work)
{
	return work->context;
}

struct TraceWork **
chain_work_trace(ChainWork *work)
{
	return &work->trace;
}

static void
starts_add(ChainWork *work, Starts *starts, TimestampTz at)
{
	if (starts->count == starts->allocated)
	{
		int64		allocated = Max(8, starts->allocated * 2);

		if (starts->at == NULL)
			starts->at = MemoryContextAlloc(work->context, allocated * sizeof(TimestampTz));
		else
			starts->at = array_realloc(starts->at, allocated, sizeof(TimestampTz));
		starts->allocated = allocated;
	}
	starts->at[starts->count++] = at;
}

static int
compare_times(const void *a, const void *b)
{
	TimestampTz left = *(const TimestampTz *) a;
	TimestampTz right = *(const TimestampTz *) b;

	return left < right ? -1 : left > right;
}

/* Sorts starts and makes them different, or keeps the latest one only. */
static void
starts_settle(const ChainPlan *plan, Starts *starts)
{
	int64		kept = 0;
	bool		sorted = true;

	if (starts->count <= 1)
		return;
	if (!plan->keep_all_starts)
	{
		for (int64 i = 1; i < starts->count; i++)
			starts->at[0] = Max(starts->at[0], starts->at[i]);
		starts->count = 1;
		return;
	}
	for (int64 i = 1; i < starts->count && sorted; i++)
		sorted = starts->at[i - 1] < starts->at[i];
	if (sorted)
		return;
	qsort(starts->at, starts->count, sizeof(TimestampTz), compare_times);
	for (int64 i = 1; i < starts->count; i++)
	{
		if (starts->at[i] != starts->at[kept])
			starts->at[++kept] = starts->at[i];
	}
	starts->count = kept + 1;
}

static void
front_reserve(ChainWork *work, Front *front, int64 count)
{
	if (count <= front->allocated)
		return;
	count = Max(8, Max(count, front->allocated * 2));
	if (front->entry == NULL)
		front->entry = array_alloc(work->context, count, sizeof(FrontEntry));
	else
		front->entry = array_realloc(front->entry, count, sizeof(FrontEntry));
	front->allocated = count;
}

/* A chain with this start arrived at "at", which is later than all before. */
static void
front_push(ChainWork *work, Front *front, TimestampTz start, TimestampTz at)
{
	while (front->count > 0 && front->entry[front->count - 1].start <= start)
		front->count--;
	front_reserve(work, front, front->count + 1);
	front->entry[front->count].start = start;
	front->entry[front->count].last = at;
	front->count++;
}

/* All of these starts arrived at "at"; starts whose window is closed go. */
static void
front_merge(ChainWork *work, Front *front, const Starts *starts, TimestampTz at, TimestampTz open)
{
	Front	   *merged = &work->merged;
	Front		swap;
	int64		i = 0;
	int64		j = 0;

	front_reserve(work, merged, front->count + starts->count);
	merged->count = 0;
	while (i < front->count || j < starts->count)
	{
		FrontEntry *to = &merged->entry[merged->count];

		if (j == starts->count || (i < front->count && front->entry[i].start < starts->at[j]))
			*to = front->entry[i++];
		else
		{
			if (i < front->count && front->entry[i].start == starts->at[j])
				i++;
			to->start = starts->at[j++];
			to->last = at;
		}
		if (to->start >= open)
			merged->count++;
	}
	swap = *front;
	*front = *merged;
	*merged = swap;
}

/*
 * No chain at position "from" can go on to "to" at this instant unless its last
 * touchpoint is as late as this: exclusions that lie behind it, limits and the
 * instant before bound it from below.
 */
static TimestampTz
oldest_last(const ChainPlan *plan, const ChainWork *work, int from, int to, TimestampTz at)
{
	TimestampTz oldest = earlier_by(at, plan->limit[to]);

	for (int arrow = from + 1; arrow <= to; arrow++)
		oldest = Max(oldest, work->excluded[arrow]);
	if (plan->next[to])
		oldest = Max(oldest, work->instant_before);
	return oldest;
}

/* Adds the starts of the chains at "from" that may go on to "to" now. */
static void
collect_from(const ChainPlan *plan, ChainWork *work, int from, int to, TimestampTz at)
{
	const Front *front = &work->front[from];
	TimestampTz oldest = oldest_last(plan, work, from, to, at);
	TimestampTz open = earlier_by(at, plan->window);
	int64		low = 0;
	int64		high = front->count;

	if (plan->keep_all_starts)
	{
		for (int64 i = 0; i < front->count; i++)
		{
			if (front->entry[i].start >= open && front->entry[i].last >= oldest)
				starts_add(work, &work->entering[to], front->entry[i].start);
		}
		return;
	}
	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (front->entry[middle].last < oldest)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < front->count && front->entry[low].start >= open)
		starts_add(work, &work->entering[to], front->entry[low].start);
}

/* Which chains can have their next touchpoint, for position "to", at this instant? */
static void
collect(const ChainPlan *plan, ChainWork *work, int to, TimestampTz at, bool may_start)
{
	Starts	   *starts = &work->entering[to];

	starts->count = 0;
	for (int from = to - 1; from >= Max(plan->earliest[to], 0); from--)
		collect_from(plan, work, from, to, at);
	if (may_start && plan->earliest[to] < 0)
		starts_add(work, starts, at);
	starts_settle(plan, starts);
}

static void
arrive(ChainWork *work, int from, int to)
{
	for (int64 i = 0; i < work->entering[from].count; i++)
		starts_add(work, &work->arriving[to], work->entering[from].at[i]);
}

/*
 * From each position at which chains can enter the group: how far can the
 * group carry them?  Required steps between are served, optional ones are not,
 * for whatever is served less leaves more.
 */
static void
carry(const ChainPlan *plan, ChainWork *work, uint64 present)
{
	Assignment *a = &work->assignment;

	for (int from = 0; from < plan->positions; from++)
	{
		if ((present & STEP_BIT(from)) == 0 || work->entering[from].count == 0)
			continue;
		assignment_clear(a);
		assignment_add(a, from);
		arrive(work, from, from);
		for (int to = from + 1; to < plan->positions; to++)
		{
			bool		served = (present & STEP_BIT(to)) != 0 && assignment_add(a, to);

			if (served)
				arrive(work, from, to);
			if (plan->optional & STEP_BIT(to))
				assignment_remove(a, to);
			else if (!served)
				break;
		}
	}
}

void
chain_trailing_begin(const ChainPlan *plan, ChainTrailing *trailing, int64 first)
{
	for (int i = 0; i < plan->trailing; i++)
	{
		trailing[i].since = PG_INT64_MIN;
		trailing[i].next = first;
	}
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

void
chain_next_exclusions(const ChainPlan *plan, ChainWork *work, const ChainRun *run,
					  TimestampTz at, TimestampTz *next_exclusion)
{
	ChainTrailing *trailing = run->trailing ? run->trailing : work->trailing;

	for (int i = 0; i < plan->trailing; i++)
	{
		int64		next = seek_exclusion(&trailing[i], run, STEP_BIT(plan->trailing_bit[i]), at);

		next_exclusion[i] = next < run->count ? run->at[next] : PG_INT64_MAX;
	}
}

bool
chain_holds(const ChainPlan *plan, const TimestampTz *next_exclusion,
			TimestampTz start, TimestampTz last)
{
	for (int i = 0; i < plan->trailing; i++)
	{
		TimestampTz x = next_exclusion[i];

		if (x != PG_INT64_MAX && earlier_by(x, plan->trailing_limit[i]) <= last &&
			earlier_by(x, plan->window) <= start)
			return false;
	}
	return true;
}

/* Does one of the chains that arrived hold, and so complete the pattern? */
static bool
completes(const ChainPlan *plan, ChainWork *work, const ChainRun *run, int position,
		  TimestampTz at)
{
	const Starts *starts = &work->arriving[position];

	if (!chain_may_end(plan, position))
		return false;
	chain_next_exclusions(plan, work, run, at, work->next_exclusion);
	for (int64 i = 0; i < starts->count; i++)
	{
		if (chain_holds(plan, work->next_exclusion, starts->at[i], at))
			return true;
	}
	return false;
}

/* Takes note of what arrived, and keeps it for later groups. */
static void
settle_group(const ChainPlan *plan, ChainWork *work, const ChainRun *run, TimestampTz at,
			 ChainReach *reach)
{
	TimestampTz open = earlier_by(at, plan->window);

	for (int position = 0; position < plan->positions; position++)
	{
		Starts	   *starts = &work->arriving[position];
		int			reached = position + 1;

		if (starts->count == 0)
			continue;
		starts_settle(plan, starts);
		if (plan->trailing > 0 && completes(plan, work, run, position, at))
			reached = plan->reports;
		if (reached > reach->reached)
		{
			reach->reached = reached;
			reach->completed_at = at;
		}
		if (position == plan->positions - 1)
			 /* no later group asks for these */ ;
		else if (plan->keep_all_starts)
			front_merge(work, &work->front[position], starts, at, open);
		else
			front_push(work, &work->front[position], starts->at[0], at);
		starts->count = 0;
	}
}

static void
take_group(const ChainPlan *plan, ChainWork *work, const ChainRun *run, int64 from, int64 to,
		   ChainReach *reach)
{
	TimestampTz at = run->at[from];
	bool		may_start = !plan->from_first || at == reach->only_start;
	uint64		present = 0;

	for (int64 i = from; i < to; i++)
		present |= run->mask[i];
	if ((present & plan->steps) != 0)
	{
		for (int position = 0; position < plan->positions; position++)
		{
			if (present & STEP_BIT(position))
				collect(plan, work, position, at, may_start);
		}
		if (to == from + 1)
		{
			for (int position = 0; position < plan->positions; position++)
			{
				if (present & STEP_BIT(position))
					arrive(work, position, position);
			}
		}
		else
		{
			assignment_load(&work->assignment, run->mask + from, to - from, plan->steps);
			carry(plan, work, present);
		}
		settle_group(plan, work, run, at, reach);
	}
	for (int position = 0; position < plan->positions; position++)
	{
		if (present & plan->exclusion[position])
			work->excluded[position] = at;
	}
	work->instant_before = at;
}

static void
general_reach(const ChainPlan *plan, ChainWork *work, const ChainRun *run, ChainReach *reach)
{
	int64		groups = 0;

	for (int position = 0; position < plan->positions; position++)
	{
		work->front[position].count = 0;
		work->arriving[position].count = 0;
		work->excluded[position] = PG_INT64_MIN;
	}
	work->instant_before = PG_INT64_MIN;
	if (run->trailing == NULL)
		chain_trailing_begin(plan, work->trailing, run->first);
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
chain_reach(const ChainPlan *plan, ChainWork *work, const ChainRun *run, ChainReach *reach)
{
	memset(reach, 0, sizeof(ChainReach));
	if (plan->from_first)
	{
		int64		first = 0;

		while (first < run->count && (run->mask[first] & STEP_BIT(0)) == 0)
			first++;
		if (first == run->count)
			return;
		reach->only_start = run->at[first];
	}
	if (plan->plain)
		plain_reach(plan, &work->assignment, run, reach);
	else
		general_reach(plan, work, run, reach);
}
