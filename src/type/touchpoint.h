/*
 * touchpoint.h
 *		One touchpoint that is not in columns yet, the canonical order, and what
 *		every touchpoint must be.
 *
 * Labels are codes of a Labels.  Numbers, null being NaN, follow only where there are any.
 */
#ifndef JOURNEY_TYPE_TOUCHPOINT_H
#define JOURNEY_TYPE_TOUCHPOINT_H

#include "type/columns.h"
#include "type/labels.h"

typedef struct Touchpoint
{
	TimestampTz at;
	uint32		event;
	uint32		channel;
} Touchpoint;

#define TOUCHPOINT_NUMBERS(touchpoint)	((double *) ((touchpoint) + 1))

/* The canonical order of touchpoints with so many numbers. */
static pg_attribute_always_inline int
touchpoint_compare(const Touchpoint *a, const Touchpoint *b, const Labels *labels,
				   const int numbers)
{
	int			result = 0;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if (a->event != b->event)
		return labels_compare(labels, a->event, b->event);
	if (a->channel != b->channel)
		return labels_compare(labels, a->channel, b->channel);
	for (int i = 0; i < numbers && result == 0; i++)
		result = compare_numbers(TOUCHPOINT_NUMBERS(a)[i], TOUCHPOINT_NUMBERS(b)[i]);
	return result;
}

/* The same of two in columns, whose labels may be in different tables; compare.c. */
extern int	touchpoints_compare(const JourneyColumns *a, int64 i, const JourneyColumns *b, int64 k);

/*
 * Checks of what comes from outside, each with an error that names the
 * offender: the time of a touchpoint is finite and a timestamp, its event is
 * not empty, its numbers are finite (and -0 becomes 0, which is returned).
 */
extern void journey_check_time(TimestampTz at);
extern void journey_check_event(uint32 length);
extern double journey_check_number(double number, const char *what);

#endif							/* JOURNEY_TYPE_TOUCHPOINT_H */
