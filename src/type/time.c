/*
 * time.c
 *		Times as journeys write and read them: ISO 8601, in UTC, independent of
 *		every setting.
 *
 * PostgreSQL's own timestamptz input and output depend on TimeZone and
 * DateStyle, so text I/O built on them could not be IMMUTABLE.
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/datetime.h"

#include "type/time_private.h"

#define MAX_OFFSET_HOURS	15

typedef struct DateText
{
	int			year;
	int			month;
	int			day;
	int			hour;
	int			minute;
	int			second;
	int			microsecond;	/* up to 1 000 000 when rounded up */
	int64		offset;			/* seconds east of Greenwich */
} DateText;

static char *
put_digits(char *p, int number, int digits)
{
	for (int i = digits - 1; i >= 0; i--, number /= 10)
		p[i] = '0' + number % 10;
	return p + digits;
}

static char *
put_year(char *p, int year)
{
	int			digits = 4;

	if (year < 0)
		*p++ = '-';
	else if (year > 9999)
		*p++ = '+';
	year = abs(year);
	for (int rest = year / 10000; rest > 0; rest /= 10)
		digits++;
	return put_digits(p, year, digits);
}

char *
journey_put_time(char *p, TimestampTz at, bool json)
{
	int64		days = at / USECS_PER_DAY;
	int64		time = at % USECS_PER_DAY;
	int			fraction;
	int			year;
	int			month;
	int			day;

	if (time < 0)
	{
		time += USECS_PER_DAY;
		days--;
	}
	j2date((int) days + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	p = put_year(p, year);
	*p++ = '-';
	p = put_digits(p, month, 2);
	*p++ = '-';
	p = put_digits(p, day, 2);
	*p++ = json ? 'T' : ' ';
	p = put_digits(p, time / USECS_PER_HOUR, 2);
	*p++ = ':';
	p = put_digits(p, time / USECS_PER_MINUTE % 60, 2);
	*p++ = ':';
	p = put_digits(p, time / USECS_PER_SEC % 60, 2);
	fraction = time % USECS_PER_SEC;
	if (fraction != 0)
	{
		*p++ = '.';
		p = put_digits(p, fraction, 6);
		while (p[-1] == '0')
			p--;
	}
	strcpy(p, json ? "+00:00" : "+00");
	return p + strlen(p);
}

/* Reads so many digits, at least "least" and at most "most". */
static bool
get_digits(const char **position, int least, int most, int *number)
{
	const char *p = *position;
	int			digits = 0;

	*number = 0;
	while (digits < most && *p >= '0' && *p <= '9')
	{
		*number = *number * 10 + (*p++ - '0');
		digits++;
	}
	if (digits < least)
		return false;
	*position = p;
	return true;
}

static bool
get_char(const char **position, char wanted)
{
	if (**position != wanted)
		return false;
	(*position)++;
	return true;
}

static bool
get_date(const char **position, DateText *date)
{
	bool		negative = false;
	bool		sign = **position == '+' || **position == '-';

	if (sign)
	{
		negative = **position == '-';
		(*position)++;
	}
	if (!get_digits(position, 4, sign ? 6 : 4, &date->year))
		return false;
	if (negative)
		date->year = -date->year;
	return get_char(position, '-') &&
		get_digits(position, 2, 2, &date->month) &&
		get_char(position, '-') &&
		get_digits(position, 2, 2, &date->day);
}

/* hh:mm, perhaps with seconds, perhaps with a fraction of any length */
static bool
get_clock(const char **position, DateText *date)
{
	if (!get_digits(position, 2, 2, &date->hour) ||
		!get_char(position, ':') ||
		!get_digits(position, 2, 2, &date->minute))
		return false;
	if (!get_char(position, ':'))
		return true;
	if (!get_digits(position, 2, 2, &date->second))
		return false;
	if (get_char(position, '.'))
	{
		const char *start = *position;

		if (!get_digits(position, 1, 6, &date->microsecond))
			return false;
		for (int i = *position - start; i < 6; i++)
			date->microsecond *= 10;
		if (**position >= '5' && **position <= '9')
			date->microsecond++;
		while (**position >= '0' && **position <= '9')
			(*position)++;
	}
	return true;
}

/* Z, +hh, +hhmm, +hh:mm or +hh:mm:ss */
static TimeError
get_offset(const char **position, DateText *date)
{
	int			hours;
	int			minutes = 0;
	int			seconds = 0;
	bool		negative;
	bool		colon;

	if (get_char(position, 'Z') || get_char(position, 'z'))
		return TIME_OK;
	negative = **position == '-';
	if (**position != '+' && !negative)
		return TIME_NO_OFFSET;
	(*position)++;
	if (!get_digits(position, 2, 2, &hours))
		return TIME_NO_OFFSET;
	colon = get_char(position, ':');
	if (!get_digits(position, 2, 2, &minutes) && colon)
		return TIME_NO_OFFSET;
	if (colon && get_char(position, ':') && !get_digits(position, 2, 2, &seconds))
		return TIME_NO_OFFSET;
	if (hours > MAX_OFFSET_HOURS || minutes > 59 || seconds > 59)
		return TIME_FIELD;
	date->offset = hours * SECS_PER_HOUR + minutes * SECS_PER_MINUTE + seconds;
	if (negative)
		date->offset = -date->offset;
	return TIME_OK;
}

/* Are these a day and a time of day?  24:00 and a leap second are. */
static bool
is_time(const DateText *date)
{
	if (date->month < 1 || date->month > 12 ||
		date->day < 1 || date->day > day_tab[isleap(date->year)][date->month - 1])
		return false;
	if (date->hour == 24)
		return date->minute == 0 && date->second == 0 && date->microsecond == 0;
	return date->hour < 24 && date->minute < 60 && date->second <= 60;
}

static bool
make_timestamp(const DateText *date, TimestampTz *at)
{
	int64		time;
	int64		days;

	if (!IS_VALID_JULIAN(date->year, date->month, date->day))
		return false;
	days = (int64) date2j(date->year, date->month, date->day) - POSTGRES_EPOCH_JDATE;
	time = ((date->hour * MINS_PER_HOUR + date->minute) * SECS_PER_MINUTE + date->second -
			date->offset) * USECS_PER_SEC + date->microsecond;
	return !pg_mul_s64_overflow(days, USECS_PER_DAY, at) &&
		!pg_add_s64_overflow(*at, time, at) &&
		IS_VALID_TIMESTAMP(*at);
}

TimeError
journey_get_time(const char **position, TimestampTz *at, const char **expected)
{
	const char *start = *position;
	DateText	date = {0};
	TimeError	error;

	if (!get_date(position, &date))
	{
		*expected = "a date such as 2026-03-01";
		return TIME_SYNTAX;
	}
	if (**position == 'T' || **position == 't')
		(*position)++;
	else if (**position == ' ')
		while (**position == ' ')
			(*position)++;
	else
	{
		*expected = "\"T\" or a blank and a time of day";
		return TIME_SYNTAX;
	}
	if (!get_clock(position, &date))
	{
		*expected = "a time of day such as 09:00:00";
		return TIME_SYNTAX;
	}
	error = get_offset(position, &date);
	if (error == TIME_NO_OFFSET)
	{
		*expected = "an offset from UTC such as +00, +05:30 or Z";
		return error;
	}
	if (error == TIME_OK && !is_time(&date))
		error = TIME_FIELD;
	if (error == TIME_OK && !make_timestamp(&date, at))
		error = TIME_RANGE;
	if (error != TIME_OK)
	{
		*position = start;
		*expected = (error == TIME_FIELD) ? "a date and time that exist" :
			"a time from 4713 BC to 294276 AD";
	}
	return error;
}

int
journey_time_sqlstate(TimeError error)
{
	switch (error)
	{
		case TIME_FIELD:
			return ERRCODE_DATETIME_FIELD_OVERFLOW;
		case TIME_RANGE:
			return ERRCODE_DATETIME_VALUE_OUT_OF_RANGE;
		default:
			return ERRCODE_INVALID_TEXT_REPRESENTATION;
	}
}
