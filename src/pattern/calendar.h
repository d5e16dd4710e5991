/*
 * calendar.h
 *		Time zones, and their days, weeks and months.
 */
#ifndef JOURNEY_PATTERN_CALENDAR_H
#define JOURNEY_PATTERN_CALENDAR_H

#include "utils/date.h"
#include "utils/timestamp.h"

#define CALENDAR_TEXT_SIZE	32

/* The time zone of a name that need not be terminated; NULL if there is none. */
extern struct pg_tz *calendar_zone(const char *name, int length);

/* The date of an instant in a zone (NULL: UTC), and the first instant after that day. */
extern DateADT calendar_date(struct pg_tz *zone, TimestampTz at, TimestampTz *until);

typedef enum CalendarUnit
{
	CALENDAR_DAY,
	CALENDAR_WEEK,
	CALENDAR_MONTH
} CalendarUnit;

/*
 * The day, week (from Monday) or month that an instant lies in: its first day, as
 * type date reads it, and the first instant after it.
 */
extern void calendar_period(CalendarUnit unit, struct pg_tz *zone, TimestampTz at,
							char *text, TimestampTz *until);

#endif							/* JOURNEY_PATTERN_CALENDAR_H */
