/*
 * tally.h
 *		What every tally must stand, for the targets that make one.
 */
#ifndef JOURNEY_FUZZ_TALLY_H
#define JOURNEY_FUZZ_TALLY_H

#include "shim.h"

#include <math.h>

#include "utils/timestamp.h"

#include "population/tally.h"

extern Datum journey_tally_in(PG_FUNCTION_ARGS);
extern Datum journey_tally_out(PG_FUNCTION_ARGS);
extern Datum journey_tally_send(PG_FUNCTION_ARGS);
extern Datum journey_tally_recv(PG_FUNCTION_ARGS);
extern Datum journey_in(PG_FUNCTION_ARGS);
extern Datum stage_funnel_transition(PG_FUNCTION_ARGS);
extern Datum stage_funnel_final(PG_FUNCTION_ARGS);
extern Datum session_summary_transition(PG_FUNCTION_ARGS);
extern Datum session_summary_final(PG_FUNCTION_ARGS);

typedef struct Input
{
	const uint8_t *data;
	size_t		size;
	Datum		tally;
	Datum		journey;		/* of a customer who is to be added */
} Input;

/* It reads back from its text and its binary form, and is the same in both. */
static inline void
tally_holds(void *argument)
{
	Input	   *input = argument;
	Datum		text = fuzz_call(journey_tally_out, input->tally);
	bytea	   *message = DatumGetByteaPP(fuzz_call(journey_tally_send, input->tally));
	Datum		from_text = fuzz_call(journey_tally_in, text);
	Datum		from_binary = fuzz_receive(journey_tally_recv, (uint8_t *) VARDATA_ANY(message),
										   VARSIZE_ANY_EXHDR(message));

	fuzz_check(strcmp(DatumGetCString(text),
					  DatumGetCString(fuzz_call(journey_tally_out, from_text))) == 0,
			   "a tally changes on its way through text");
	fuzz_check(strcmp(DatumGetCString(text),
					  DatumGetCString(fuzz_call(journey_tally_out, from_binary))) == 0,
			   "a tally changes on its way through binary");
}

/* It can be added to itself and to an empty one, if its numbers have the room. */
static inline void
tally_merges(void *argument)
{
	Tally	   *tally = tally_from_datum(((Input *) argument)->tally);
	TallyDefinition definition;
	TallyCells	cells;
	Tally	   *sum;

	tally_definition(tally, &definition);
	sum = tally_create(tally_key(&definition));
	tally_merge(&sum, tally);
	fuzz_check(sum->rows == tally->rows && sum->cells == tally->cells,
			   "merging with nothing loses something");
	tally_sort_cells(sum, &cells);
	for (uint32 row = 0; row < sum->rows; row++)
		for (uint32 slot = 0; slot < sum->row_slots; slot++)
		{
			double		previous = 0;

			if (definition.type[definition.common_slots + slot] != TALLY_DISTRIBUTION)
				continue;
			for (int percent = 10; percent <= 90; percent += 40)
			{
				double		now;

				if (!tally_percentile(sum, &cells, row, slot, percent, &now))
					continue;
				fuzz_check(now >= previous, "percentiles fall");
				previous = now;
			}
		}
	tally_merge(&sum, tally);
	fuzz_check(sum->rows == tally->rows && sum->cells == tally->cells,
			   "merging with itself makes something new");
}

/* Columns of funnel_stage. */
enum
{
	STEP = 1,
	CUSTOMERS = 3,
	FROM_START,
	FROM_PREVIOUS,
	LOW = 15,
	HIGH
};

static inline bool
is_rate(const Datum *values, const bool *nulls, int column)
{
	double		rate = DatumGetFloat8(values[column]);

	return nulls[column] || (rate >= 0 && rate <= 1);
}

/* Whatever was counted, a row of a funnel makes sense. */
static inline void
check_stage(const Datum *values, const bool *nulls)
{
	static int64 before;

	fuzz_check(DatumGetInt64(values[CUSTOMERS]) >= 0 &&
			   (DatumGetInt32(values[STEP]) == 1 || DatumGetInt64(values[CUSTOMERS]) <= before),
			   "more customers reach a step than the one before");
	before = DatumGetInt64(values[CUSTOMERS]);
	fuzz_check(is_rate(values, nulls, FROM_START) && is_rate(values, nulls, FROM_PREVIOUS) &&
			   is_rate(values, nulls, LOW) && is_rate(values, nulls, HIGH),
			   "a rate is not between 0 and 1");
	fuzz_check(nulls[FROM_START] ||
			   (DatumGetFloat8(values[LOW]) <= DatumGetFloat8(values[FROM_START]) &&
				DatumGetFloat8(values[FROM_START]) <= DatumGetFloat8(values[HIGH])),
			   "a rate is outside its interval");
}

static inline void
make_journey(void *argument)
{
	static const char journey[] =
		"2026-03-01 09:00Z visit@web, 2026-03-01 10:00Z cart@app =5, "
		"2026-03-02 00:00Z buy@web =9.5 *4, 2026-03-03 00:00Z buy";

	((Input *) argument)->journey = fuzz_call(journey_in, CStringGetDatum(journey));
}

/* If it is a funnel's, rows can be made of it, and customers added. */
static inline void
funnel_answers(void *argument)
{
	Input	   *input = argument;
	Tally	   *tally = tally_from_datum(input->tally);
	TallyDefinition definition;
	Datum		pattern;

	fuzz_row = check_stage;
	fuzz_call(stage_funnel_final, PointerGetDatum(tally));
	tally_definition(tally, &definition);
	pattern = PointerGetDatum(fuzz_varlena(definition.text[0].text, definition.text[0].length));
	tally = (Tally *) DatumGetPointer(fuzz_call3(stage_funnel_transition, PointerGetDatum(tally),
												 input->journey, pattern));
	fuzz_call(stage_funnel_final, PointerGetDatum(tally));
}

/* Columns of session_stats. */
enum
{
	SESSION_CUSTOMERS,
	SESSIONS,
	SESSION_TOUCHPOINTS = 3,
	AVG_TOUCHPOINTS,
	MEDIAN_TOUCHPOINTS,
	P90_TOUCHPOINTS,
	AVG_SECONDS,
	MEDIAN_SECONDS,
	P90_SECONDS,
	BOUNCED,
	SUM_OF_VALUES = 12
};

/* Counts of all rows of a summary, added up as far as they go. */
typedef struct Summary
{
	uint64		customers;
	uint64		sessions;
	uint64		touchpoints;
} Summary;

static Summary summary;

/* Whatever was counted, a row of a summary makes sense. */
static inline void
check_summary(const Datum *values, const bool *nulls)
{
	fuzz_check(DatumGetInt64(values[SESSION_CUSTOMERS]) >= 0 && DatumGetInt64(values[SESSIONS]) >= 0 &&
			   DatumGetInt64(values[SESSION_TOUCHPOINTS]) >= 0 && DatumGetInt64(values[BOUNCED]) >= 0,
			   "a count is below zero");
	fuzz_check(nulls[P90_TOUCHPOINTS] == nulls[MEDIAN_TOUCHPOINTS] &&
			   nulls[P90_SECONDS] == nulls[MEDIAN_SECONDS], "a percentile is missing");
	fuzz_check(nulls[P90_TOUCHPOINTS] ||
			   DatumGetFloat8(values[P90_TOUCHPOINTS]) >= DatumGetFloat8(values[MEDIAN_TOUCHPOINTS]),
			   "percentiles of lengths fall");
	fuzz_check(nulls[P90_SECONDS] ||
			   DatumGetFloat8(values[P90_SECONDS]) >= DatumGetFloat8(values[MEDIAN_SECONDS]),
			   "percentiles of times fall");
	fuzz_check(nulls[AVG_SECONDS] || DatumGetFloat8(values[AVG_SECONDS]) >= 0, "an average is below zero");
	fuzz_check(nulls[SUM_OF_VALUES] || !isnan(DatumGetFloat8(values[SUM_OF_VALUES])), "a sum is no number");
	summary.customers += DatumGetInt64(values[SESSION_CUSTOMERS]);
	summary.sessions += DatumGetInt64(values[SESSIONS]);
	summary.touchpoints += DatumGetInt64(values[SESSION_TOUCHPOINTS]);
}

static inline Summary
summarize(Tally *tally)
{
	memset(&summary, 0, sizeof(summary));
	fuzz_row = check_summary;
	fuzz_call(session_summary_final, PointerGetDatum(tally));
	return summary;
}

/* The gap that a summary's text says: "1800 s" or "1500 us". */
static inline Interval *
summary_gap(const Tally *tally)
{
	Interval   *gap = palloc0(sizeof(Interval));
	TallyDefinition definition;
	char	   *text;
	char	   *unit;

	tally_definition(tally, &definition);
	text = pnstrdup(definition.text[0].text, definition.text[0].length);
	gap->time = strtoll(text, &unit, 10);
	if (strcmp(unit, " s") == 0)
		gap->time *= USECS_PER_SEC;
	return gap;
}

/* If it is a summary's, rows can be made of it, and a customer who is added counts. */
static inline void
summary_answers(void *argument)
{
	Input	   *input = argument;
	Tally	   *tally = tally_from_datum(input->tally);
	Summary		before = summarize(tally);
	Summary		after;

	tally = (Tally *) DatumGetPointer(fuzz_call3(session_summary_transition, PointerGetDatum(tally),
												 input->journey,
												 IntervalPGetDatum(summary_gap(tally))));
	after = summarize(tally);
	fuzz_check(after.customers - before.customers == 1 &&
			   after.sessions - before.sessions >= 1 && after.sessions - before.sessions <= 4 &&
			   after.touchpoints - before.touchpoints == 4, "a customer who is added does not count");
}

static inline void
tally_run(void (*read) (void *), const uint8_t *data, size_t size)
{
	Input		input = {data, size};

	if (fuzz_try(read, &input) && input.tally != (Datum) 0)
	{
		fuzz_check(fuzz_try(tally_holds, &input), "a tally is refused when it is read back");
		fuzz_try(tally_merges, &input);
		fuzz_check(fuzz_try(make_journey, &input), "the journey to be added is none");
		fuzz_try(funnel_answers, &input);
		fuzz_try(summary_answers, &input);
	}
	fuzz_reset();
}

#endif							/* JOURNEY_FUZZ_TALLY_H */
