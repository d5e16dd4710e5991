/*
 * calendar.h
 *		Time zones, and their hours, days, weeks, months, quarters and years.
 */
#ifndef JOURNEY_PATTERN_CALENDAR_H
#define JOURNEY_PATTERN_CALENDAR_H

#include "utils/date.h"
#include "utils/timestamp.h"

#define CALENDAR_TEXT_SIZE	32

#define DAYS_PER_WEEK		7

/* The time zone of a name that need not be terminated; NULL if there is none. */
extern struct pg_tz *calendar_zone(const char *name, int length);

/*
 * The date of an instant in a zone (NULL: UTC), and the first instant after that day.  Where
 * clocks are set back to the day before, that day goes on until they show the next one for good.
 */
extern DateADT calendar_date(struct pg_tz *zone, TimestampTz at, TimestampTz *until);

typedef enum CalendarUnit
{
	CALENDAR_HOUR,
	CALENDAR_DAY,
	CALENDAR_WEEK,
	CALENDAR_MONTH,
	CALENDAR_QUARTER,
	CALENDAR_YEAR
} CalendarUnit;

#define CALENDAR_UNITS		(CALENDAR_YEAR + 1)

extern const char *const calendar_unit_names[CALENDAR_UNITS];

/* Names of the days of a week, from Sunday, the day 0. */
extern const char *const calendar_day_names[DAYS_PER_WEEK];

#define CALENDAR_MONDAY		1

/* Time, cut into periods. */
typedef struct Calendar
{
	CalendarUnit unit;
	int			week_begins;	/* on this day */
	struct pg_tz *zone;			/* NULL: UTC */
} Calendar;

/*
 * The period that an instant lies in: its first day, as type date reads it, or the
 * beginning of the hour, with its offset, as timestamptz reads it; and the first
 * instant after it.
 */
extern void calendar_period(const Calendar *calendar, TimestampTz at, char *text,
							TimestampTz *until);

#endif							/* JOURNEY_PATTERN_CALENDAR_H */
