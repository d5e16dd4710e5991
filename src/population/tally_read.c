/*
 * tally_read.c
 *		What can be read from a tally once everything was added up.
 */
#include "postgres.h"

#include <math.h>

#include "lib/binaryheap.h"
#include "miscadmin.h"

#include "population/tally_private.h"
#include "type/array.h"

int
tally_compare_labels(const Label *a, const Label *b)
{
	if (a->text == NULL || b->text == NULL)
		return (a->text == NULL) - (b->text == NULL);
	return label_compare(a, b);
}

/* A row and its key, to be sorted. */
typedef struct KeyedRow
{
	uint32		row;
	uint32		shape;
	uint32		labels;
	const Label *key;
} KeyedRow;

/* By shape, then label by label; a key that another begins with comes first. */
static int
compare_rows(const KeyedRow *a, const KeyedRow *b)
{
	if (a->shape != b->shape)
		return a->shape > b->shape ? 1 : -1;
	for (uint32 i = 0; i < a->labels && i < b->labels; i++)
	{
		int			order = tally_compare_labels(&a->key[i], &b->key[i]);

		if (order != 0)
			return order;
	}
	return (a->labels > b->labels) - (a->labels < b->labels);
}

#define ST_SORT sort_rows
#define ST_ELEMENT_TYPE KeyedRow
#define ST_COMPARE(a, b) compare_rows(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

static inline bool
is_of_shape(const TallyRow *row, uint32 shape)
{
	return row->shape == shape || shape == TALLY_EVERY_SHAPE;
}

/*
 * The rows of a shape in the order of their keys, palloc'd; or of every shape, one
 * shape after another.
 */
uint32 *
tally_rows(const Tally *tally, uint32 shape, uint32 *rows)
{
	const TallyRow *entry = TALLY_ROWS(tally);
	KeyedRow   *keyed = array_alloc(CurrentMemoryContext, Max(tally->rows, 1), sizeof(KeyedRow));
	uint32	   *order = palloc(Max(tally->rows, 1) * sizeof(uint32));
	uint32		n = 0;
	Size		labels = 0;
	Label	   *key;

	for (uint32 row = 0; row < tally->rows; row++)
		if (is_of_shape(&entry[row], shape))
			labels += entry[row].labels;
	key = array_alloc(CurrentMemoryContext, Max(labels, 1), sizeof(Label));
	for (uint32 row = 0; row < tally->rows; row++)
	{
		if (!is_of_shape(&entry[row], shape))
			continue;
		tally_key(tally, row, key);
		keyed[n++] = (KeyedRow) {row, entry[row].shape, entry[row].labels, key};
		key += entry[row].labels;
	}
	sort_rows(keyed, n);
	for (uint32 i = 0; i < n; i++)
		order[i] = keyed[i].row;
	pfree(key - labels);
	pfree(keyed);
	*rows = n;
	return order;
}

/* What rows are compared by: a count, and keys. */
typedef struct LargestRows
{
	const Tally *tally;
	uint32		slot;
	Label	   *key[2];
} LargestRows;

/* More than 0: row a comes behind row b. */
static int
compare_largest(Datum a, Datum b, void *argument)
{
	const LargestRows *largest = argument;
	uint32		row[2] = {DatumGetUInt32(a), DatumGetUInt32(b)};
	KeyedRow	keyed[2];
	int64		count[2];

	for (int i = 0; i < 2; i++)
		count[i] = tally_count(largest->tally, row[i], largest->slot);
	if (count[0] != count[1])
		return count[0] < count[1] ? 1 : -1;
	for (int i = 0; i < 2; i++)
	{
		const TallyRow *entry = tally_row_entry(largest->tally, row[i]);

		tally_key(largest->tally, row[i], largest->key[i]);
		keyed[i] = (KeyedRow) {row[i], entry->shape, entry->labels, largest->key[i]};
	}
	return compare_rows(&keyed[0], &keyed[1]);
}

/*
 * Of some rows those "most" ones, no more than there are, whose counts in a slot are the
 * largest, palloc'd: the largest first, equal ones in the order of their keys.
 */
uint32 *
tally_largest(const Tally *tally, const uint32 *row, uint32 rows, uint32 slot, uint32 most)
{
	LargestRows largest = {.tally = tally, .slot = slot};
	uint32	   *result = palloc(Max(most, 1) * sizeof(uint32));
	binaryheap *heap = binaryheap_allocate(Max(most, 1), compare_largest, &largest);
	uint32		labels = 1;

	for (uint32 i = 0; i < rows; i++)
		labels = Max(labels, tally_row_entry(tally, row[i])->labels);
	largest.key[0] = array_alloc(CurrentMemoryContext, 2 * (uint64) labels, sizeof(Label));
	largest.key[1] = largest.key[0] + labels;
	/* the root is the last one so far */
	for (uint32 i = 0; i < rows && most > 0; i++)
	{
		Datum		datum = UInt32GetDatum(row[i]);

		if (i % TALLY_CANCEL_EVERY == 0)
			CHECK_FOR_INTERRUPTS();
		if (i < most)
			binaryheap_add(heap, datum);
		else if (compare_largest(datum, binaryheap_first(heap), &largest) < 0)
			binaryheap_replace_first(heap, datum);
	}
	for (uint32 i = most; i-- > 0;)
		result[i] = DatumGetUInt32(binaryheap_remove_first(heap));
	binaryheap_free(heap);
	pfree(largest.key[0]);
	return result;
}

/* The sum of durations, in microseconds. */
double
tally_duration_total(const TallyDuration *duration)
{
	return ldexp((double) duration->high, 64) + (double) duration->low;
}

double
tally_sum_total(const TallySum *sum)
{
	return sum->sum + sum->rest;
}

#define ST_SORT sort_cells
#define ST_ELEMENT_TYPE TallyCell
#define ST_COMPARE(a, b) ((a)->key < (b)->key ? -1 : (a)->key > (b)->key)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* All cells by row, slot and bucket, palloc'd. */
void
tally_sort_cells(const Tally *tally, TallyCells *cells)
{
	const TallyCell *cell = TALLY_CELLS(tally);

	cells->count = 0;
	cells->cell = palloc(Max(tally->cells, 1) * sizeof(TallyCell));
	for (uint32 i = 0; i < tally->cells_room; i++)
		if (cell[i].count != 0)
			cells->cell[cells->count++] = cell[i];
	sort_cells(cells->cell, cells->count);
}

/* The number of the first cell whose key is not below this one. */
static uint32
lower_bound(const TallyCells *cells, uint64 key)
{
	uint32		low = 0;
	uint32		high = cells->count;

	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;

		if (cells->cell[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The cells of one distribution, smallest first: returns how many there are. */
uint32
tally_find_cells(const Tally *tally, const TallyCells *cells, uint32 row, uint32 slot,
				 const TallyCell **first)
{
	uint64		distribution = tally_distribution(tally, row, slot);
	uint32		from = lower_bound(cells, distribution << TALLY_BUCKET_BITS);

	*first = cells->cell + from;
	return lower_bound(cells, (distribution + 1) << TALLY_BUCKET_BITS) - from;
}

/* The middle between two values of a bucket, as numbers. */
static double
middle(TallyType type, uint64 a, uint64 b)
{
	if (type == TALLY_NUMBERS && a == b)
		return tally_number_of_order(a);
	if (type == TALLY_NUMBERS)
		return tally_number_of_order(a) / 2 + tally_number_of_order(b) / 2;
	return ((double) a + (double) b) / 2;
}

/*
 * The percentile of a distribution by nearest rank: the smallest duration, in
 * microseconds, or number that at least so many percent do not exceed.  False when
 * there are none.
 */
bool
tally_percentile(const Tally *tally, const TallyCells *cells, uint32 row, uint32 slot,
				 int percent, double *result)
{
	TallyType	type = tally_type(tally, row, slot);
	const TallyCell *cell;
	uint32		n = tally_find_cells(tally, cells, row, slot, &cell);
	int64		total = 0;
	int64		rank;

	for (uint32 i = 0; i < n; i++)
		tally_sum_counts(&total, cell[i].count);
	if (total == 0)
		return false;
	rank = total / 100 * percent + (total % 100 * percent + 99) / 100;
	while (rank > cell->count)
		rank -= cell++->count;
	if (rank == 1)
		*result = middle(type, cell->smallest, cell->smallest);
	else if (rank == cell->count)
		*result = middle(type, cell->largest, cell->largest);
	else
		*result = middle(type, cell->smallest, cell->largest);
	return true;
}
