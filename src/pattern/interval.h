/*
 * interval.h
 *		Intervals that always take the same time, such as the gap between two
 *		sessions.
 */
#ifndef JOURNEY_PATTERN_INTERVAL_H
#define JOURNEY_PATTERN_INTERVAL_H

#include "fmgr.h"
#include "utils/timestamp.h"

#include "compat.h"

#define SPAN_NO_LIMIT		PG_UINT64_MAX

/* What a gap between sessions is unless the user says otherwise. */
#define SPAN_USUAL_GAP		(30 * USECS_PER_MINUTE)

/*
 * The microseconds of an interval, a day being 24 hours.  An interval with
 * months, an infinite and a negative one are the user's errors, which name the
 * argument.
 */
extern uint64 span_microseconds(const Interval *interval, const char *argument);

/* The same of an argument of the function, which must not be null. */
extern uint64 span_argument(FunctionCallInfo fcinfo, int number, const char *argument);

/* The error of an argument that is null. */
extern void span_refuse_null(const char *argument) pg_attribute_noreturn();

/* From an instant to a later one. */
static inline uint64
span_between(TimestampTz from, TimestampTz to)
{
	return (uint64) to - (uint64) from;
}

#endif							/* JOURNEY_PATTERN_INTERVAL_H */
