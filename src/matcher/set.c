/*
 * set.c
 *		Sets: steps in any order.
 *
 * What is reached is the largest number of steps that different touchpoints of
 * some stretch no longer than the window can serve.  A window slides over the
 * touchpoints, and the assignment of steps to them is mended as touchpoints
 * come and go, so that each costs a few augmenting paths at most.
 *
 * The touchpoints reported are those of the first window that serves that
 * many: the latest start from which it can be done, then the earliest ones.
 * Sets of touchpoints that can be served together form a matroid, so taking
 * greedily in time order whatever can be served along with what was taken gives
 * the earliest second, third, ... touchpoint.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "matcher/chain_private.h"

/* A touchpoint that can serve these steps enters the window. */
static void
enter(Assignment *a, uint64 mask)
{
	int			class = assignment_class(a, mask);

	a->capacity[class]++;
}

/* Such a touchpoint leaves; its step looks for another one. */
static void
leave(Assignment *a, uint64 mask)
{
	int			class = assignment_class(a, mask);

	a->capacity[class]--;
	if (a->used[class] <= a->capacity[class])
		return;
	for (int step = 0; step < PATTERN_MAX_ELEMENTS; step++)
	{
		if (a->class_of[step] == class)
		{
			assignment_remove(a, step);
			return;
		}
	}
}

static void
serve_all(Assignment *a, uint64 steps)
{
	uint64		missing = steps & ~a->held;

	while (missing != 0)
	{
		int			step = pg_rightmost_one_pos64(missing);

		missing &= missing - 1;
		assignment_add(a, step);
	}
}

static void
start_empty(Assignment *a)
{
	assignment_load(a, NULL, 0, 0);
}

/* The latest instant from which on so many steps can be served until completion. */
static TimestampTz
latest_start(const ChainPlan *plan, Assignment *a, const ChainRun *run, const ChainReach *reach)
{
	int64		i = run_lower_bound(run, reach->completed_at);

	start_empty(a);
	while (i < run->count && run->at[i] == reach->completed_at)
		i++;
	while (pg_popcount64(a->held) < reach->reached)
	{
		Assert(i > 0);
		i--;
		enter(a, run->mask[i]);
		serve_all(a, plan->steps);
		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	return run->at[i];
}

void
anyorder_reach(const ChainPlan *plan, ChainWork *work, const ChainRun *run, ChainReach *reach)
{
	Assignment *a = chain_work_assignment(work);
	int64		oldest = 0;
	int64		i = 0;

	memset(reach, 0, sizeof(ChainReach));
	start_empty(a);
	while (i < run->count && reach->reached < run->ceiling)
	{
		TimestampTz at = run->at[i];
		TimestampTz open = earlier_by(at, plan->window);
		int			served;

		for (; run->at[oldest] < open; oldest++)
			leave(a, run->mask[oldest]);
		for (; i < run->count && run->at[i] == at; i++)
		{
			enter(a, run->mask[i]);
			if ((i & 0xFFFF) == 0)
				CHECK_FOR_INTERRUPTS();
		}
		serve_all(a, plan->steps);
		served = pg_popcount64(a->held);
		if (served > reach->reached)
		{
			reach->reached = served;
			reach->completed_at = at;
		}
	}
	if (reach->reached > 0)
		reach->started_at = latest_start(plan, a, run, reach);
}

/* Can this touchpoint be served along with those taken?  owner[] is by step. */
static bool
take(const ChainRun *run, int64 i, int64 *owner, uint64 *visited)
{
	uint64		mask = run->mask[i];

	for (; mask != 0; mask &= mask - 1)
	{
		int			step = pg_rightmost_one_pos64(mask);

		if (*visited & STEP_BIT(step))
			continue;
		*visited |= STEP_BIT(step);
		if (owner[step] < 0 || take(run, owner[step], owner, visited))
		{
			owner[step] = i;
			return true;
		}
	}
	return false;
}

void
anyorder_trace(const ChainPlan *plan, ChainWork *work, const ChainRun *run,
			   const ChainReach *reach, Chain *chain)
{
	int64		owner[PATTERN_MAX_ELEMENTS];
	int64		i;
	int			taken = 0;

	chain->reached = reach->reached;
	for (int step = 0; step < plan->reports; step++)
	{
		chain->touchpoint[step] = -1;
		owner[step] = -1;
	}
	if (reach->reached == 0)
		return;
	i = run_lower_bound(run, reach->started_at);
	chain->started_at = reach->started_at;
	chain->ended_at = reach->completed_at;
	for (; taken < reach->reached; i++)
	{
		uint64		visited = 0;

		Assert(i < run->count);
		if (take(run, i, owner, &visited))
			chain->touchpoint[taken++] = run->index[i];
		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
	}
}
