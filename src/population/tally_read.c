/*
 * tally_read.c
 *		What can be read from a tally once everything was added up.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "compat.h"
#include "population/tally.h"

/* Byte order of labels, the null label last. */
static int
compare_labels(const Tally *tally, uint32 a, uint32 b)
{
	uint32		a_length,
				b_length;
	const char *a_label = tally_label(tally, a, &a_length);
	const char *b_label = tally_label(tally, b, &b_length);
	int			order;

	if (a_label == NULL || b_label == NULL)
		return (a_label == NULL) - (b_label == NULL);
	order = memcmp(a_label, b_label, Min(a_length, b_length));
	if (order != 0)
		return order;
	return (a_length > b_length) - (a_length < b_length);
}

#define ST_SORT sort_rows
#define ST_ELEMENT_TYPE uint32
#define ST_COMPARE_ARG_TYPE const Tally
#define ST_COMPARE(a, b, tally) compare_labels(tally, *(a), *(b))
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* The rows in the order of their labels, palloc'd. */
uint32 *
tally_rows_by_label(const Tally *tally)
{
	uint32	   *order = palloc(Max(tally->rows, 1) * sizeof(uint32));

	for (uint32 row = 0; row < tally->rows; row++)
		order[row] = row;
	sort_rows(order, tally->rows, (Tally *) tally);
	return order;
}

/* The sum of a duration slot, in microseconds. */
double
tally_duration_total(const TallyDuration *slot)
{
	return ldexp((double) slot->high, 64) + (double) slot->low;
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
	const TallyCell *cell = (const TallyCell *) ((const char *) tally + tally->cell_at);

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

/*
 * The percentile of a distribution by nearest rank: the smallest duration that
 * at least so many percent do not exceed.  False when there are none.
 */
bool
tally_percentile(const Tally *tally, const TallyCells *cells, uint32 row, uint32 slot,
				 int percent, double *microseconds)
{
	const TallyCell *cell;
	uint32		n = tally_find_cells(tally, cells, row, slot, &cell);
	int64		total = 0;
	int64		rank;

	for (uint32 i = 0; i < n; i++)
		tally_add_count(&total, cell[i].count);
	if (total == 0)
		return false;
	rank = total / 100 * percent + (total % 100 * percent + 99) / 100;
	while (rank > cell->count)
		rank -= cell++->count;
	if (rank == 1)
		*microseconds = (double) cell->smallest;
	else if (rank == cell->count)
		*microseconds = (double) cell->largest;
	else
		*microseconds = ((double) cell->smallest + (double) cell->largest) / 2;
	return true;
}
