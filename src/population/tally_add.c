/*
 * tally_add.c
 *		The state of every population answer: adding up, and how two of them
 *		merge.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "population/tally_private.h"

#define CELL_KEY(distribution, bucket) \
	(((distribution) << TALLY_BUCKET_BITS) | (bucket))

/*
 * sum + rest is the sum with about twice the precision of a double (Neumaier's
 * variant of Kahan's summation), so that the order of rows and workers does
 * not show.
 */
static void
add_to_sum(TallySum *sum, int64 count, double value, double rest)
{
	double		total = sum->sum + value;

	if (fabs(sum->sum) >= fabs(value))
		rest += (sum->sum - total) + value;
	else
		rest += (value - total) + sum->sum;
	sum->sum = total;
	sum->rest += rest;
	/* an infinity anywhere made the rest NaN */
	if (unlikely(!isfinite(sum->sum + sum->rest) ||
				 pg_add_s64_overflow(sum->count, count, &sum->count)))
		tally_overflow("sum of values");
}

/* Adds a finite number to a sum that may be anybody's. */
void
tally_sum_add(TallySum *sum, double value)
{
	add_to_sum(sum, 1, value, 0);
}

/* Adds a finite number. */
void
tally_add_value(Tally *tally, uint32 row, uint32 slot, double value)
{
	add_to_sum((TallySum *) tally_slot(tally, row, slot, TALLY_SUM), 1, value, 0);
}

/* ----------
 * Distributions
 * ----------
 */

/* Adds so many values from the smallest to the largest to a bucket. */
static inline void
add_to_bucket(Tally **tally, uint64 key, int64 count, uint64 smallest, uint64 largest)
{
	TallyCell  *cell = tally_find_cell(*tally, key);

	if (likely(cell->count != 0))
	{
		tally_sum_counts(&cell->count, count);
		cell->smallest = Min(cell->smallest, smallest);
		cell->largest = Max(cell->largest, largest);
		return;
	}
	if ((*tally)->cells >= (*tally)->cells_room / 4 * 3)
	{
		tally_grow_cells(tally);
		cell = tally_find_cell(*tally, key);
	}
	*cell = (TallyCell) {key, count, smallest, largest};
	(*tally)->cells++;
}

/* Adds what a valid cell stands for; its key is not looked at. */
void
tally_add_cell(Tally **tally, uint32 row, uint32 slot, const TallyCell *cell)
{
	uint32		bucket = tally_bucket(tally_type(*tally, row, slot), cell->smallest);

	add_to_bucket(tally, CELL_KEY(tally_distribution(*tally, row, slot), bucket), cell->count,
				  cell->smallest, cell->largest);
}

/* Adds one duration. */
void
tally_add_time(Tally **tally, uint32 row, uint32 slot, uint64 microseconds)
{
	uint32		bucket = tally_duration_bucket(microseconds);

	add_to_bucket(tally, CELL_KEY(tally_distribution(*tally, row, slot), bucket), 1,
				  microseconds, microseconds);
}

/* Adds one finite number. */
void
tally_add_number(Tally **tally, uint32 row, uint32 slot, double number)
{
	uint64		order = tally_number_order(number);
	uint32		bucket = tally_number_bucket(order);

	add_to_bucket(tally, CELL_KEY(tally_distribution(*tally, row, slot), bucket), 1, order, order);
}

/* ----------
 * Merging
 * ----------
 */

/* Where the slots of another tally lie in this one. */
typedef struct Mapping
{
	uint32	   *shape;			/* by shape of the other */
	uint32	   *slot;			/* by place in the other's section of slots */
	uint32	   *row;			/* by row of the other */
	uint32	   *distribution;	/* by number among a row's, counted from the shape's
								 * first slot: the slot */
} Mapping;

static void
map_by_name(const TallyShape *own, const TallyShape *other, uint32 *slot)
{
	uint32		repeated = 0;

	for (uint32 i = 0; i < other->slots; i++)
	{
		CHECK_FOR_INTERRUPTS();
		slot[i] = tally_find_slot(own->slot, own->slots, other->slot[i].name);
	}
	slot += other->slots;
	for (uint32 i = 0; i < other->repeated_slots; i++)
	{
		CHECK_FOR_INTERRUPTS();
		repeated = tally_find_slot(own->repeated_slot, own->repeated_slots,
								   other->repeated_slot[i].name);
		for (uint32 repeat = 0; repeat < other->repeats; repeat++)
			slot[repeat * other->repeated_slots + i] =
				own->slots + repeat * own->repeated_slots + repeated;
	}
}

static void
map_slots(const Tally *into, const Tally *other, Mapping *map)
{
	TallyDefinition a;
	TallyDefinition b;
	bool		same = tally_same_definition(into, other);

	if (!same)
	{
		tally_definition(into, &a);
		tally_definition(other, &b);
	}
	for (uint32 shape = 0; shape < other->shapes; shape++)
	{
		const TallyLayout *layout = tally_layout(other, shape);
		uint32	   *slot = map->slot + layout->first_slot;
		const TallyPlace *place = TALLY_PLACES(other) + layout->first_slot;

		map->shape[shape] = same ? shape : tally_find_shape(&a, b.shape[shape].name);
		if (!same)
			map_by_name(&a.shape[map->shape[shape]], &b.shape[shape], slot);
		else
			for (uint32 i = 0; i < layout->slots; i++)
				slot[i] = i;
		for (uint32 i = 0; i < layout->slots; i++)
			if (TALLY_IS_DISTRIBUTION(TALLY_PLACE_TYPE(place[i])))
				map->distribution[layout->first_slot + TALLY_PLACE_NUMBER(place[i])] = slot[i];
	}
}

static Mapping *
make_mapping(const Tally *into, const Tally *other)
{
	Mapping    *map = palloc(sizeof(Mapping));
	uint32		slots = 0;

	for (uint32 shape = 0; shape < other->shapes; shape++)
		slots += tally_layout(other, shape)->slots;
	map->shape = palloc(Max(other->shapes, 1) * sizeof(uint32));
	map->slot = palloc(Max(slots, 1) * sizeof(uint32));
	map->distribution = palloc(Max(slots, 1) * sizeof(uint32));
	map->row = palloc(Max(other->rows, 1) * sizeof(uint32));
	map_slots(into, other, map);
	return map;
}

static void
merge_slot(Tally *into, uint32 row, uint32 slot, const Tally *other, uint32 other_row,
		   uint32 other_slot, TallyType type)
{
	switch (type)
	{
		case TALLY_COUNT:
			tally_add_count(into, row, slot, tally_count(other, other_row, other_slot));
			break;
		case TALLY_LATEST:
			tally_add_latest(into, row, slot, tally_latest(other, other_row, other_slot));
			break;
		case TALLY_EARLIEST:
			tally_add_earliest(into, row, slot, tally_earliest(other, other_row, other_slot));
			break;
		case TALLY_DURATION:
			{
				const TallyDuration *from = tally_duration(other, other_row, other_slot);

				tally_add_durations(into, row, slot, from->count, from->low, from->high);
			}
			break;
		case TALLY_SUM:
			{
				const TallySum *from = tally_sum(other, other_row, other_slot);

				add_to_sum((TallySum *) tally_slot(into, row, slot, TALLY_SUM), from->count,
						   from->sum, from->rest);
			}
			break;
		case TALLY_DURATIONS:
		case TALLY_NUMBERS:
			break;				/* lie in the cells */
	}
}

/* The row with the key of the other's. */
static uint32
row_of_key(Tally **into, const Tally *other, uint32 row, const Mapping *map)
{
	const TallyRow *entry = tally_row_entry(other, row);
	Label	   *key = palloc(Max(entry->labels, 1) * sizeof(Label));
	uint32		result;

	tally_key(other, row, key);
	result = tally_row(into, map->shape[entry->shape], key, entry->labels);
	pfree(key);
	return result;
}

/* Adds the slots of the other's row, but for distributions, to the row that it is mapped to. */
static void
merge_row(Tally *into, const Tally *other, uint32 row, const Mapping *map)
{
	const TallyRow *entry = tally_row_entry(other, row);
	const TallyLayout *layout = tally_layout(other, entry->shape);

	for (uint32 slot = 0; slot < layout->slots; slot++)
		merge_slot(into, map->row[row], map->slot[layout->first_slot + slot], other, row, slot,
				   TALLY_PLACE_TYPE(tally_place(other, entry, slot)));
}

/*
 * The row that has this distribution: rows have theirs in order, and often as many as
 * each other, so that the first guess is right.
 */
static uint32
row_of_distribution(const Tally *tally, uint64 distribution)
{
	const TallyRow *rows = TALLY_ROWS(tally);
	uint32		guess = distribution * tally->rows / tally->distributions;
	uint32		low = 0;
	uint32		high = tally->rows;

	if (rows[guess].distribution > distribution)
		high = guess;
	else if (guess + 1 < high && rows[guess + 1].distribution > distribution)
		return guess;
	else
		low = guess + 1;
	/* the last row whose first one is no later; of those that have none, none is last */
	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;

		if (rows[middle].distribution <= distribution)
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

static void
merge_cell(Tally **into, const Tally *other, const TallyCell *cell, const Mapping *map)
{
	uint64		distribution = cell->key >> TALLY_BUCKET_BITS;
	uint32		row = row_of_distribution(other, distribution);
	const TallyRow *entry = tally_row_entry(other, row);
	uint32		first = tally_layout(other, entry->shape)->first_slot;

	tally_add_cell(into, map->row[row],
				   map->distribution[first + distribution - entry->distribution], cell);
}

/* On the way a tally may grow often: those in between are nobody's but ours. */
static void
drop_outgrown(Tally *outgrown, const Tally *now, const Tally *given)
{
	if (outgrown != now && outgrown != given)
		pfree(outgrown);
}

/* The last step of merging: distributions. */
static void
merge_cells(Tally **into, const Tally *other, const Mapping *map, const Tally *given)
{
	for (uint32 i = 0; i < other->cells_room; i++)
	{
		const TallyCell *cell = &TALLY_CELLS(other)[i];
		Tally	   *before = *into;

		if (i % TALLY_CANCEL_EVERY == 0)
			CHECK_FOR_INTERRUPTS();
		if (cell->count != 0)
			merge_cell(into, other, cell, map);
		drop_outgrown(before, *into, given);
	}
}

static void
free_mapping(Mapping *map)
{
	pfree(map->shape);
	pfree(map->slot);
	pfree(map->distribution);
	pfree(map->row);
	pfree(map);
}

/*
 * Adds another tally, row by row.  Its definition must be the same, or covered by
 * that of *into, which has slots and shapes that it lacks.
 */
void
tally_merge(Tally **into, const Tally *other)
{
	Mapping    *map = make_mapping(*into, other);
	const Tally *given = *into;

	for (uint32 row = 0; row < other->rows; row++)
	{
		Tally	   *before = *into;

		if (row % TALLY_CANCEL_EVERY == 0)
			CHECK_FOR_INTERRUPTS();
		map->row[row] = row_of_key(into, other, row, map);
		merge_row(*into, other, row, map);
		drop_outgrown(before, *into, given);
	}
	merge_cells(into, other, map, given);
	free_mapping(map);
}

/*
 * Adds another tally of the same definition, each row to the one of its shape that "to"
 * says: several may become one.
 */
void
tally_fold(Tally **into, const Tally *other, const uint32 *to)
{
	Mapping    *map = make_mapping(*into, other);

	memcpy(map->row, to, other->rows * sizeof(uint32));
	for (uint32 row = 0; row < other->rows; row++)
	{
		if (row % TALLY_CANCEL_EVERY == 0)
			CHECK_FOR_INTERRUPTS();
		merge_row(*into, other, row, map);
	}
	merge_cells(into, other, map, *into);
	free_mapping(map);
}
