/*
 * starts.c
 *		How far each start came along a sequence, and when first.
 *
 * Asked for by "by", since a label's best chain is the best one of its starts, and for a
 * trailing exclusion with a window, since an older start's window closes
 * earlier: of all starts that can end at a touchpoint those before some instant
 * hold.
 *
 * As in reach.c, one pass in time order takes the touchpoints of an instant as a
 * group.  At each position stand the starts that came so far, in the order in
 * which they came there; in the end each start stands once at each position that it
 * reached.  Where starts keep their order (see keeps_order in bind.c) those that
 * can go on are always the newest ones, from some start on: which one that is for
 * the touchpoints that an arrow still allows is kept for each arrival, and whoever went on
 * to a position once need not be looked at again for it.  So the pass is
 * linear in the touchpoints but for binary searches.
 *
 * Otherwise each start at a position has its newest last touchpoint there, and all
 * inside the window are looked at each time.  There, if no exclusion is trailing, a
 * start goes as soon as a newer one of its label has as new a touchpoint.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "matcher/chain_private.h"

/* An array that grows. */
typedef struct Numbers
{
	int64		count;
	int64		allocated;
	int64	   *at;
} Numbers;

/* The touchpoints of one label at one instant that may start a chain. */
typedef struct Start
{
	TimestampTz at;
	int64		label;
	uint64		stands;			/* at these positions */
	bool		holds;			/* a chain of it held against the trailing exclusions */
} Start;

/* Starts from the oldest to the newest one, those between included, that may end now. */
typedef struct Stretch
{
	TimestampTz oldest;
	TimestampTz newest;
} Stretch;

/* What is known of a position. */
typedef struct Stand
{
	Numbers		start;			/* who stands there */
	Numbers		last;			/* not in order: the newest last touchpoint of each */
	Numbers		after;			/* trailing: the next one that may not hold yet, see first_open */
	Numbers		arrival;		/* instants at which somebody came ... */
	Numbers		oldest;			/* ... and a start, as an index, from which on all others could */

	/* of the present group */
	Numbers		arriving;
	Numbers		ending;			/* those that may end here, as far as they are no stretch */
	uint64		stretches;		/* in order: bits of the positions by which ... */
	Stretch		stretch[PATTERN_MAX_ELEMENTS];	/* ... these entered it, and may end here */
	TimestampTz oldest_arriving;	/* in order, and also if it came before */
} Stand;

typedef struct StartsWork
{
	MemoryContext context;
	ChainClock	clock;
	int64		starts;
	int64		starts_allocated;
	Start	   *start;
	Numbers		latest;			/* by label: its latest start */
	Numbers		newest;			/* by label: its newest last touchpoint, while thinning out */
	Numbers		masks;			/* of a group, when one of its touchpoints starts */
	Numbers		merged_start;
	Numbers		merged_last;
	Stand		stand[PATTERN_MAX_ELEMENTS];
	/* by a position to come from and one to go to: who went is before this */
	int64		gone[PATTERN_MAX_ELEMENTS][PATTERN_MAX_ELEMENTS];
} StartsWork;

/* What one call works on. */
typedef struct Pass
{
	const ChainPlan *plan;
	ChainWork  *chain_work;
	StartsWork *work;
	const ChainRun *run;
	ChainReach *reach;			/* by label */
	TimestampTz at;				/* of the present group ... */
	TimestampTz open;			/* ... and the oldest start whose window is open */
	uint64		arrived;		/* positions that the group carried somebody to */
	int64		begins;			/* starts from here on are its own */
	int64		begins_with;	/* the one that is carried on at the moment, or -1: all */
} Pass;

static void
numbers_reserve(StartsWork *work, Numbers *numbers, int64 count)
{
	if (count <= numbers->allocated)
		return;
	count = Max(16, Max(count, numbers->allocated * 2));
	if (numbers->at == NULL)
		numbers->at = MemoryContextAllocHuge(work->context, count * sizeof(int64));
	else
		numbers->at = repalloc_huge(numbers->at, count * sizeof(int64));
	numbers->allocated = count;
}

static void
numbers_add(StartsWork *work, Numbers *numbers, int64 number)
{
	if (numbers->count == numbers->allocated)
		numbers_reserve(work, numbers, numbers->count + 1);
	numbers->at[numbers->count++] = number;
}

static int
compare_starts(const void *a, const void *b)
{
	int64		left = *(const int64 *) a;
	int64		right = *(const int64 *) b;

	return left < right ? -1 : left > right;
}

/* Sorts numbers and makes them different. */
static void
numbers_settle(Numbers *numbers)
{
	int64		kept = 0;
	bool		sorted = true;

	for (int64 i = 1; i < numbers->count && sorted; i++)
		sorted = numbers->at[i - 1] < numbers->at[i];
	if (sorted)
		return;
	qsort(numbers->at, numbers->count, sizeof(int64), compare_starts);
	for (int64 i = 1; i < numbers->count; i++)
	{
		if (numbers->at[i] != numbers->at[kept])
			numbers->at[++kept] = numbers->at[i];
	}
	numbers->count = kept + 1;
}

static TimestampTz
start_at(const StartsWork *work, const Stand *stand, int64 i)
{
	return work->start[stand->start.at[i]].at;
}

/* The first start that stands here and is no older than an instant. */
static int64
first_since(const StartsWork *work, const Stand *stand, TimestampTz at)
{
	int64		low = 0;
	int64		high = stand->start.count;

	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (start_at(work, stand, middle) < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* ----------
 * Arriving
 * ----------
 */

/* In order: the oldest of those who stand at "from" and can go on to "to", as an index. */
static int64
oldest_able(const Pass *pass, int from, int to)
{
	const Stand *stand = &pass->work->stand[from];
	int64		able = 0;

	if (pass->plan->bounded)
	{
		TimestampTz last = chain_oldest_last(pass->plan, &pass->work->clock, from, to, pass->at);
		int64		i = times_lower_bound(stand->arrival.at, stand->arrival.count, last);

		if (i == stand->arrival.count)
			return stand->start.count;
		able = stand->oldest.at[i];
	}
	if (able < stand->start.count && start_at(pass->work, stand, able) < pass->open)
		able = first_since(pass->work, stand, pass->open);
	return able;
}

/* In order: those who stand at "before" enter the group at "from" and leave it at "to". */
static void
arrive_in_order(Pass *pass, int before, int from, int to, bool unfollowed)
{
	StartsWork *work = pass->work;
	const Stand *stand = &work->stand[before];
	Stand	   *target = &work->stand[to];
	int64	   *gone = &work->gone[before][to];
	int64		count = stand->start.count;
	int64		i = oldest_able(pass, before, from);

	if (i == count)
		return;
	pass->arrived |= STEP_BIT(to);
	target->oldest_arriving = Min(target->oldest_arriving, start_at(work, stand, i));
	if (unfollowed && pass->plan->trailing > 0)
	{
		Stretch    *stretch = &target->stretch[from];

		if ((target->stretches & STEP_BIT(from)) == 0)
		{
			stretch->oldest = PG_INT64_MAX;
			stretch->newest = PG_INT64_MIN;
		}
		target->stretches |= STEP_BIT(from);
		stretch->oldest = Min(stretch->oldest, start_at(work, stand, i));
		stretch->newest = Max(stretch->newest, start_at(work, stand, count - 1));
	}
	for (i = Max(i, *gone); i < count; i++)
		numbers_add(work, &target->arriving, stand->start.at[i]);
	*gone = count;
}

/* The same when all have to be looked at. */
static void
arrive_one_by_one(Pass *pass, int before, int from, int to, bool unfollowed)
{
	StartsWork *work = pass->work;
	const Stand *stand = &work->stand[before];
	Stand	   *target = &work->stand[to];
	TimestampTz oldest = chain_oldest_last(pass->plan, &work->clock, before, from, pass->at);

	for (int64 i = 0; i < stand->start.count; i++)
	{
		if (stand->last.at[i] < oldest || start_at(work, stand, i) < pass->open)
			continue;
		pass->arrived |= STEP_BIT(to);
		numbers_add(work, &target->arriving, stand->start.at[i]);
		if (unfollowed && pass->plan->trailing > 0)
			numbers_add(work, &target->ending, stand->start.at[i]);
	}
}

/* What the group carries from one position to another arrives there. */
static void
starts_arrive(void *arg, int from, int to, bool unfollowed)
{
	Pass	   *pass = arg;
	const ChainPlan *plan = pass->plan;
	StartsWork *work = pass->work;
	Stand	   *target = &work->stand[to];

	if (plan->earliest[from] < 0)
	{
		int64		first = pass->begins_with < 0 ? pass->begins : pass->begins_with;
		int64		end = pass->begins_with < 0 ? work->starts : first + 1;

		for (int64 i = first; i < end; i++)
		{
			numbers_add(work, &target->arriving, i);
			if (unfollowed && plan->trailing > 0)
				numbers_add(work, &target->ending, i);
		}
		pass->arrived |= STEP_BIT(to);
		target->oldest_arriving = Min(target->oldest_arriving, pass->at);
	}
	for (int before = Max(plan->earliest[from], 0); before < from; before++)
	{
		if (plan->in_order)
			arrive_in_order(pass, before, from, to, unfollowed);
		else
			arrive_one_by_one(pass, before, from, to, unfollowed);
	}
}

/* ----------
 * Settling
 * ----------
 */

/* A start has come so far at this instant. */
static void
note(Pass *pass, const Start *start, int reached)
{
	ChainReach *reach = &pass->reach[start->label];

	if (reached > reach->reached)
	{
		reach->reached = reached;
		reach->completed_at = pass->at;
		reach->started_at = reach->earliest_start = start->at;
	}
	else if (reached == reach->reached && reach->completed_at == pass->at)
	{
		reach->started_at = Max(reach->started_at, start->at);
		reach->earliest_start = Min(reach->earliest_start, start->at);
	}
}

/* Is it the first time that a start comes to a position? */
static bool
is_new(Pass *pass, int64 i, int position)
{
	Start	   *start = &pass->work->start[i];

	if (start->stands & STEP_BIT(position))
		return false;
	start->stands |= STEP_BIT(position);
	note(pass, start, position + 1);
	return true;
}

/* Trailing exclusions hold for starts before some instant: for this one, too? */
static void
try_to_end(Pass *pass, int64 i, TimestampTz holds_before)
{
	Start	   *start = &pass->work->start[i];

	if (start->holds || start->at >= holds_before)
		return;
	start->holds = true;
	note(pass, start, pass->plan->reports);
	pass->reach[start->label].holds_before = holds_before;
}

/* Of those who stand here, the first one from "i" on for which no chain held yet. */
static int64
first_open(const StartsWork *work, Stand *stand, int64 i)
{
	int64	   *after = stand->after.at;

	while (i < stand->start.count)
	{
		if (after[i] == i)
		{
			if (!work->start[stand->start.at[i]].holds)
				return i;
			after[i]++;
		}
		else if (after[i] < stand->start.count)
			after[i] = after[after[i]];
		i = after[i];
	}
	return i;
}

static void
end_chains(Pass *pass, int position)
{
	StartsWork *work = pass->work;
	Stand	   *stand = &work->stand[position];
	TimestampTz holds_before;

	if (stand->stretches == 0 && stand->ending.count == 0)
		return;
	holds_before = chain_holds_before(pass->plan, pass->chain_work, pass->run, pass->at);
	for (int64 i = 0; i < stand->ending.count; i++)
		try_to_end(pass, stand->ending.at[i], holds_before);
	for (uint64 from = stand->stretches; from != 0; from &= from - 1)
	{
		const Stretch *stretch = &stand->stretch[pg_rightmost_one_pos64(from)];
		int64		i;

		if (stretch->oldest >= holds_before)
			continue;
		i = first_open(work, stand, first_since(work, stand, stretch->oldest));
		while (i < stand->start.count && start_at(work, stand, i) <= stretch->newest &&
			   start_at(work, stand, i) < holds_before)
		{
			try_to_end(pass, stand->start.at[i], holds_before);
			i = first_open(work, stand, i + 1);
		}
	}
}

static void
settle_in_order(Pass *pass, int position)
{
	StartsWork *work = pass->work;
	Stand	   *stand = &work->stand[position];

	for (int64 i = 0; i < stand->arriving.count; i++)
	{
		if (!is_new(pass, stand->arriving.at[i], position))
			continue;
		if (pass->plan->trailing > 0)
			numbers_add(work, &stand->after, stand->start.count);
		numbers_add(work, &stand->start, stand->arriving.at[i]);
	}
	if (pass->plan->bounded)
	{
		numbers_add(work, &stand->arrival, pass->at);
		numbers_add(work, &stand->oldest, first_since(work, stand, stand->oldest_arriving));
	}
}

/* Drops starts that a newer one of the same label beats in the last touchpoint, too. */
static void
thin_out(StartsWork *work, Stand *stand)
{
	int64	   *newest = work->newest.at;
	int64		kept = stand->start.count;

	for (int64 i = stand->start.count - 1; i >= 0; i--)
	{
		int64		label = work->start[stand->start.at[i]].label;

		if (newest[label] >= stand->last.at[i])
			continue;
		newest[label] = stand->last.at[i];
		kept--;
		stand->start.at[kept] = stand->start.at[i];
		stand->last.at[kept] = stand->last.at[i];
	}
	stand->start.count -= kept;
	memmove(stand->start.at, stand->start.at + kept, stand->start.count * sizeof(int64));
	memmove(stand->last.at, stand->last.at + kept, stand->start.count * sizeof(int64));
	for (int64 i = 0; i < stand->start.count; i++)
		newest[work->start[stand->start.at[i]].label] = PG_INT64_MIN;
}

/* Merges those who arrived with those who stand here; who is out of the window goes. */
static void
settle_one_by_one(Pass *pass, int position)
{
	StartsWork *work = pass->work;
	Stand	   *stand = &work->stand[position];
	const Numbers *arriving = &stand->arriving;
	int64		i = 0;
	int64		j = 0;
	Numbers		swap;

	work->merged_start.count = work->merged_last.count = 0;
	while (i < stand->start.count || j < arriving->count)
	{
		int64		old = i < stand->start.count ? stand->start.at[i] : PG_INT64_MAX;
		int64		new = j < arriving->count ? arriving->at[j] : PG_INT64_MAX;
		int64		number = Min(old, new);
		TimestampTz last = new <= old ? pass->at : stand->last.at[i];

		i += old <= new;
		j += new <= old;
		if (new <= old)
			is_new(pass, number, position);
		if (work->start[number].at < pass->open)
			continue;
		numbers_add(work, &work->merged_start, number);
		numbers_add(work, &work->merged_last, last);
	}
	swap = stand->start;
	stand->start = work->merged_start;
	work->merged_start = swap;
	swap = stand->last;
	stand->last = work->merged_last;
	work->merged_last = swap;
	if (pass->plan->trailing == 0)
		thin_out(work, stand);
}

static void
settle(Pass *pass)
{
	for (; pass->arrived != 0; pass->arrived &= pass->arrived - 1)
	{
		int			position = pg_rightmost_one_pos64(pass->arrived);
		Stand	   *stand = &pass->work->stand[position];

		numbers_settle(&stand->arriving);
		if (pass->plan->in_order)
			settle_in_order(pass, position);
		else
			settle_one_by_one(pass, position);
		if (pass->plan->trailing > 0 && chain_may_end(pass->plan, position))
			end_chains(pass, position);
		stand->arriving.count = stand->ending.count = 0;
		stand->stretches = 0;
		stand->oldest_arriving = PG_INT64_MAX;
	}
}

/* ----------
 * The pass
 * ----------
 */

/* The start of a label at this instant; a new one if there is none. */
static int64
label_start(Pass *pass, int64 label)
{
	StartsWork *work = pass->work;
	Start	   *start;

	while (label >= work->latest.count)
	{
		numbers_add(work, &work->latest, -1);
		numbers_add(work, &work->newest, PG_INT64_MIN);
	}
	if (work->latest.at[label] >= pass->begins)
		return work->latest.at[label];
	if (work->starts == work->starts_allocated)
	{
		work->starts_allocated = Max(16, work->starts_allocated * 2);
		if (work->start == NULL)
			work->start = MemoryContextAllocHuge(work->context,
												 work->starts_allocated * sizeof(Start));
		else
			work->start = repalloc_huge(work->start, work->starts_allocated * sizeof(Start));
	}
	start = &work->start[work->starts];
	start->at = pass->at;
	start->label = label;
	start->stands = 0;
	start->holds = false;
	work->latest.at[label] = work->starts;
	return work->starts++;
}

/* The steps by which a chain may start. */
static uint64
starting_steps(const ChainPlan *plan)
{
	uint64		steps = 0;

	for (int position = 0; position < plan->positions && plan->earliest[position] < 0; position++)
		steps |= STEP_BIT(position);
	return steps;
}

/* The label under which a touchpoint may start a chain, or -1. */
static int64
label_of(const ChainRun *run, int64 i, uint64 starting)
{
	if ((run->mask[i] & starting) == 0)
		return -1;
	return run->label ? run->label[i] : 0;
}

/*
 * Labels have their starts in different touchpoints of a group, which leave
 * different ones to other steps: each start is carried on by itself.
 */
static void
carry_starts(Pass *pass, int64 from, int64 to)
{
	const ChainRun *run = pass->run;
	StartsWork *work = pass->work;
	uint64	   *mask;
	ChainGroup	group = run_group(run, from, to);

	numbers_reserve(work, &work->masks, group.count);
	group.mask = mask = (uint64 *) work->masks.at;
	for (int64 i = 0; i < group.count; i++)
		mask[i] = run->mask[from + i] & ~STEP_BIT(0);
	for (int64 i = 0; i < group.count; i++)
	{
		int64		label = label_of(run, from + i, STEP_BIT(0));

		if (label < 0 ||
			(i > 0 && label == label_of(run, from + i - 1, STEP_BIT(0)) &&
			 run->mask[from + i] == run->mask[from + i - 1]))
			continue;
		mask[i] = STEP_BIT(0);
		pass->begins_with = label_start(pass, label);
		chain_carry(pass->plan, pass->chain_work, &group, STEP_BIT(0), starts_arrive, pass);
		mask[i] = run->mask[from + i] & ~STEP_BIT(0);
		CHECK_FOR_INTERRUPTS();
	}
	pass->begins_with = -1;
}

/* Does each touchpoint of a group serve one step at most, and is no exclusion at the end? */
static bool
is_simple(const ChainPlan *plan, const ChainGroup *group)
{
	for (int64 i = 0; i < group->count; i++)
	{
		uint64		mask = group->mask[i];

		if ((mask & (mask - 1) & plan->steps) != 0 || (mask & plan->trailing_bits) != 0)
			return false;
	}
	return true;
}

static void
take_group(Pass *pass, int64 from, int64 to)
{
	const ChainPlan *plan = pass->plan;
	StartsWork *work = pass->work;
	ChainGroup	group = run_group(pass->run, from, to);
	uint64		present = group_mask(&group);
	uint64		starting = starting_steps(plan);
	uint64		entered = 0;

	pass->at = pass->run->at[from];
	pass->open = earlier_by(pass->at, plan->window);
	pass->begins = work->starts;
	for (int64 i = from; i < to && (present & starting) != 0; i++)
	{
		int64		label = label_of(pass->run, i, starting);

		if (label >= 0)
			label_start(pass, label);
	}
	if (work->starts > pass->begins)
		entered = present & starting;
	for (uint64 steps = present & plan->steps; steps != 0; steps &= steps - 1)
	{
		int			position = pg_rightmost_one_pos64(steps);

		for (int before = Max(plan->earliest[position], 0); before < position; before++)
		{
			if (work->stand[before].start.count > 0)
				entered |= STEP_BIT(position);
		}
	}
	if (group.count == 1)
	{
		for (; entered != 0; entered &= entered - 1)
		{
			int			position = pg_rightmost_one_pos64(entered);

			starts_arrive(pass, position, position, true);
		}
	}
	else if (pass->run->label != NULL && (entered & STEP_BIT(0)) != 0 && !is_simple(plan, &group))
	{
		carry_starts(pass, from, to);
		chain_carry(plan, pass->chain_work, &group, entered & ~STEP_BIT(0), starts_arrive, pass);
	}
	else if (entered != 0)
		chain_carry(plan, pass->chain_work, &group, entered, starts_arrive, pass);
	settle(pass);
	chain_clock_pass(&work->clock, plan, present, pass->at);
}

static StartsWork *
begin(const ChainPlan *plan, ChainWork *chain_work)
{
	struct StartsWork **place = chain_work_starts(chain_work);
	StartsWork *work = *place;

	if (work == NULL)
	{
		work = MemoryContextAllocZero(chain_work_context(chain_work), sizeof(StartsWork));
		work->context = chain_work_context(chain_work);
		*place = work;
	}
	work->starts = 0;
	work->latest.count = work->newest.count = 0;
	chain_clock_begin(&work->clock, plan);
	for (int position = 0; position < plan->positions; position++)
	{
		Stand	   *stand = &work->stand[position];

		stand->start.count = stand->last.count = stand->after.count = 0;
		stand->arrival.count = stand->oldest.count = 0;
		stand->arriving.count = stand->ending.count = 0;
		stand->stretches = 0;
		stand->oldest_arriving = PG_INT64_MAX;
		memset(work->gone[position], 0, plan->positions * sizeof(int64));
	}
	return work;
}

/*
 * How far does the best chain of each label reach, and when does the first such
 * one?  reach[], by label, comes in cleared.
 */
void
chain_reach_labels(const ChainPlan *plan, ChainWork *chain_work, const ChainRun *run,
				   ChainReach *reach)
{
	Pass		pass = {0};
	int64		groups = 0;

	pass.plan = plan;
	pass.chain_work = chain_work;
	pass.work = begin(plan, chain_work);
	pass.run = run;
	pass.reach = reach;
	pass.begins_with = -1;
	chain_work_begin_trailing(chain_work, plan, run);
	for (int64 i = 0; i < run->count && (run->label || reach->reached < run->ceiling);)
	{
		int64		to = run_group_end(run, i);

		take_group(&pass, i, to);
		if ((++groups & 0xFF) == 0)
			CHECK_FOR_INTERRUPTS();
		i = to;
	}
}
