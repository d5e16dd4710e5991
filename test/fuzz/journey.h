/*
 * journey.h
 *		What every journey must stand, for the targets that make one.
 */
#ifndef JOURNEY_FUZZ_JOURNEY_H
#define JOURNEY_FUZZ_JOURNEY_H

#include "shim.h"

#include "type/codec.h"

extern Datum journey_in(PG_FUNCTION_ARGS);
extern Datum journey_out(PG_FUNCTION_ARGS);
extern Datum journey_send(PG_FUNCTION_ARGS);
extern Datum journey_recv(PG_FUNCTION_ARGS);
extern Datum journey_concat(PG_FUNCTION_ARGS);
extern Datum journey_length(PG_FUNCTION_ARGS);
extern Datum jsonb_to_journey(PG_FUNCTION_ARGS);

/*
 * It reads back to the same bytes from its text and from its binary form, and
 * merging it with itself doubles it.
 */
static inline void
journey_holds(Datum journey)
{
	struct varlena *bytes = (struct varlena *) DatumGetPointer(journey);
	Datum		text = fuzz_call(journey_out, journey);
	bytea	   *message = DatumGetByteaPP(fuzz_call(journey_send, journey));
	Datum		twice = fuzz_call2(journey_concat, journey, journey);

	fuzz_same(bytes, (struct varlena *) DatumGetPointer(fuzz_call(journey_in, text)),
			  "a journey changes on its way through text");
	fuzz_same(bytes,
			  (struct varlena *) DatumGetPointer(fuzz_receive(journey_recv,
															  (uint8_t *) VARDATA_ANY(message),
															  VARSIZE_ANY_EXHDR(message))),
			  "a journey changes on its way through binary");
	fuzz_check(DatumGetInt32(fuzz_call(journey_length, twice)) ==
			   2 * DatumGetInt32(fuzz_call(journey_length, journey)),
			   "merging loses touchpoints");
}

#endif							/* JOURNEY_FUZZ_JOURNEY_H */
