/*
 * match.c
 *		Patterns on single journeys: reached, reached_at, ~, attempts,
 *		count_matches, and pattern_steps, which shows how a pattern was read.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/tuplestore.h"

#include "matcher/call.h"
#include "type/codec.h"
#include "type/row.h"

PG_FUNCTION_INFO_V1(reached);
PG_FUNCTION_INFO_V1(reached_at);
PG_FUNCTION_INFO_V1(journey_matches);
PG_FUNCTION_INFO_V1(journey_matches_not);
PG_FUNCTION_INFO_V1(attempts);
PG_FUNCTION_INFO_V1(count_matches);
PG_FUNCTION_INFO_V1(pattern_steps);

static PatternCall *
begin(FunctionCallInfo fcinfo, const char *function, int columns)
{
	return pattern_call_begin(fcinfo, function, pattern_refuse_by, columns);
}

/* reached(journey, pattern text) -> int: the furthest step of any chain */
Datum
reached(PG_FUNCTION_ARGS)
{
	PatternCall *call = begin(fcinfo, "reached", 0);
	int			result = matcher_reached(call->matcher);

	pattern_call_end(call);
	PG_RETURN_INT32(result);
}

/*
 * reached_at(journey, pattern text) -> timestamptz[]: when the reported chain
 * reached each step; null for steps without a touchpoint
 */
Datum
reached_at(PG_FUNCTION_ARGS)
{
	PatternCall *call = begin(fcinfo, "reached_at", 0);
	Datum		at[PATTERN_MAX_ELEMENTS];
	bool		nulls[PATTERN_MAX_ELEMENTS];
	int			lower = 1;
	Chain		chain;

	matcher_chain(call->matcher, &chain);
	for (int i = 0; i < chain.reached; i++)
	{
		nulls[i] = chain.touchpoint[i] < 0;
		at[i] = nulls[i] ? (Datum) 0 : TimestampTzGetDatum(call->columns->at[chain.touchpoint[i]]);
	}
	pattern_call_end(call);
	if (chain.reached == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(TIMESTAMPTZOID));
	PG_RETURN_ARRAYTYPE_P(construct_md_array(at, nulls, 1, &chain.reached, &lower, TIMESTAMPTZOID,
											 sizeof(TimestampTz), FLOAT8PASSBYVAL,
											 TYPALIGN_DOUBLE));
}

/* journey ~ text: were all required steps reached? */
Datum
journey_matches(PG_FUNCTION_ARGS)
{
	PatternCall *call = begin(fcinfo, "operator ~", 0);
	bool		result = matcher_matches(call->matcher);

	pattern_call_end(call);
	PG_RETURN_BOOL(result);
}

/* journey !~ text */
Datum
journey_matches_not(PG_FUNCTION_ARGS)
{
	PatternCall *call = begin(fcinfo, "operator !~", 0);
	bool		result = !matcher_matches(call->matcher);

	pattern_call_end(call);
	PG_RETURN_BOOL(result);
}

/* ----------
 * Attempts
 * ----------
 */

static const RowColumn attempt_columns[] = {
	{"attempt", INT4OID},
	{"started_at", TIMESTAMPTZOID},
	{"ended_at", TIMESTAMPTZOID},
	{"reached", INT4OID},
	{"completed", BOOLOID},
	{"entry_channel", TEXTOID},
	{"seconds", FLOAT8OID},
	{"value", FLOAT8OID},
	{"journey", InvalidOid}
};

/* The values of what served a step, added up; NaN if there are none. */
static double
sum_values(const JourneyColumns *columns, int steps, const Chain *chain)
{
	double		sum = get_float8_nan();

	for (int i = 0; i < steps; i++)
	{
		double		value;

		if (chain->touchpoint[i] < 0)
			continue;
		value = COLUMN_VALUE_AT(columns, chain->touchpoint[i]);
		if (!isnan(value))
			sum = isnan(sum) ? value : sum + value;
	}
	if (isinf(sum))
		float_overflow_error();
	return sum;
}

/* What lies between start and end, both included, or as long as it was open. */
static Datum
attempt_journey(const JourneyColumns *columns, const Pattern *pattern, const Chain *chain)
{
	int64		first = times_lower_bound(columns->at, columns->count, chain->started_at);
	TimestampTz last = chain->ended_at;
	int64		end;

	if (!chain->completed &&
		(pattern->window == PATTERN_NO_LIMIT ||
		 pg_add_s64_overflow(chain->started_at, pattern->window, &last)))
		last = DT_NOEND - 1;
	end = times_lower_bound(columns->at, columns->count, last + 1);
	return PointerGetDatum(journey_encode_range(columns, first, end));
}

static void
put_attempt(ReturnSetInfo *rsinfo, const JourneyColumns *columns, const Pattern *pattern,
			int number, const Chain *chain)
{
	Datum		values[lengthof(attempt_columns)];
	bool		nulls[lengthof(attempt_columns)] = {false};
	double		value = sum_values(columns, pattern->steps, chain);

	nulls[7] = isnan(value);
	values[0] = Int32GetDatum(number);
	values[1] = TimestampTzGetDatum(chain->started_at);
	values[2] = TimestampTzGetDatum(chain->ended_at);
	values[3] = Int32GetDatum(chain->reached);
	values[4] = BoolGetDatum(chain->completed);
	row_put_label(columns, COLUMN_CHANNEL_AT(columns, chain_entry(chain)), &values[5], &nulls[5]);
	values[6] = Float8GetDatum((double) ((uint64) chain->ended_at - (uint64) chain->started_at) /
							   USECS_PER_SEC);
	values[7] = Float8GetDatum(value);
	values[8] = attempt_journey(columns, pattern, chain);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/*
 * attempts(journey, pattern text): a row for each completed chain, the next
 * one at later instants only, and last for the furthest unfinished one
 */
Datum
attempts(PG_FUNCTION_ARGS)
{
	PatternCall *call;
	Chain		chain;
	MemoryContext row;
	MemoryContext old;

	row_set_of_call(fcinfo, attempt_columns, lengthof(attempt_columns));
	call = begin(fcinfo, "attempts", COLUMN_ALL);
	row = AllocSetContextCreate(CurrentMemoryContext, "journey attempt", ALLOCSET_SMALL_SIZES);
	for (int number = 1;; number++)
	{
		CHECK_FOR_INTERRUPTS();
		matcher_chain(call->matcher, &chain);
		if (chain.reached == 0)
			break;
		old = MemoryContextSwitchTo(row);
		put_attempt((ReturnSetInfo *) fcinfo->resultinfo, call->columns, call->pattern, number,
					&chain);
		MemoryContextSwitchTo(old);
		MemoryContextReset(row);
		if (!chain.completed)
			break;
		matcher_restart_after(call->matcher, chain.ended_at);
	}
	MemoryContextDelete(row);
	pattern_call_end(call);
	return (Datum) 0;
}

/* count_matches(journey, pattern text) -> int: completed chains one after another */
Datum
count_matches(PG_FUNCTION_ARGS)
{
	PatternCall *call = begin(fcinfo, "count_matches", 0);
	Chain		chain;
	int32		count = 0;

	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		matcher_chain(call->matcher, &chain);
		if (!chain.completed)
			break;
		count++;
		matcher_restart_after(call->matcher, chain.ended_at);
	}
	pattern_call_end(call);
	PG_RETURN_INT32(count);
}

/* ----------
 * How a pattern was read
 * ----------
 */

static Datum
interval_of(int64 microseconds)
{
	Interval   *interval = palloc0(sizeof(Interval));

	interval->day = microseconds / USECS_PER_DAY;
	interval->time = microseconds % USECS_PER_DAY;
	return IntervalPGetDatum(interval);
}

static const RowColumn step_columns[] = {
	{"step", INT4OID},
	{"kind", TEXTOID},
	{"stage", TEXTOID},
	{"arrow", TEXTOID},
	{"matches", TEXTOID},
	{"at_most", INTERVALOID}
};

/* One row of pattern_steps; what is NULL or no limit is null. */
static void
put_step(ReturnSetInfo *rsinfo, int step, const char *kind, const char *stage,
		 const char *arrow, const char *matches, int64 at_most)
{
	Datum		values[lengthof(step_columns)];
	bool		nulls[lengthof(step_columns)] = {false};

	nulls[0] = step == 0;
	nulls[2] = stage == NULL;
	nulls[3] = arrow == NULL;
	nulls[4] = matches == NULL;
	nulls[5] = at_most == PATTERN_NO_LIMIT;
	values[0] = Int32GetDatum(step);
	values[1] = CStringGetTextDatum(kind);
	values[2] = nulls[2] ? (Datum) 0 : CStringGetTextDatum(stage);
	values[3] = nulls[3] ? (Datum) 0 : CStringGetTextDatum(arrow);
	values[4] = nulls[4] ? (Datum) 0 : CStringGetTextDatum(matches);
	values[5] = nulls[5] ? (Datum) 0 : interval_of(at_most);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static void
put_elements(ReturnSetInfo *rsinfo, const Pattern *pattern)
{
	for (int i = 0; i < pattern->elements; i++)
	{
		const PatternElement *element = &pattern->element[i];
		const PatternStep *step = &pattern->step[element->step];
		const char *kind = element->optional ? "optional" : "required";
		const char *arrow = pattern->set ? "&" : element->next ? "=>" : "->";

		if (element->exclusion)
			kind = step->trailing ? "absent after" : "absent between";
		put_step(rsinfo, element->step + 1, kind,
				 element->exclusion && !step->trailing ? NULL : step->name,
				 i == 0 ? NULL : arrow, pattern_choice_text(pattern->term, pattern->terms, i),
				 element->limit);
	}
}

static void
put_clauses(ReturnSetInfo *rsinfo, const Pattern *pattern)
{
	if (pattern->window != PATTERN_NO_LIMIT)
		put_step(rsinfo, 0, "within", NULL, NULL, NULL, pattern->window);
	if (pattern->from_first)
		put_step(rsinfo, 0, "from first", NULL, NULL, NULL, PATTERN_NO_LIMIT);
	if (pattern->same_channel)
		put_step(rsinfo, 0, "same channel", NULL, NULL, NULL, PATTERN_NO_LIMIT);
	if (pattern->by != BY_NOTHING)
		put_step(rsinfo, 0, "by", NULL, NULL, pattern_by_text(pattern), PATTERN_NO_LIMIT);
}

/* pattern_steps(pattern text): a row for each step, exclusion and clause */
Datum
pattern_steps(PG_FUNCTION_ARGS)
{
	text	   *source = PG_GETARG_TEXT_PP(0);
	Pattern    *pattern;

	row_set_of_call(fcinfo, step_columns, lengthof(step_columns));
	pattern = pattern_parse(VARDATA_ANY(source), VARSIZE_ANY_EXHDR(source));
	put_elements((ReturnSetInfo *) fcinfo->resultinfo, pattern);
	put_clauses((ReturnSetInfo *) fcinfo->resultinfo, pattern);
	return (Datum) 0;
}
