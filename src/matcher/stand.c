/*
 * stand.c
 *		The starts that stand at each position, see starts.c: who comes, who goes,
 *		and whose chain may end.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "matcher/starts_private.h"
#include "type/array.h"

void
numbers_reserve(StartsWork *work, Numbers *numbers, int64 count)
{
	if (count <= numbers->allocated)
		return;
	count = Max(16, Max(count, numbers->allocated * 2));
	numbers->at = array_grow(work->context, numbers->at, count, sizeof(int64));
	numbers->allocated = count;
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

/* The first start that stands here and is no older than an instant. */
int64
stand_first_since(const StartsWork *work, const Stand *stand, TimestampTz at)
{
	int64		low = 0;
	int64		high = stand->start.count;

	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (stand_start_at(work, stand, middle) < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Trailing exclusions hold for starts before some instant: for this one, too? */
static void
try_to_end(Pass *pass, int64 i, TimestampTz holds_before)
{
	Start	   *start = &pass->work->start[i];

	if (start->holds || start->at >= holds_before)
		return;
	start->holds = true;
	start_note(pass, start, pass->plan->reports);
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
		i = first_open(work, stand, stand_first_since(work, stand, stretch->oldest));
		while (i < stand->start.count && stand_start_at(work, stand, i) <= stretch->newest &&
			   stand_start_at(work, stand, i) < holds_before)
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
		if (!start_is_new(pass, stand->arriving.at[i], position))
			continue;
		if (pass->plan->trailing > 0)
			numbers_add(work, &stand->after, stand->start.count);
		numbers_add(work, &stand->start, stand->arriving.at[i]);
	}
	if (pass->plan->bounded)
	{
		numbers_add(work, &stand->arrival, pass->at);
		numbers_add(work, &stand->oldest, stand_first_since(work, stand, stand->oldest_arriving));
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
			start_is_new(pass, number, position);
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

/* Takes note of whom the group carried where. */
void
stands_settle(Pass *pass)
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
