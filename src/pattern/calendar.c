/*
 * calendar.c
 *		Days, weeks and months of a time zone.
 */
#include "postgres.h"

#include "datatype/timestamp.h"
#include "pgtime.h"
#include "utils/datetime.h"

#include "pattern/calendar.h"

#define DAYS_PER_WEEK	7

/* Where clocks were set back over midnight, it comes twice: the first one. */
static Timestamp
first_midnight(struct pg_tm *midnight, struct pg_tz *zone, int offset, Timestamp second)
{
	struct pg_tm tm;
	fsec_t		fsec;
	Timestamp	first;
	int			offset_before;

	if (timestamp2tm(second - 1, &offset_before, &tm, &fsec, NULL, zone) != 0 ||
		offset_before == offset || tm2timestamp(midnight, 0, &offset_before, &first) != 0)
		return second;
	return Min(first, second);
}

/* The instant at which a day begins in a zone; the end of time if there is none. */
static TimestampTz
day_begins(int julian, struct pg_tz *zone)
{
	struct pg_tm tm = {0};
	Timestamp	result;
	int			offset = 0;

	j2date(julian, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
	if (zone != NULL)
		offset = DetermineTimeZoneOffset(&tm, zone);
	if (!IS_VALID_JULIAN(tm.tm_year, tm.tm_mon, tm.tm_mday) ||
		tm2timestamp(&tm, 0, &offset, &result) != 0)
		return PG_INT64_MAX;
	return zone ? first_midnight(&tm, zone, offset, result) : result;
}

/*
 * Whatever the time zone database does not have is read as a POSIX zone, whose
 * offsets count west as positive, unlike ISO 8601: such a name has digits, and
 * is refused lest days be wrong in silence.  The database's own names with
 * digits come back as it spells them ("Etc/GMT+5", "posix/EST5EDT"), all others in
 * upper case; those of its own that have no small letters mean the same either way.
 */
static bool
zone_is_offset(struct pg_tz *zone)
{
	static const char *const own[] = {
		"EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT", "GMT0", "GMT+0", "GMT-0", NULL
	};
	const char *name = pg_get_timezone_name(zone);

	if (strpbrk(name, "0123456789") == NULL ||
		strpbrk(name, "abcdefghijklmnopqrstuvwxyz") != NULL)
		return false;
	for (int i = 0; own[i] != NULL; i++)
		if (strcmp(name, own[i]) == 0)
			return false;
	return true;
}

struct pg_tz *
calendar_zone(const char *name, int length)
{
	char		terminated[TZ_STRLEN_MAX + 1];
	struct pg_tz *zone;

	if (length > TZ_STRLEN_MAX)
		return NULL;
	memcpy(terminated, name, length);
	terminated[length] = '\0';
	zone = pg_tzset(terminated);
	return zone && pg_tz_acceptable(zone) && !zone_is_offset(zone) ? zone : NULL;
}

/* The Julian day of an instant. */
static int
julian_day(struct pg_tz *zone, TimestampTz at, struct pg_tm *tm)
{
	fsec_t		fsec;
	int			offset;

	if (timestamp2tm(at, zone ? &offset : NULL, tm, &fsec, NULL, zone) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return date2j(tm->tm_year, tm->tm_mon, tm->tm_mday);
}

DateADT
calendar_date(struct pg_tz *zone, TimestampTz at, TimestampTz *until)
{
	struct pg_tm tm;
	int			day = julian_day(zone, at, &tm);

	/* west of Greenwich time begins a day too early for a date */
	if (!IS_VALID_DATE(day - POSTGRES_EPOCH_JDATE))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("date out of range")));
	*until = day_begins(day + 1, zone);
	return day - POSTGRES_EPOCH_JDATE;
}

void
calendar_period(CalendarUnit unit, struct pg_tz *zone, TimestampTz at, char *text,
				TimestampTz *until)
{
	struct pg_tm tm;
	int			first = julian_day(zone, at, &tm);
	int			after = first + 1;
	int			year;
	int			month;
	int			day;

	if (unit == CALENDAR_WEEK)
	{
		first -= (j2day(first) + DAYS_PER_WEEK - 1) % DAYS_PER_WEEK;
		after = first + DAYS_PER_WEEK;
	}
	else if (unit == CALENDAR_MONTH)
	{
		first = date2j(tm.tm_year, tm.tm_mon, 1);
		after = tm.tm_mon == 12 ? date2j(tm.tm_year + 1, 1, 1) :
			date2j(tm.tm_year, tm.tm_mon + 1, 1);
	}
	j2date(first, &year, &month, &day);
	snprintf(text, CALENDAR_TEXT_SIZE, "%04d-%02d-%02d%s",
			 year > 0 ? year : 1 - year, month, day, year > 0 ? "" : " BC");
	*until = day_begins(after, zone);
}
