/*
 * calendar.h
 *		Days, weeks and months of a time zone, for reports "by" a time.
 */
#ifndef JOURNEY_CALENDAR_H
#define JOURNEY_CALENDAR_H

#include "pattern.h"

#define CALENDAR_TEXT_SIZE	32

/*
 * The day, week (from Monday) or month that an instant lies in: the ISO 8601
 * date of its first day, and the first instant after it.
 */
extern void calendar_period(PatternBy by, struct pg_tz *zone, TimestampTz at,
							char *text, TimestampTz *until);

#endif							/* JOURNEY_CALENDAR_H */
