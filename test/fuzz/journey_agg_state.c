/*
 * journey_agg_state.c
 *		Any bytes, taken for what a parallel worker sends of a journey, are an
 *		error or a state.  What was accepted makes a journey like any other, is
 *		the same when it is sent on, and has twice the touchpoints when it
 *		comes twice.
 */
#include "journey.h"

extern Datum journey_agg_combinefn(PG_FUNCTION_ARGS);
extern Datum journey_agg_serialfn(PG_FUNCTION_ARGS);
extern Datum journey_agg_deserialfn(PG_FUNCTION_ARGS);
extern Datum journey_agg_finalfn(PG_FUNCTION_ARGS);

typedef struct Input
{
	const uint8_t *data;
	size_t		size;
} Input;

static void
prepare(FunctionCallInfo fcinfo, FmgrInfo *info)
{
	memset(info, 0, sizeof(FmgrInfo));
	info->fn_mcxt = CurrentMemoryContext;
	InitFunctionCallInfoData(*fcinfo, info, 2, InvalidOid, NULL, NULL);
	fcinfo->args[0].isnull = true;
	fcinfo->args[1].isnull = true;
}

/* The state of call sites that got these bytes so many times. */
static Datum
receive(struct varlena *bytes, int times)
{
	LOCAL_FCINFO(deserial, 2);
	LOCAL_FCINFO(combine, 2);
	FmgrInfo	deserial_info;
	FmgrInfo	combine_info;

	prepare(deserial, &deserial_info);
	prepare(combine, &combine_info);
	for (int i = 0; i < times; i++)
	{
		deserial->args[0].value = PointerGetDatum(bytes);
		deserial->args[0].isnull = false;
		combine->args[1].value = journey_agg_deserialfn(deserial);
		combine->args[1].isnull = false;
		combine->args[0].value = journey_agg_combinefn(combine);
		combine->args[0].isnull = false;
	}
	return combine->args[0].value;
}

static int
count_touchpoints(Datum state)
{
	return DatumGetInt32(fuzz_call(journey_length, fuzz_call(journey_agg_finalfn, state)));
}

static void
accept(void *argument)
{
	Input	   *input = argument;

	receive(fuzz_varlena(input->data, input->size), 1);
}

/* Bytes that were accepted. */
static void
hold(void *argument)
{
	Input	   *input = argument;
	struct varlena *bytes = fuzz_varlena(input->data, input->size);
	Datum		state = receive(bytes, 1);
	struct varlena *sent = DatumGetByteaPP(fuzz_call(journey_agg_serialfn, state));
	Datum		journey = fuzz_call(journey_agg_finalfn, state);

	fuzz_same(sent, (struct varlena *) DatumGetPointer(journey), "a state differs from its journey");
	fuzz_same(sent, DatumGetByteaPP(fuzz_call(journey_agg_serialfn, receive(sent, 1))),
			  "a state that was sent twice differs from one that was sent once");
	fuzz_check(count_touchpoints(receive(bytes, 2)) == 2 * count_touchpoints(state),
			   "what comes twice is not there twice");
	journey_holds(journey);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input		input = {data, size};

	if (fuzz_try(accept, &input))
		fuzz_check(fuzz_try(hold, &input), "a state that can be read cannot be sent on");
	fuzz_reset();
	return 0;
}
