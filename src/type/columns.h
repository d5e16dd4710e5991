/*
 * columns.h
 *		What every part of the extension shares: what a touchpoint is, the
 *		columns that every analysis reads, and limits.
 *
 * A touchpoint is (at, event, channel, value, score).  A journey is a multiset
 * of touchpoints held in the canonical order (at, event, channel nulls first,
 * value nulls first, score nulls first), labels compared as bytes.
 */
#ifndef JOURNEY_TYPE_COLUMNS_H
#define JOURNEY_TYPE_COLUMNS_H

#include <math.h>

#include "fmgr.h"
#include "utils/float.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "type/labels.h"

/*
 * The columns of one customer's journey, in canonical order: the one thing
 * that analyses see, whether it was decoded from a journey value or collected
 * from rows of an events table.
 *
 * Labels are codes of "labels"; a touchpoint without a channel has LABEL_NONE.
 * A null value or score is NaN, which no touchpoint can hold.  An optional
 * column is NULL when the reader was not asked for it or when all of it is
 * null.  Values that few touchpoints will be asked for (COLUMN_VALUE_SELDOM)
 * may be decoded late: look at them through COLUMN_VALUE_AT.
 */
typedef struct JourneyColumns
{
	int64		count;
	const TimestampTz *at;
	const uint32 *event;
	const uint32 *channel;
	const double *value;
	const double *score;
	const Labels *labels;
	struct JourneyReader *pending;	/* has values not decoded yet */
} JourneyColumns;

#define COLUMN_CHANNEL	0x01
#define COLUMN_VALUE	0x02
#define COLUMN_SCORE	0x04
#define COLUMN_VALUE_SELDOM	0x08	/* values, of a few touchpoints if any */
#define COLUMN_ALL		(COLUMN_CHANNEL | COLUMN_VALUE | COLUMN_SCORE)

/* Is touchpoint i's column null?  Works for an absent column, too. */
#define COLUMN_CHANNEL_AT(columns, i) \
	((columns)->channel ? (columns)->channel[i] : LABEL_NONE)
#define COLUMN_VALUE_AT(columns, i) \
	((columns)->value ? (columns)->value[i] : \
	 (columns)->pending ? journey_pending_value(columns, i) : get_float8_nan())
#define COLUMN_SCORE_AT(columns, i) \
	((columns)->score ? (columns)->score[i] : get_float8_nan())

/* Part of the canonical order: numbers, null (NaN) first. */
static inline int
compare_numbers(double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(b) - isnan(a);
	return (a > b) - (a < b);
}

/* The first of these times, in order, that is no earlier than an instant. */
static inline int64
times_lower_bound(const TimestampTz *times, int64 count, TimestampTz at)
{
	int64		low = 0;
	int64		high = count;

	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (times[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A value of columns that have values pending; codec_read.c. */
extern double journey_pending_value(const JourneyColumns *columns, int64 i);

#endif							/* JOURNEY_TYPE_COLUMNS_H */
