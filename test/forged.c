/*
 * forged.c
 *		Bytes of a test's own, read as a leader reads those of its workers.
 *
 * test/roundtrip/forged makes aggregates with forged_transition() as their
 * transition function and a final function of the extension's.  A server calls
 * a deserialization function in parallel plans only, with bytes that the serial
 * function made.
 */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(forged_transition);
PG_FUNCTION_INFO_V1(forged_outside);

/* What a call site keeps: each function keeps things of its own there. */
typedef struct Reader
{
	FmgrInfo	deserial;
	FmgrInfo	combine;
} Reader;

static Reader *
call_site(FunctionCallInfo fcinfo)
{
	Reader	   *reader = fcinfo->flinfo->fn_extra;

	if (reader == NULL)
	{
		MemoryContext context = fcinfo->flinfo->fn_mcxt;

		reader = MemoryContextAllocZero(context, sizeof(Reader));
		fmgr_info_cxt(PG_GETARG_OID(2), &reader->deserial, context);
		fmgr_info_cxt(PG_GETARG_OID(3), &reader->combine, context);
		fcinfo->flinfo->fn_extra = reader;
	}
	return reader;
}

/* As part of the aggregate that the caller is part of. */
static NullableDatum
call(FmgrInfo *function, FunctionCallInfo caller, NullableDatum first, NullableDatum second)
{
	LOCAL_FCINFO(fcinfo, 2);
	NullableDatum result;

	InitFunctionCallInfoData(*fcinfo, function, 2, InvalidOid, caller->context, NULL);
	fcinfo->args[0] = first;
	fcinfo->args[1] = second;
	result.value = FunctionCallInvoke(fcinfo);
	result.isnull = fcinfo->isnull;
	return result;
}

/*
 * (state, bytes, deserialization function, combine function): a state on its
 * way from a worker.  Null bytes are those of a worker that has none.
 */
Datum
forged_transition(PG_FUNCTION_ARGS)
{
	const NullableDatum null = {.isnull = true};
	Reader	   *reader = call_site(fcinfo);
	NullableDatum state = null;

	if (!PG_ARGISNULL(1))
		state = call(&reader->deserial, fcinfo, fcinfo->args[1], null);
	state = call(&reader->combine, fcinfo, fcinfo->args[0], state);
	fcinfo->isnull = state.isnull;
	return state.value;
}

/*
 * (function, arguments ...): calls a function, but not as part of an aggregate,
 * with a null state in the place of its own first argument, so that it finds
 * the types of the others where it looks for them.
 */
Datum
forged_outside(PG_FUNCTION_ARGS)
{
	LOCAL_FCINFO(outside, FUNC_MAX_ARGS);
	FmgrInfo	function;

	fmgr_info(PG_GETARG_OID(0), &function);
	fmgr_info_set_expr(fcinfo->flinfo->fn_expr, &function);
	InitFunctionCallInfoData(*outside, &function, PG_NARGS(), InvalidOid, NULL, NULL);
	memcpy(outside->args, fcinfo->args, PG_NARGS() * sizeof(NullableDatum));
	outside->args[0].isnull = true;
	outside->args[0].value = (Datum) 0;
	FunctionCallInvoke(outside);
	PG_RETURN_VOID();
}
