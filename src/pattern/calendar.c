/*
 * calendar.c
 *		Hours, days, weeks, months, quarters and years of a time zone.
 */
#include "postgres.h"

#include "datatype/timestamp.h"
#include "pgtime.h"
#include "utils/datetime.h"

#include "pattern/calendar.h"

const char *const calendar_unit_names[CALENDAR_UNITS] = {
	"hour", "day", "week", "month", "quarter", "year"
};

const char *const calendar_day_names[DAYS_PER_WEEK] = {
	"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"
};

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

/* An instant as clocks of a zone show it; returns their offset, in seconds, east being positive. */
static int
local_time(struct pg_tz *zone, TimestampTz at, struct pg_tm *tm, fsec_t *fsec)
{
	int			west = 0;

	if (timestamp2tm(at, zone ? &west : NULL, tm, fsec, NULL, zone) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return -west;
}

/*
 * The Julian day that an instant is counted to: the one that clocks show, but for
 * those minutes of a day after which they are set back to the day before.
 */
static int
julian_day(struct pg_tz *zone, TimestampTz at)
{
	struct pg_tm tm;
	fsec_t		fsec;
	TimestampTz begins;
	int			day;

	(void) local_time(zone, at, &tm, &fsec);
	day = date2j(tm.tm_year, tm.tm_mon, tm.tm_mday);
	if (zone == NULL)
		return day;
	begins = day_begins(day, zone);
	return at < begins && begins != PG_INT64_MAX ? day - 1 : day;
}

DateADT
calendar_date(struct pg_tz *zone, TimestampTz at, TimestampTz *until)
{
	int			day = julian_day(zone, at);

	/* west of Greenwich time begins a day too early for a date */
	if (!IS_VALID_DATE(day - POSTGRES_EPOCH_JDATE))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("date out of range")));
	*until = day_begins(day + 1, zone);
	return day - POSTGRES_EPOCH_JDATE;
}

/* The first instant at which a zone has another offset, if it comes before "until". */
static TimestampTz
offset_changes(struct pg_tz *zone, TimestampTz at, TimestampTz until)
{
	const int64 epoch = (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;
	pg_time_t	second = at / USECS_PER_SEC - (at % USECS_PER_SEC < 0) + epoch;
	pg_time_t	boundary;
	long int	before;
	long int	after;
	int			is_dst;

	while (pg_next_dst_boundary(&second, &before, &is_dst, &boundary, &after, &is_dst, zone) == 1 &&
		   boundary - epoch < until / USECS_PER_SEC)
	{
		if (before != after)
			return (boundary - epoch) * USECS_PER_SEC;
		second = boundary;
	}
	return until;
}

/*
 * The hour that clocks show, as long as they have one offset: where they are set
 * back, one comes twice.
 */
static void
hour_period(struct pg_tz *zone, TimestampTz at, char *text, TimestampTz *until)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			east = local_time(zone, at, &tm, &fsec);
	int			offset = abs(east);

	text += sprintf(text, "%04d-%02d-%02d %02d:00%c%02d",
					tm.tm_year > 0 ? tm.tm_year : 1 - tm.tm_year, tm.tm_mon, tm.tm_mday,
					tm.tm_hour, east < 0 ? '-' : '+', offset / SECS_PER_HOUR);
	if (offset % SECS_PER_HOUR != 0)
		text += sprintf(text, ":%02d", offset % SECS_PER_HOUR / SECS_PER_MINUTE);
	if (offset % SECS_PER_MINUTE != 0)
		text += sprintf(text, ":%02d", offset % SECS_PER_MINUTE);
	if (tm.tm_year <= 0)
		strcpy(text, " BC");
	*until = at - (tm.tm_min * SECS_PER_MINUTE + tm.tm_sec) * USECS_PER_SEC - fsec + USECS_PER_HOUR;
	if (zone != NULL)
		*until = offset_changes(zone, at, *until);
}

/* The days of a period that is longer than an hour: the first, and that after the last. */
static void
period_days(const Calendar *calendar, TimestampTz at, int *first, int *after)
{
	int			months = calendar->unit == CALENDAR_YEAR ? MONTHS_PER_YEAR :
		calendar->unit == CALENDAR_QUARTER ? MONTHS_PER_YEAR / 4 : 1;
	int			year;
	int			month;
	int			day;

	*first = julian_day(calendar->zone, at);
	*after = *first + 1;
	if (calendar->unit == CALENDAR_DAY)
		return;
	if (calendar->unit == CALENDAR_WEEK)
	{
		*first -= (j2day(*first) + DAYS_PER_WEEK - calendar->week_begins) % DAYS_PER_WEEK;
		*after = *first + DAYS_PER_WEEK;
		return;
	}
	j2date(*first, &year, &month, &day);
	month -= (month - 1) % months;
	*first = date2j(year, month, 1);
	*after = month + months > MONTHS_PER_YEAR ? date2j(year + 1, 1, 1) :
		date2j(year, month + months, 1);
}

void
calendar_period(const Calendar *calendar, TimestampTz at, char *text, TimestampTz *until)
{
	int			first;
	int			after;
	int			year;
	int			month;
	int			day;

	if (calendar->unit == CALENDAR_HOUR)
	{
		hour_period(calendar->zone, at, text, until);
		return;
	}
	period_days(calendar, at, &first, &after);
	j2date(first, &year, &month, &day);
	snprintf(text, CALENDAR_TEXT_SIZE, "%04d-%02d-%02d%s",
			 year > 0 ? year : 1 - year, month, day, year > 0 ? "" : " BC");
	*until = day_begins(after, calendar->zone);
}
