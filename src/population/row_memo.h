/*
 * row_memo.h
 *		Rows of a tally by numbers that an analysis knows them by.
 *
 * To find a row by its key its labels are hashed and compared.  Who meets the
 * same rows again and again makes a number of the key (codes of labels, say),
 * unlike that of any other key of the shape, and asks the memo first.  It is a
 * cache: what it does not know is looked up in the tally.
 *
 * Tallies are told apart by their numbers.  The executor may move a tally, and
 * then forgets the old one: if somebody kept a copy and went on with both, a row
 * might be taken for another of its shape.
 */
#ifndef JOURNEY_POPULATION_ROW_MEMO_H
#define JOURNEY_POPULATION_ROW_MEMO_H

#include "population/tally.h"

#define ROW_UNKNOWN		PG_UINT32_MAX

typedef struct RowMemoEntry
{
	uint64		number;
	uint32		row;
	uint32		stamp;			/* another one than the memo's: forgotten */
} RowMemoEntry;

/* A number has its place in one set, a cache line wide, in which the newest stands first. */
#define ROW_MEMO_WAYS	4

typedef struct RowMemo
{
	MemoryContext context;
	uint32		tally;			/* its number */
	uint64		generation;
	uint32		stamp;			/* never 0 */
	uint32		sets;			/* a power of two: */
	int			shift;			/* 64 less its logarithm */
	RowMemoEntry *entry;		/* NULL: none yet */
} RowMemo;

/*
 * To be called for each customer: forgets what was known of another tally, or of
 * other label codes, and makes room as the tally's rows become more.
 */
extern void row_memo_begin(RowMemo *memo, uint64 generation, Tally *tally);

static inline RowMemoEntry *
row_memo_set(const RowMemo *memo, uint32 shape, uint64 number)
{
	uint64		hash = (number ^ (uint64) shape << 58) * UINT64CONST(0x9E3779B97F4A7C15);

	return &memo->entry[(hash >> memo->shift) * ROW_MEMO_WAYS];
}

/* The row of the shape that was noted with this number, or ROW_UNKNOWN. */
static inline uint32
row_memo_find(const RowMemo *memo, const Tally *tally, uint32 shape, uint64 number)
{
	const RowMemoEntry *entry = row_memo_set(memo, shape, number);

	for (int i = 0; i < ROW_MEMO_WAYS; i++, entry++)
		if (entry->number == number && entry->stamp == memo->stamp &&
			entry->row < tally->rows && tally_row_entry(tally, entry->row)->shape == shape)
			return entry->row;
	return ROW_UNKNOWN;
}

static inline void
row_memo_note(RowMemo *memo, uint32 shape, uint64 number, uint32 row)
{
	RowMemoEntry *entry = row_memo_set(memo, shape, number);

	memmove(entry + 1, entry, (ROW_MEMO_WAYS - 1) * sizeof(RowMemoEntry));
	*entry = (RowMemoEntry) {number, row, memo->stamp};
}

#endif							/* JOURNEY_POPULATION_ROW_MEMO_H */
