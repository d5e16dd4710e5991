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

#include "matcher/starts_private.h"
#include "type/array.h"

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
	if (able < stand->start.count && stand_start_at(pass->work, stand, able) < pass->open)
		able = stand_first_since(pass->work, stand, pass->open);
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
	target->oldest_arriving = Min(target->oldest_arriving, stand_start_at(work, stand, i));
	if (unfollowed && pass->plan->trailing > 0)
	{
		Stretch    *stretch = &target->stretch[from];

		if ((target->stretches & STEP_BIT(from)) == 0)
		{
			stretch->oldest = PG_INT64_MAX;
			stretch->newest = PG_INT64_MIN;
		}
		target->stretches |= STEP_BIT(from);
		stretch->oldest = Min(stretch->oldest, stand_start_at(work, stand, i));
		stretch->newest = Max(stretch->newest, stand_start_at(work, stand, count - 1));
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
		if (stand->last.at[i] < oldest || stand_start_at(work, stand, i) < pass->open)
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
		work->start = array_grow(work->context, work->start, work->starts_allocated,
								 sizeof(Start));
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

/*
 * Of plain patterns, a touchpoint that is alone at its instant and matches one
 * step: who came to the step before goes on to it.
 */
static void
take_single(Pass *pass, int64 i, int position)
{
	StartsWork *work = pass->work;
	Stand	   *stand = &work->stand[position];

	pass->at = pass->run->at[i];
	if (position == 0)
	{
		int64		label = label_of(pass->run, i, STEP_BIT(0));

		pass->begins = work->starts;
		if (label < 0)
			return;
		numbers_add(work, &stand->start, label_start(pass, label));
		start_is_new(pass, pass->begins, 0);
	}
	else
	{
		const Stand *before = &work->stand[position - 1];
		TimestampTz open = earlier_by(pass->at, pass->plan->window);
		int64	   *gone = &work->gone[position - 1][position];

		for (; *gone < before->start.count; (*gone)++)
		{
			int64		start = before->start.at[*gone];

			if (work->start[start].at >= open && start_is_new(pass, start, position))
				numbers_add(work, &stand->start, start);
		}
	}
}

static void
take_group(Pass *pass, int64 from, int64 to)
{
	const ChainPlan *plan = pass->plan;
	StartsWork *work = pass->work;
	ChainGroup	group = run_group(pass->run, from, to);
	uint64		present = group_mask(&group);
	uint64		starting = pass->starting;
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
	stands_settle(pass);
	if (plan->bounded)
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
	/* of the call before */
	while (work->starts > 0)
		work->latest.at[work->start[--work->starts].label] = -1;
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
	pass.starting = starting_steps(plan);
	chain_work_begin_trailing(chain_work, plan, run);
	for (int64 i = 0; i < run->count && (run->label || reach->reached < run->ceiling);)
	{
		int64		to = run_group_end(run, i);
		uint64		mask = run->mask[i];

		if (plan->plain && to == i + 1 && (mask & (mask - 1)) == 0)
			take_single(&pass, i, pg_rightmost_one_pos64(mask));
		else
			take_group(&pass, i, to);
		if ((++groups & 0xFF) == 0)
			CHECK_FOR_INTERRUPTS();
		i = to;
	}
}
