/*
 * tally.h
 *		What every tally must stand, for the targets that make one.
 */
#ifndef JOURNEY_FUZZ_TALLY_H
#define JOURNEY_FUZZ_TALLY_H

#include "shim.h"

#include "../../src/tally.h"

extern Datum journey_tally_in(PG_FUNCTION_ARGS);
extern Datum journey_tally_out(PG_FUNCTION_ARGS);
extern Datum journey_tally_send(PG_FUNCTION_ARGS);
extern Datum journey_tally_recv(PG_FUNCTION_ARGS);
extern Datum journey_in(PG_FUNCTION_ARGS);
extern Datum stage_funnel_transition(PG_FUNCTION_ARGS);
extern Datum stage_funnel_final(PG_FUNCTION_ARGS);

typedef struct Input
{
	const uint8_t *data;
	size_t		size;
	Datum		tally;
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

/* If it is a funnel's, rows can be made of it, and customers added. */
static inline void
tally_answers(void *argument)
{
	static const char journey[] =
		"2026-03-01 09:00Z visit@web, 2026-03-01 10:00Z cart@app =5, 2026-03-02Z buy@web =9.5 *4, 2026-03-03Z buy";
	Tally	   *tally = tally_from_datum(((Input *) argument)->tally);
	TallyDefinition definition;
	Datum		pattern;

	fuzz_row = check_stage;
	fuzz_call(stage_funnel_final, PointerGetDatum(tally));
	tally_definition(tally, &definition);
	pattern = PointerGetDatum(fuzz_varlena(definition.text[0].text, definition.text[0].length));
	tally = (Tally *) DatumGetPointer(fuzz_call3(stage_funnel_transition, PointerGetDatum(tally),
												 fuzz_call(journey_in, CStringGetDatum(journey)),
												 pattern));
	fuzz_call(stage_funnel_final, PointerGetDatum(tally));
}

static inline void
tally_run(void (*read) (void *), const uint8_t *data, size_t size)
{
	Input		input = {data, size};

	if (fuzz_try(read, &input) && input.tally != (Datum) 0)
	{
		fuzz_check(fuzz_try(tally_holds, &input), "a tally is refused when it is read back");
		fuzz_try(tally_merges, &input);
		fuzz_try(tally_answers, &input);
	}
	fuzz_reset();
}

#endif							/* JOURNEY_FUZZ_TALLY_H */
