/*
 * interval.c
 *		Intervals that always take the same time.
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "pattern/interval.h"

static char *
shown(const Interval *interval)
{
	return DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(interval)));
}

uint64
span_microseconds(const Interval *interval, const char *argument)
{
	int64		span;

	if (INTERVAL_NOT_FINITE(interval))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be finite", argument),
				 errdetail("It is %s.", shown(interval))));
	if (interval->month != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s must not contain months or years", argument),
				 errdetail("It is %s; months differ in length.", shown(interval)),
				 errhint("Use days or weeks; a day is 24 hours.")));
	if (pg_mul_s64_overflow(interval->day, USECS_PER_DAY, &span) ||
		pg_add_s64_overflow(span, interval->time, &span))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("%s is out of range", argument),
				 errdetail("It is %s.", shown(interval))));
	if (span < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative", argument),
				 errdetail("It is %s.", shown(interval))));
	return span;
}

void
span_refuse_null(const char *argument)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("%s must not be null", argument)));
}

uint64
span_argument(FunctionCallInfo fcinfo, int number, const char *argument)
{
	if (PG_ARGISNULL(number))
		span_refuse_null(argument);
	return span_microseconds(PG_GETARG_INTERVAL_P(number), argument);
}
