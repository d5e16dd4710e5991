/*
 * row_memo.c
 *		Rows of a tally by numbers that an analysis knows them by.
 */
#include "postgres.h"

#include "population/row_memo.h"
#include "type/array.h"

/* Sets: 64 bytes each, at most 4 MB. */
#define FIRST_SETS		64
#define MOST_SETS		65536

static void
make_sets(RowMemo *memo, uint32 sets)
{
	if (memo->entry)
		pfree(memo->entry);
	memo->entry = NULL;
	memo->entry = array_alloc(memo->context, sets, ROW_MEMO_WAYS * sizeof(RowMemoEntry));
	memset(memo->entry, 0, (Size) sets * ROW_MEMO_WAYS * sizeof(RowMemoEntry));
	memo->sets = sets;
	memo->shift = 64 - pg_leftmost_one_pos32(sets);
	memo->stamp = 1;
}

/* The number of a tally, which no other one of this process has. */
static uint32
number_of(Tally *tally)
{
	static uint32 last = 0;

	while (tally->number == 0)
		tally->number = ++last;
	return tally->number;
}

void
row_memo_begin(RowMemo *memo, uint64 generation, Tally *tally)
{
	uint32		number = number_of(tally);

	if (unlikely(memo->entry == NULL))
		make_sets(memo, FIRST_SETS);
	else if (unlikely(tally->rows > memo->sets && memo->sets < MOST_SETS))
		make_sets(memo, memo->sets * 2);
	else if (likely(memo->tally == number && memo->generation == generation))
		return;
	else if (unlikely(++memo->stamp == 0))
		make_sets(memo, memo->sets);
	memo->tally = number;
	memo->generation = generation;
}
