/*
 * assign.c
 *		Gives touchpoints of one instant (or, for a set, of one stretch) to
 *		steps, so that no touchpoint serves two.
 *
 * This is bipartite matching by augmenting paths (Kuhn): a step that finds all
 * of its touchpoints taken asks the steps that took them to move on.  Alike
 * touchpoints are one class with a capacity, so that thousands of equal ones
 * cost no more than one.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "matcher/chain_private.h"
#include "type/array.h"

void
assignment_init(Assignment *a)
{
	memset(a, 0, sizeof(Assignment));
	a->allocated = 16;
	a->mask = palloc(a->allocated * sizeof(uint64));
	a->capacity = palloc(a->allocated * sizeof(int));
	a->used = palloc(a->allocated * sizeof(int));
	a->visited = palloc(a->allocated * sizeof(int));
	assignment_clear(a);
}

/* Takes all steps back. */
void
assignment_clear(Assignment *a)
{
	a->held = 0;
	for (int i = 0; i < a->classes; i++)
		a->used[i] = 0;
	for (int i = 0; i < PATTERN_MAX_ELEMENTS; i++)
		a->class_of[i] = -1;
}

/* The class of touchpoints that can serve just these steps; a new one is empty. */
int
assignment_class(Assignment *a, uint64 mask)
{
	for (int i = 0; i < a->classes; i++)
	{
		if (a->mask[i] == mask)
			return i;
	}
	if (a->classes == a->allocated)
	{
		a->allocated *= 2;
		a->mask = repalloc(a->mask, a->allocated * sizeof(uint64));
		a->capacity = repalloc(a->capacity, a->allocated * sizeof(int));
		a->used = repalloc(a->used, a->allocated * sizeof(int));
		a->visited = repalloc(a->visited, a->allocated * sizeof(int));
	}
	a->mask[a->classes] = mask;
	a->capacity[a->classes] = 0;
	a->used[a->classes] = 0;
	a->visited[a->classes] = 0;
	return a->classes++;
}

/* Starts afresh with the touchpoints of one instant. */
void
assignment_load(Assignment *a, const uint64 *mask, int64 count, uint64 steps)
{
	a->classes = 0;
	a->round = 0;
	for (int64 i = 0; i < count; i++)
	{
		int			class;

		if ((mask[i] & steps) == 0)
			continue;
		class = assignment_class(a, mask[i] & steps);
		/* no more than that many can be of use */
		if (a->capacity[class] < PATTERN_MAX_ELEMENTS)
			a->capacity[class]++;
		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	assignment_clear(a);
}

/* Finds a place for a step; the depth is bounded by the number of steps. */
static bool
augment(Assignment *a, int step)
{
	for (int i = 0; i < a->classes; i++)
	{
		if ((a->mask[i] & STEP_BIT(step)) == 0 || a->visited[i] == a->round)
			continue;
		a->visited[i] = a->round;
		if (a->used[i] < a->capacity[i])
		{
			a->used[i]++;
			a->class_of[step] = i;
			return true;
		}
		for (int other = 0; other < PATTERN_MAX_ELEMENTS; other++)
		{
			if (a->class_of[other] == i && augment(a, other))
			{
				a->class_of[step] = i;
				return true;
			}
		}
	}
	return false;
}

/* Serves one more step if that can be; all those served before stay served. */
bool
assignment_add(Assignment *a, int step)
{
	if (a->held & STEP_BIT(step))
		return true;
	a->round++;
	if (!augment(a, step))
		return false;
	a->held |= STEP_BIT(step);
	return true;
}

void
assignment_remove(Assignment *a, int step)
{
	if ((a->held & STEP_BIT(step)) == 0)
		return;
	a->used[a->class_of[step]]--;
	a->class_of[step] = -1;
	a->held &= ~STEP_BIT(step);
}

/*
 * A touchpoint that a trailing exclusion names, at the instant of a chain's last
 * touchpoint, would continue the chain, unless it matches the last step itself or
 * serves another one.  Can these positions, of which "last" is the last, use
 * up all of these followers?  If so, and if the required ones of the positions
 * can be served, both can be done at once (Mendelsohn and Dulmage).
 */
bool
assignment_uses_followers(Assignment *a, const ChainPlan *plan, const ChainGroup *group,
						  uint64 positions, int last)
{
	int			followers = 0;

	a->classes = 0;
	a->round = 0;
	for (int64 i = 0; i < group->count; i++)
	{
		if ((group->match[i] & plan->trailing_bits) == 0 ||
			(group->match[i] & STEP_BIT(last)) != 0)
			continue;
		if (++followers > pg_popcount64(positions))
			return false;
		a->capacity[assignment_class(a, group->mask[i] & positions)]++;
	}
	assignment_clear(a);
	for (; positions != 0; positions &= positions - 1)
		assignment_add(a, pg_rightmost_one_pos64(positions));
	return pg_popcount64(a->held) == followers;
}

/* Do the touchpoints of a group suffice for these positions, and none is left to follow? */
bool
assignment_suffices(Assignment *a, const ChainPlan *plan, const ChainGroup *group,
					uint64 positions, int last)
{
	if (last >= 0 && !assignment_uses_followers(a, plan, group, positions, last))
		return false;
	assignment_load(a, group->mask, group->count, positions);
	for (; positions != 0; positions &= positions - 1)
	{
		if (!assignment_add(a, pg_rightmost_one_pos64(positions)))
			return false;
	}
	return true;
}

/*
 * Picks the touchpoints of one group, "first" up to "to" of the run: for each of
 * its positions in turn the first one, in canonical order, that leaves enough
 * for the others.  If a chain ends here against a trailing exclusion, "last"
 * is its last position, else -1.
 */
void
assignment_pick(Assignment *a, const ChainPlan *plan, const ChainRun *run, int64 first, int64 to,
				uint64 positions, int last, int64 *touchpoint)
{
	int64		count = to - first;
	uint64	   *mask;
	uint64	   *match;
	ChainGroup	left;

	if (positions == 0)
		return;
	if (count == 1)
	{
		touchpoint[pg_rightmost_one_pos64(positions)] = run->index[first];
		return;
	}
	mask = array_alloc(CurrentMemoryContext, count * 2, sizeof(uint64));
	match = mask + count;
	memcpy(mask, run->mask + first, count * sizeof(uint64));
	memcpy(match, run->match + first, count * sizeof(uint64));
	left.count = count;
	left.mask = mask;
	left.match = match;
	while (positions != 0)
	{
		int			position = pg_rightmost_one_pos64(positions);

		positions &= positions - 1;
		for (int64 i = 0; i < count; i++)
		{
			uint64		kept = mask[i];

			if ((kept & STEP_BIT(position)) == 0)
				continue;
			mask[i] = match[i] = 0;
			if (assignment_suffices(a, plan, &left, positions, last))
			{
				touchpoint[position] = run->index[first + i];
				break;
			}
			mask[i] = kept;
			match[i] = run->match[first + i];
		}
	}
	pfree(mask);
}
