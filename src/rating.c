/*
 * rating.c
 *		Ratings of many: net promoter score, satisfaction, effort.
 *
 * States are arrays of three counts, a type that any plan can hand on: promoters, passives and
 * detractors; or responses, those satisfied, and the top of the scale, 0 until there is one.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include "population/rates.h"
#include "type/row.h"

PG_FUNCTION_INFO_V1(nps_transition);
PG_FUNCTION_INFO_V1(nps_combine);
PG_FUNCTION_INFO_V1(nps_final);
PG_FUNCTION_INFO_V1(nps_summary_final);
PG_FUNCTION_INFO_V1(csat_transition);
PG_FUNCTION_INFO_V1(csat_combine);
PG_FUNCTION_INFO_V1(csat_final);
PG_FUNCTION_INFO_V1(csat_summary_final);
PG_FUNCTION_INFO_V1(ces_transition);

enum
{
	PROMOTERS,
	PASSIVES,
	DETRACTORS,
	COUNTS
};

enum
{
	RESPONSES,
	SATISFIED,
	TOP
};

/* Its counts, none negative and no sum too large, though anybody may have made the array. */
static int64 *
counts_of(ArrayType *state)
{
	int64	   *count = (int64 *) ARR_DATA_PTR(state);
	bool		good = ARR_NDIM(state) == 1 && ARR_DIMS(state)[0] == COUNTS &&
		!ARR_HASNULL(state) && ARR_ELEMTYPE(state) == INT8OID;

	for (int i = 0; good && i < COUNTS; i++)
		good = count[i] >= 0 && count[i] <= PG_INT64_MAX / COUNTS;
	if (!good)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("state of ratings must be an array of three counts")));
	return count;
}

/* Argument 0, which an aggregate may change where it stands. */
static ArrayType *
state_argument(FunctionCallInfo fcinfo)
{
	return AggCheckCallContext(fcinfo, NULL) ? PG_GETARG_ARRAYTYPE_P(0) :
		PG_GETARG_ARRAYTYPE_P_COPY(0);
}

static void
check_rating(const char *kind, double rating, double bottom, double top)
{
	if (!(rating >= bottom && rating <= top))	/* nor NaN */
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s rating is outside its scale", kind),
				 errdetail("%s is not from %s to %s.", float8out_internal(rating),
						   float8out_internal(bottom), float8out_internal(top))));
}

static Datum
summary(FunctionCallInfo fcinfo, const RowColumn *column, int columns, Datum *values)
{
	TupleDesc	desc = row_of_call(fcinfo, column, columns);
	bool	   *nulls = palloc0(columns * sizeof(bool));

	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

/* ----------
 * Net promoter score: promoters rate 9 or more, detractors less than 7
 * ----------
 */

Datum
nps_transition(PG_FUNCTION_ARGS)
{
	ArrayType  *state = state_argument(fcinfo);
	double		rating = PG_GETARG_FLOAT8(1);

	check_rating("NPS", rating, 0, 10);
	counts_of(state)[rating >= 9 ? PROMOTERS : rating >= 7 ? PASSIVES : DETRACTORS]++;
	PG_RETURN_ARRAYTYPE_P(state);
}

Datum
nps_combine(PG_FUNCTION_ARGS)
{
	ArrayType  *state = state_argument(fcinfo);
	int64	   *count = counts_of(state);
	const int64 *other = counts_of(PG_GETARG_ARRAYTYPE_P(1));

	for (int i = 0; i < COUNTS; i++)
		count[i] += other[i];
	PG_RETURN_ARRAYTYPE_P(state);
}

static double
nps_of(double promoters, double detractors, double responses)
{
	return 100 * (promoters - detractors) / responses;
}

/* nps(score) */
Datum
nps_final(PG_FUNCTION_ARGS)
{
	const int64 *count = counts_of(PG_GETARG_ARRAYTYPE_P(0));
	int64		responses = count[PROMOTERS] + count[PASSIVES] + count[DETRACTORS];

	if (responses == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(nps_of(count[PROMOTERS], count[DETRACTORS], responses));
}

static const RowColumn nps_columns[] = {
	{"responses", INT8OID},
	{"promoters", INT8OID},
	{"passives", INT8OID},
	{"detractors", INT8OID},
	{"nps", FLOAT8OID},
	{"low", FLOAT8OID},
	{"high", FLOAT8OID}
};

/* nps_summary(score) */
Datum
nps_summary_final(PG_FUNCTION_ARGS)
{
	const int64 *count = counts_of(PG_GETARG_ARRAYTYPE_P(0));
	int64		responses = count[PROMOTERS] + count[PASSIVES] + count[DETRACTORS];
	double		low;
	double		high;

	if (responses == 0)
		PG_RETURN_NULL();
	net_rate_interval(count[PROMOTERS], count[DETRACTORS], responses, &low, &high);
	return summary(fcinfo, nps_columns, lengthof(nps_columns), (Datum[]) {
		Int64GetDatum(responses),
		Int64GetDatum(count[PROMOTERS]),
		Int64GetDatum(count[PASSIVES]),
		Int64GetDatum(count[DETRACTORS]),
		Float8GetDatum(nps_of(count[PROMOTERS], count[DETRACTORS], responses)),
		Float8GetDatum(low * 100),
		Float8GetDatum(high * 100)
	});
}

/* ----------
 * Satisfaction: satisfied is who gives one of the two best ratings
 * ----------
 */

/* The scale's top, which all rows of a group share. */
static void
keep_top(int64 *count, int64 top)
{
	if (count[TOP] != 0 && count[TOP] != top)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("top must be the same for all rows of a group"),
				 errdetail("It is %lld, and was %lld.", (long long) top,
						   (long long) count[TOP])));
	count[TOP] = top;
}

Datum
csat_transition(PG_FUNCTION_ARGS)
{
	ArrayType  *state;
	int64	   *count;
	int32		top;

	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("top must not be null")));
	top = PG_GETARG_INT32(2);
	if (top <= 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("top of a CSAT scale must be greater than 2"),
				 errdetail("It is %d.", top),
				 errhint("On a scale of two all ratings are among the two best.")));
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = state_argument(fcinfo);
	count = counts_of(state);
	keep_top(count, top);
	if (!PG_ARGISNULL(1))
	{
		double		rating = PG_GETARG_FLOAT8(1);

		check_rating("CSAT", rating, 1, top);
		count[RESPONSES]++;
		count[SATISFIED] += rating >= top - 1;
	}
	PG_RETURN_ARRAYTYPE_P(state);
}

Datum
csat_combine(PG_FUNCTION_ARGS)
{
	ArrayType  *state = state_argument(fcinfo);
	int64	   *count = counts_of(state);
	const int64 *other = counts_of(PG_GETARG_ARRAYTYPE_P(1));

	if (other[TOP] != 0)
		keep_top(count, other[TOP]);
	count[RESPONSES] += other[RESPONSES];
	count[SATISFIED] += other[SATISFIED];
	PG_RETURN_ARRAYTYPE_P(state);
}

/* csat(score, top) */
Datum
csat_final(PG_FUNCTION_ARGS)
{
	const int64 *count = counts_of(PG_GETARG_ARRAYTYPE_P(0));

	if (count[RESPONSES] == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((double) count[SATISFIED] / (double) count[RESPONSES]);
}

static const RowColumn csat_columns[] = {
	{"responses", INT8OID},
	{"satisfied", INT8OID},
	{"csat", FLOAT8OID},
	{"low", FLOAT8OID},
	{"high", FLOAT8OID}
};

/* csat_summary(score, top) */
Datum
csat_summary_final(PG_FUNCTION_ARGS)
{
	const int64 *count = counts_of(PG_GETARG_ARRAYTYPE_P(0));
	double		low;
	double		high;

	if (count[RESPONSES] == 0)
		PG_RETURN_NULL();
	rate_interval(count[SATISFIED], count[RESPONSES], &low, &high);
	return summary(fcinfo, csat_columns, lengthof(csat_columns), (Datum[]) {
		Int64GetDatum(count[RESPONSES]),
		Int64GetDatum(count[SATISFIED]),
		Float8GetDatum((double) count[SATISFIED] / (double) count[RESPONSES]),
		Float8GetDatum(low),
		Float8GetDatum(high)
	});
}

/* ----------
 * Effort: the mean, and so PostgreSQL's own state of means
 * ----------
 */

Datum
ces_transition(PG_FUNCTION_ARGS)
{
	double		rating = PG_GETARG_FLOAT8(1);

	if (isnan(rating) || isinf(rating))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("CES rating must be finite"),
				 errdetail("It is %s.", float8out_internal(rating))));
	return float8_accum(fcinfo);
}
