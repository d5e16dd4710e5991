/*
 * shim_time.c
 *		The calendar of a server: the proleptic Gregorian one, and time zones
 *		that are a whole number of hours off.  See shim.c.
 */
#include "shim.h"

#include "common/int.h"
#include "pgtime.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

const int	day_tab[2][13] = {
	{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0},
	{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0}
};

/* Days of whole years from 4800 BC, in which 400 years have 146097 days. */
#define DAYS_BEFORE(year) \
	((year) * INT64CONST(365) + (year) / 4 - (year) / 100 + (year) / 400)

/* 4800-03-01 BC is this Julian day. */
#define FIRST_DAY	(-32044)

int
date2j(int year, int month, int day)
{
	int			from_march = (month + 9) % 12;
	int64		y = (int64) year + 4800 - (month < 3);

	return (int) (DAYS_BEFORE(y) + (153 * from_march + 2) / 5 + day - 1 + FIRST_DAY);
}

void
j2date(int julian, int *year, int *month, int *day)
{
	int64		days = (int64) julian - FIRST_DAY;
	int64		y = days * 400 / 146097;
	int			from_march;
	int			rest;

	while (DAYS_BEFORE(y) > days)
		y--;
	while (DAYS_BEFORE(y + 1) <= days)
		y++;
	rest = (int) (days - DAYS_BEFORE(y));
	from_march = (5 * rest + 2) / 153;
	*day = rest - (153 * from_march + 2) / 5 + 1;
	*month = (from_march + 2) % 12 + 1;
	*year = (int) (y - 4800) + (*month < 3);
}

int
j2day(int julian)
{
	int			day = (julian + 1) % 7;

	return day < 0 ? day + 7 : day;
}

/* A zone is its offset in hours. */
struct pg_tz
{
	int			hours;
};

pg_tz *
pg_tzset(const char *name)
{
	static pg_tz zone[24];
	int			hours = 0;

	if (*name < 'A' || *name > 'Z')
		return NULL;
	for (; *name; name++)
		hours = (hours + (unsigned char) *name) % 24;
	zone[hours].hours = hours - 12;
	return &zone[hours];
}

const char *
pg_get_timezone_name(pg_tz *zone)
{
	return "Zone";
}

bool
pg_tz_acceptable(pg_tz *zone)
{
	return true;
}

int
DetermineTimeZoneOffset(struct pg_tm *tm, pg_tz *zone)
{
	return -zone->hours * SECS_PER_HOUR;
}

/* Clocks are never set. */
int
pg_next_dst_boundary(const pg_time_t *at, long int *before, int *before_is_dst,
					 pg_time_t *boundary, long int *after, int *after_is_dst, const pg_tz *zone)
{
	return 0;
}

int
timestamp2tm(Timestamp at, int *offset, struct pg_tm *tm, fsec_t *fsec, const char **name,
			 pg_tz *zone)
{
	int64		local = at + (zone ? zone->hours * USECS_PER_HOUR : 0);
	int64		days = local / USECS_PER_DAY;
	int64		rest = local % USECS_PER_DAY;

	if (!IS_VALID_TIMESTAMP(at))
		return -1;
	if (rest < 0)
	{
		days--;
		rest += USECS_PER_DAY;
	}
	memset(tm, 0, sizeof(*tm));
	j2date((int) days + POSTGRES_EPOCH_JDATE, &tm->tm_year, &tm->tm_mon, &tm->tm_mday);
	tm->tm_hour = rest / USECS_PER_HOUR;
	tm->tm_min = rest / USECS_PER_MINUTE % MINS_PER_HOUR;
	tm->tm_sec = rest / USECS_PER_SEC % SECS_PER_MINUTE;
	*fsec = rest % USECS_PER_SEC;
	if (offset)
		*offset = zone ? DetermineTimeZoneOffset(tm, zone) : 0;
	return 0;
}

/* Of the beginning of a day. */
int
tm2timestamp(struct pg_tm *tm, fsec_t fsec, int *offset, Timestamp *result)
{
	int64		days = (int64) date2j(tm->tm_year, tm->tm_mon, tm->tm_mday) - POSTGRES_EPOCH_JDATE;

	if (pg_mul_s64_overflow(days, USECS_PER_DAY, result) ||
		pg_add_s64_overflow(*result, *offset * USECS_PER_SEC, result) ||
		!IS_VALID_TIMESTAMP(*result))
		return -1;
	return 0;
}
