/*
 * call.c
 *		The glue of every function of a journey and a pattern.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "matcher/call.h"
#include "type/codec.h"

static PatternCall *
create_call(MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "journey call", ALLOCSET_SMALL_SIZES);
	PatternCall *call = MemoryContextAllocZero(context, sizeof(PatternCall));

	call->context = context;
	call->pattern_context = AllocSetContextCreate(context, "journey pattern", ALLOCSET_SMALL_SIZES);
	return call;
}

static bool
is_pattern_of(const PatternCall *call, const char *text, int length)
{
	return call->pattern != NULL && call->pattern->length == length &&
		memcmp(call->pattern->text, text, length) == 0;
}

/*
 * Takes another pattern, and forgets the one before.  The reader is a new one,
 * too: where patterns change from row to row, each would have to learn about all
 * labels that the reader ever met.
 */
static void
read_pattern(PatternCall *call, const char *text, int length, PatternCheck check,
			 const char *function)
{
	MemoryContext before = MemoryContextSwitchTo(call->pattern_context);

	MemoryContextReset(call->pattern_context);
	call->pattern = pattern_parse(text, length);
	check(call->pattern, function);
	call->matcher = matcher_create(call->pattern, call->pattern_context);
	call->reader = journey_reader_create(call->pattern_context);
	MemoryContextSwitchTo(before);
}

PatternCall *
pattern_call_begin(FunctionCallInfo fcinfo, const char *function, PatternCheck check, int columns)
{
	PatternCall *call = fcinfo->flinfo->fn_extra;
	text	   *pattern = PG_GETARG_TEXT_PP(1);
	uint64		generation;

	if (call != NULL && call->unfinished)
	{
		fcinfo->flinfo->fn_extra = NULL;
		MemoryContextDelete(call->context);
		call = NULL;
	}
	if (call == NULL)
		call = fcinfo->flinfo->fn_extra = create_call(fcinfo->flinfo->fn_mcxt);
	call->unfinished = true;
	if (!is_pattern_of(call, VARDATA_ANY(pattern), VARSIZE_ANY_EXHDR(pattern)))
		read_pattern(call, VARDATA_ANY(pattern), VARSIZE_ANY_EXHDR(pattern), check, function);
	call->columns = journey_read(call->reader, PG_GETARG_DATUM(0),
								 columns | call->pattern->columns);
	journey_reader_labels(call->reader, &generation);
	matcher_load(call->matcher, call->columns, generation);
	return call;
}
