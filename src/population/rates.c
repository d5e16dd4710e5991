/*
 * rates.c
 *		How sure is a rate, and do two rates differ?
 *
 * One rate: the score interval of Wilson (1927), which stays between 0 and 1
 * and is right for small numbers too.  Two rates: the hybrid score interval of
 * Newcombe (Statistics in Medicine 17, 1998, pages 873-890, method 10), made of
 * the Wilson intervals of both, and the two-sided z test with pooled variance.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"

#include "population/rates.h"
#include "type/row.h"

PG_FUNCTION_INFO_V1(compare_rates);

#define Z_95	1.959963984540054	/* of a two-sided 95 % interval */

void
rate_interval(double some, double all, double *low, double *high)
{
	double		rate = some / all;
	double		z2 = Z_95 * Z_95 / all;
	double		middle = (rate + z2 / 2) / (1 + z2);
	double		half = Z_95 * sqrt(rate * (1 - rate) / all + z2 / (4 * all)) / (1 + z2);

	/* exact at the ends, where rounding would not be */
	*low = some <= 0 ? 0 : Max(middle - half, 0);
	*high = some >= all ? 1 : Min(middle + half, 1);
}

void
net_rate_interval(double plus, double minus, double all, double *low, double *high)
{
	double		for_it = (plus + 0.75) / (all + 3);
	double		against = (minus + 0.75) / (all + 3);
	double		middle = for_it - against;
	double		half = Z_95 * sqrt((for_it + against - middle * middle) / (all + 3));

	*low = Max(middle - half, -1);
	*high = Min(middle + half, 1);
}

static void
check_rate(int64 converted, int64 total, const char *group)
{
	if (converted < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("converted_%s must not be negative", group),
				 errdetail("It is %lld.", (long long) converted)));
	if (total < converted)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("converted_%s must not be more than total_%s", group, group),
				 errdetail("They are %lld and %lld.", (long long) converted, (long long) total)));
}

/* Two-sided p-value of "both rates are the same". */
static double
pooled_p_value(double some_a, double all_a, double some_b, double all_b)
{
	double		rate = (some_a + some_b) / (all_a + all_b);
	double		error = sqrt(rate * (1 - rate) * (1 / all_a + 1 / all_b));

	if (error == 0)
		return 1;				/* all converted, or none: no difference */
	return erfc(fabs(some_b / all_b - some_a / all_a) / error / sqrt(2.0));
}

static const RowColumn rate_columns[] = {
	{"difference", FLOAT8OID},
	{"low", FLOAT8OID},
	{"high", FLOAT8OID},
	{"p_value", FLOAT8OID}
};

/*
 * compare_rates(converted_a, total_a, converted_b, total_b): one row
 * (difference, low, high, p_value), the difference being b's rate minus a's.
 */
Datum
compare_rates(PG_FUNCTION_ARGS)
{
	int64		converted_a = PG_GETARG_INT64(0);
	int64		total_a = PG_GETARG_INT64(1);
	int64		converted_b = PG_GETARG_INT64(2);
	int64		total_b = PG_GETARG_INT64(3);
	TupleDesc	desc = row_of_call(fcinfo, rate_columns, lengthof(rate_columns));
	Datum		values[lengthof(rate_columns)] = {0};
	bool		nulls[lengthof(rate_columns)] = {true, true, true, true};

	check_rate(converted_a, total_a, "a");
	check_rate(converted_b, total_b, "b");
	if (total_a > 0 && total_b > 0)
	{
		double		a = (double) converted_a / (double) total_a;
		double		b = (double) converted_b / (double) total_b;
		double		a_low,
					a_high,
					b_low,
					b_high;

		rate_interval(converted_a, total_a, &a_low, &a_high);
		rate_interval(converted_b, total_b, &b_low, &b_high);
		values[0] = Float8GetDatum(b - a);
		values[1] = Float8GetDatum(b - a - hypot(b - b_low, a_high - a));
		values[2] = Float8GetDatum(b - a + hypot(b_high - b, a - a_low));
		values[3] = Float8GetDatum(pooled_p_value(converted_a, total_a, converted_b, total_b));
		memset(nulls, false, sizeof(nulls));
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}
