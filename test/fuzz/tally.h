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

static inline void
tally_run(void (*read) (void *), const uint8_t *data, size_t size)
{
	Input		input = {data, size};

	if (fuzz_try(read, &input) && input.tally != (Datum) 0)
	{
		fuzz_check(fuzz_try(tally_holds, &input), "a tally is refused when it is read back");
		fuzz_try(tally_merges, &input);
	}
	fuzz_reset();
}

#endif							/* JOURNEY_FUZZ_TALLY_H */
