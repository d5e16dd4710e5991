/*
 * touchpoint.c
 *		What every touchpoint must be, wherever it comes from.
 */
#include "postgres.h"

#include <math.h>

#include "utils/timestamp.h"

#include "type/touchpoint.h"

void
journey_check_time(TimestampTz at)
{
	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("time of a touchpoint must be finite"),
				 errdetail("It is %s.", TIMESTAMP_IS_NOBEGIN(at) ? "-infinity" : "infinity")));
	if (!IS_VALID_TIMESTAMP(at))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
}

void
journey_check_event(uint32 length)
{
	if (length == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("event of a touchpoint must not be empty"),
				 errhint("Rows whose event is null are skipped: nullif(event, '') makes it so.")));
}

double
journey_check_number(double number, const char *what)
{
	if (!isfinite(number))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s of a touchpoint must be a finite number", what),
				 errdetail("It is %s.", isnan(number) ? "NaN" :
						   number > 0 ? "Infinity" : "-Infinity")));
	return number + 0.0;		/* -0 + 0 = 0 */
}
