/*
 * sequence_private.h
 *		What flows, paths and transitions share.
 */
#ifndef JOURNEY_SEQUENCE_SEQUENCE_PRIVATE_H
#define JOURNEY_SEQUENCE_SEQUENCE_PRIVATE_H

#include "population/population.h"
#include "population/row_memo.h"

#define SEQUENCE_VERSION	1

/* The row of two codes of labels, of which LABEL_NONE becomes a null label. */
extern uint32 sequence_look_up_pair(RowMemo *memo, Tally **tally, uint32 shape,
									const Labels *labels, uint32 from, uint32 to);

/* Refuses less than one row. */
extern void sequence_check_top(int64 top);

/* A tally like this one, which has counted nothing. */
extern Tally *sequence_empty_like(const Tally *tally);

/*
 * Of rows in the order of their keys, which are pairs: what a count comes to in all
 * those with the same first label, by row.
 */
extern void sequence_sum_by_first(const Tally *tally, const uint32 *row, uint32 rows,
								  uint32 slot, int64 *sum);

/* Code of a touchpoint's event, LABEL_NONE before the first and behind the last one. */
static inline uint32
sequence_code(const JourneyColumns *columns, int64 i)
{
	return i < 0 || i == columns->count ? LABEL_NONE : columns->event[i];
}

/* The row of two touchpoints' events. */
static inline uint32
sequence_pair_row(RowMemo *memo, Tally **tally, uint32 shape, const JourneyColumns *columns,
				  int64 from)
{
	uint32		a = sequence_code(columns, from);
	uint32		b = sequence_code(columns, from + 1);
	uint32		row = row_memo_find(memo, *tally, shape, (uint64) a << 32 | b);

	if (likely(row != ROW_UNKNOWN))
		return row;
	return sequence_look_up_pair(memo, tally, shape, columns->labels, a, b);
}

#endif							/* JOURNEY_SEQUENCE_SEQUENCE_PRIVATE_H */
