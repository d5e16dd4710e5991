/*
 * tally_run.h
 *		What is done with every tally, and what its analysis must say of it.
 */
#ifndef JOURNEY_FUZZ_TALLY_RUN_H
#define JOURNEY_FUZZ_TALLY_RUN_H

#include "tally.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/timestamp.h"

#include "population/population_private.h"

extern Datum journey_in(PG_FUNCTION_ARGS);
extern Datum journey_tally_combine(PG_FUNCTION_ARGS);

/* ----------
 * Funnels
 * ----------
 */

/* Columns of funnel_stage. */
enum
{
	STEP = 1,
	CUSTOMERS = 3,
	FROM_START,
	FROM_PREVIOUS,
	DROP_OFF,
	DROP_OFF_RATE,
	SKIPPED,
	TOUCHPOINTS,
	AVG_SECONDS,
	MEDIAN_SECONDS,
	P90_SECONDS,
	MEDIAN_FROM_START,
	VALUE,
	LOW,
	HIGH
};

/* Counts of all rows of an answer. */
typedef struct Counted
{
	double		customers;
	uint64		sessions;
	uint64		touchpoints;
} Counted;

static Counted counted;

static inline bool
is_rate(const Datum *values, const bool *nulls, int column)
{
	double		rate = DatumGetFloat8(values[column]);

	return nulls[column] || (rate >= 0 && rate <= 1);
}

/* Null, or no less than another column. */
static inline bool
is_after(const Datum *values, const bool *nulls, int column, int other)
{
	return nulls[column] || nulls[other] ||
		DatumGetFloat8(values[column]) >= DatumGetFloat8(values[other]);
}

/* Whatever was counted, a row of a funnel makes sense. */
static inline void
check_stage(const Datum *values, const bool *nulls)
{
	static int64 before;
	int64		customers = DatumGetInt64(values[CUSTOMERS]);
	bool		first = DatumGetInt32(values[STEP]) == 1;

	fuzz_check(customers >= 0 && (first || customers <= before),
			   "more customers reach a step than the one before");
	fuzz_check(first == nulls[DROP_OFF] &&
			   (first || DatumGetInt64(values[DROP_OFF]) == before - customers),
			   "those who drop off are not those who come no further");
	before = customers;
	fuzz_check(is_rate(values, nulls, FROM_START) && is_rate(values, nulls, FROM_PREVIOUS) &&
			   is_rate(values, nulls, DROP_OFF_RATE) &&
			   is_rate(values, nulls, LOW) && is_rate(values, nulls, HIGH),
			   "a rate is not between 0 and 1");
	fuzz_check(is_after(values, nulls, FROM_START, LOW) && is_after(values, nulls, HIGH, FROM_START),
			   "a rate is outside its interval");
	fuzz_check(DatumGetInt64(values[SKIPPED]) >= 0 && DatumGetInt64(values[TOUCHPOINTS]) >= 0,
			   "a count is below zero");
	fuzz_check(nulls[P90_SECONDS] == nulls[MEDIAN_SECONDS], "a percentile is missing");
	fuzz_check(is_after(values, nulls, P90_SECONDS, MEDIAN_SECONDS), "percentiles fall");
	fuzz_check((nulls[AVG_SECONDS] || DatumGetFloat8(values[AVG_SECONDS]) >= 0) &&
			   (nulls[MEDIAN_FROM_START] || DatumGetFloat8(values[MEDIAN_FROM_START]) >= 0),
			   "a time is below zero");
	fuzz_check(nulls[VALUE] || isfinite(DatumGetFloat8(values[VALUE])), "a sum is no number");
	counted.customers += customers;
}

/* Every customer counts, but may reach no step. */
static inline void
check_added_stages(const Counted *before)
{
	fuzz_check(counted.customers >= before->customers, "customers go when one is added");
}

/* ----------
 * Summaries of sessions
 * ----------
 */

/* Columns of session_stats. */
enum
{
	SESSION_CUSTOMERS,
	SESSIONS,
	SESSION_TOUCHPOINTS = 3,
	AVG_TOUCHPOINTS,
	MEDIAN_TOUCHPOINTS,
	P90_TOUCHPOINTS,
	SESSION_AVG_SECONDS,
	SESSION_MEDIAN_SECONDS,
	SESSION_P90_SECONDS,
	BOUNCED,
	SUM_OF_VALUES = 12
};

/* Whatever was counted, a row of a summary makes sense. */
static inline void
check_summary(const Datum *values, const bool *nulls)
{
	fuzz_check(DatumGetInt64(values[SESSION_CUSTOMERS]) >= 0 && DatumGetInt64(values[SESSIONS]) >= 0 &&
			   DatumGetInt64(values[SESSION_TOUCHPOINTS]) >= 0 && DatumGetInt64(values[BOUNCED]) >= 0,
			   "a count is below zero");
	fuzz_check(nulls[P90_TOUCHPOINTS] == nulls[MEDIAN_TOUCHPOINTS] &&
			   nulls[SESSION_P90_SECONDS] == nulls[SESSION_MEDIAN_SECONDS], "a percentile is missing");
	fuzz_check(is_after(values, nulls, P90_TOUCHPOINTS, MEDIAN_TOUCHPOINTS),
			   "percentiles of lengths fall");
	fuzz_check(is_after(values, nulls, SESSION_P90_SECONDS, SESSION_MEDIAN_SECONDS),
			   "percentiles of times fall");
	fuzz_check(nulls[SESSION_AVG_SECONDS] || DatumGetFloat8(values[SESSION_AVG_SECONDS]) >= 0,
			   "an average is below zero");
	fuzz_check(nulls[SUM_OF_VALUES] || isfinite(DatumGetFloat8(values[SUM_OF_VALUES])),
			   "a sum is no number");
	counted.customers += DatumGetInt64(values[SESSION_CUSTOMERS]);
	counted.sessions += DatumGetInt64(values[SESSIONS]);
	counted.touchpoints += DatumGetInt64(values[SESSION_TOUCHPOINTS]);
}

/* The one who is added has four touchpoints. */
static inline void
check_added_sessions(const Counted *before)
{
	uint64		sessions = counted.sessions - before->sessions;

	fuzz_check(counted.customers >= before->customers && sessions >= 1 && sessions <= 4 &&
			   counted.touchpoints - before->touchpoints == 4, "a customer who is added does not count");
}

/* ----------
 * Journey maps and pain points
 * ----------
 */

/* Columns of journey_map_stage. */
enum
{
	MAP_POSITION,
	MAP_CUSTOMERS = 3,
	MAP_REACHED = 5,
	MAP_EXITS = 7,
	MAP_EXIT_RATE,
	MAP_TOUCHPOINTS,
	MAP_CHANNELS = 11,
	MAP_TOP_CHANNEL,
	MAP_P10_SCORE = 18,
	MAP_P90_SCORE,
	MAP_MEDIAN_TO_NEXT = 21,
	MAP_P90_TO_NEXT
};

/* Whatever was counted, a row of a map makes sense. */
static inline void
check_map(const Datum *values, const bool *nulls)
{
	static int64 before;
	int64		reached = DatumGetInt64(values[MAP_REACHED]);

	fuzz_check(reached >= 0 && (DatumGetInt32(values[MAP_POSITION]) == 1 || reached <= before),
			   "more customers reach a stage than the one before");
	before = reached;
	fuzz_check(DatumGetInt64(values[MAP_CUSTOMERS]) >= 0 && DatumGetInt64(values[MAP_EXITS]) >= 0 &&
			   DatumGetInt64(values[MAP_TOUCHPOINTS]) >= 0, "a count is below zero");
	fuzz_check(is_rate(values, nulls, MAP_EXIT_RATE), "a rate is not between 0 and 1");
	fuzz_check(nulls[MAP_TOP_CHANNEL] == (DatumGetInt64(values[MAP_CHANNELS]) == 0),
			   "one of the channels is on top, or there is none");
	fuzz_check(nulls[MAP_P10_SCORE] == nulls[MAP_P90_SCORE] &&
			   nulls[MAP_MEDIAN_TO_NEXT] == nulls[MAP_P90_TO_NEXT], "a percentile is missing");
	fuzz_check(is_after(values, nulls, MAP_P90_SCORE, MAP_P10_SCORE) &&
			   is_after(values, nulls, MAP_P90_TO_NEXT, MAP_MEDIAN_TO_NEXT), "percentiles fall");
	counted.touchpoints += DatumGetInt64(values[MAP_TOUCHPOINTS]);
}

/* Columns of pain_point. */
enum
{
	POINT_CUSTOMERS = 3,
	POINT_TOUCHPOINTS,
	POINT_LEFT,
	POINT_PAIN = 9
};

static inline void
check_point(const Datum *values, const bool *nulls)
{
	fuzz_check(DatumGetInt64(values[POINT_CUSTOMERS]) >= 0 &&
			   DatumGetInt64(values[POINT_TOUCHPOINTS]) >= 0 &&
			   DatumGetInt64(values[POINT_LEFT]) >= 0, "a count is below zero");
	fuzz_check(!nulls[POINT_PAIN] && DatumGetFloat8(values[POINT_PAIN]) >= 0 &&
			   isfinite(DatumGetFloat8(values[POINT_PAIN])), "pain is no number");
	counted.touchpoints += DatumGetInt64(values[POINT_TOUCHPOINTS]);
}

/* Of the four touchpoints that are added as many count as have a stage. */
static inline void
check_added_touchpoints(const Counted *before)
{
	fuzz_check(counted.touchpoints - before->touchpoints <= 4,
			   "more touchpoints count than are added");
}

/* ----------
 * Numbers of channels
 * ----------
 */

/* Columns of channel_count. */
enum
{
	COUNT_CUSTOMERS = 1,
	COUNT_CONVERTED,
	COUNT_CONVERSION,
	COUNT_LOW,
	COUNT_HIGH
};

static inline void
check_channels(const Datum *values, const bool *nulls)
{
	int64		customers = DatumGetInt64(values[COUNT_CUSTOMERS]);
	int64		converted = DatumGetInt64(values[COUNT_CONVERTED]);

	fuzz_check(converted >= 0 && converted <= customers, "more customers convert than there are");
	fuzz_check(nulls[COUNT_CONVERSION] == (customers == 0) &&
			   nulls[COUNT_LOW] == nulls[COUNT_CONVERSION], "a rate is missing, or one of nobody");
	fuzz_check(is_rate(values, nulls, COUNT_LOW) && is_rate(values, nulls, COUNT_HIGH) &&
			   is_after(values, nulls, COUNT_CONVERSION, COUNT_LOW) &&
			   is_after(values, nulls, COUNT_HIGH, COUNT_CONVERSION),
			   "a rate is outside its interval");
	counted.customers += customers;
}

static inline void
check_added_customer(const Counted *before)
{
	fuzz_check(counted.customers > before->customers || counted.customers > 9e15,
			   "a customer who is added does not count");
}

/* ----------
 * Answers of any analysis
 * ----------
 */

typedef struct Checks
{
	const char *analysis;
	void		(*row) (const Datum *values, const bool *nulls);
	void		(*added) (const Counted *before);
} Checks;

/* Of others it is only said that there is an answer. */
static const Checks checks[] = {
	{"stage_funnel", check_stage, check_added_stages},
	{"session_summary", check_summary, check_added_sessions},
	{"journey_map", check_map, check_added_touchpoints},
	{"pain_points", check_point, check_added_touchpoints},
	{"omnichannel_summary", check_channels, check_added_customer},
	{NULL}
};

static const Analysis *asked;
static const Checks *check;
static StringInfoData answer;

static inline void
ask(const Analysis *analysis)
{
	asked = analysis;
	fuzz_column = analysis->column;
	fuzz_columns = analysis->columns;
	for (check = checks; check->analysis && strcmp(check->analysis, analysis->name) != 0;)
		check++;
}

static inline void
see_row(const Datum *values, const bool *nulls)
{
	for (int i = 0; i < fuzz_columns; i++)
	{
		appendStringInfoChar(&answer, nulls[i] ? '-' : '+');
		if (nulls[i])
			continue;
		if (fuzz_column[i].type == TEXTOID)
			appendBinaryStringInfo(&answer, DatumGetPointer(values[i]),
								   VARSIZE_ANY(DatumGetPointer(values[i])));
		else
			appendBinaryStringInfo(&answer, (char *) &values[i], sizeof(Datum));
	}
	if (check->row)
		check->row(values, nulls);
}

static inline Datum
call_final(PG_FUNCTION_ARGS)
{
	return population_final(fcinfo, asked);
}

static inline Datum
call_transition(PG_FUNCTION_ARGS)
{
	return population_transition(fcinfo, asked);
}

/* All rows of the answer that a tally gives. */
static inline StringInfoData
answer_of(const Tally *tally)
{
	initStringInfo(&answer);
	memset(&counted, 0, sizeof(counted));
	fuzz_row = see_row;
	fuzz_call(call_final, PointerGetDatum(tally));
	return answer;
}

static inline void
same_answer(const StringInfoData *a, const StringInfoData *b, const char *promise)
{
	fuzz_check(a->len == b->len && memcmp(a->data, b->data, a->len) == 0, promise);
}

static inline Datum
argument_of(const AnalysisArgument *argument, const ArgumentValue *value)
{
	Interval   *interval;

	switch (argument->type)
	{
		case ARGUMENT_TEXT:
			return PointerGetDatum(fuzz_varlena(value->text, value->length));
		case ARGUMENT_INTERVAL:
			interval = palloc0(sizeof(Interval));
			interval->time = value->number;
			return IntervalPGetDatum(interval);
		case ARGUMENT_INTEGER:
			return Int32GetDatum((int32) value->number);
		case ARGUMENT_NUMBER:
			return Float8GetDatum(value->real);
	}
	return (Datum) 0;
}

/* A customer added to what is a state of this definition. */
static inline Tally *
add_customer(const Tally *tally, const TallyDefinition *definition)
{
	static const char journey[] =
		"2026-03-01 09:00Z visit@web, 2026-03-01 10:00Z cart@app =5, "
		"2026-03-02 00:00Z buy@web =9.5 *4, 2026-03-03 00:00Z buy";
	ArgumentValue value[ANALYSIS_MAX_ARGUMENTS];
	NullableDatum argument[2 + ANALYSIS_MAX_ARGUMENTS] = {0};

	population_values_of(asked, definition, value);
	argument[0].value = PointerGetDatum(tally_create(tally));
	argument[1].value = fuzz_call(journey_in, CStringGetDatum(journey));
	for (int i = 0; i < asked->arguments; i++)
	{
		argument[2 + i].value = argument_of(&asked->argument[i], &value[i]);
		argument[2 + i].isnull = value[i].null;
	}
	return (Tally *) DatumGetPointer(fuzz_call_many(call_transition, 2 + asked->arguments, argument));
}

/* If it is of an analysis that there is, rows can be made of it, and a customer added. */
static inline void
tally_answers(void *argument)
{
	Input	   *input = argument;
	const Analysis *analysis = population_find(input->definition.analysis);
	StringInfoData rows;
	Counted		before;

	if (analysis == NULL)
		return;
	ask(analysis);
	rows = answer_of(input->tally);
	before = counted;
	same_answer(&rows, (StringInfoData[]) {answer_of(tally_create(input->tally))},
				"an answer changes when it is given again");
	answer_of(add_customer(input->tally, &input->definition));
	if (check->added)
		check->added(&before);
}

/* What lacks something has counted nothing there. */
static inline void
less_answers(void *argument)
{
	Input	   *input = argument;
	const Analysis *analysis = population_find(input->definition.analysis);
	Tally	   *less;
	Tally	   *whole;
	Tally	   *sum;
	StringInfoData rows;

	if (analysis == NULL)
		return;
	ask(analysis);
	less = copy_tally(input, &input->less, &input->less);
	whole = tally_define(&input->definition);
	tally_merge(&whole, less);
	rows = answer_of(whole);
	same_answer(&rows, (StringInfoData[]) {answer_of(less)},
				"what lacks something gives another answer");
	whole = tally_create(input->tally);
	tally_merge(&whole, less);
	rows = answer_of(whole);
	sum = (Tally *) DatumGetPointer(fuzz_call2(journey_tally_combine,
											   PointerGetDatum(tally_create(input->tally)),
											   PointerGetDatum(less)));
	same_answer(&rows, (StringInfoData[]) {answer_of(sum)},
				"what lacks something is combined to another answer");
	answer_of(add_customer(less, &input->less));
}

static inline void
tally_run(void (*read) (void *), const uint8_t *data, size_t size)
{
	Input		input = {data, size};

	if (fuzz_try(read, &input) && input.tally != NULL)
		tally_definition(input.tally, &input.definition);
	if (input.tally != NULL && !has_many_slots(&input.definition))
	{
		lack_something(&input.definition, size, &input.less);
		fuzz_check(fuzz_try(tally_holds, &input), "a tally is refused when it is read back");
		fuzz_try(tally_grows, &input);
		fuzz_try(tally_merges, &input);
		fuzz_try(tally_lacks, &input);
		fuzz_try(tally_answers, &input);
		fuzz_try(less_answers, &input);
	}
	fuzz_reset();
}

#endif							/* JOURNEY_FUZZ_TALLY_RUN_H */
