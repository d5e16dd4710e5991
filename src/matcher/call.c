/*
 * call.c
 *		What a function keeps from call to call; the glue of every function of a
 *		journey and a pattern.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "matcher/call.h"
#include "pattern/interval.h"
#include "type/codec.h"

void *
call_begin(FunctionCallInfo fcinfo, Size size)
{
	CallMemory *call = fcinfo->flinfo->fn_extra;

	if (call != NULL && call->unfinished)
	{
		fcinfo->flinfo->fn_extra = NULL;
		MemoryContextDelete(call->context);
		call = NULL;
	}
	if (call == NULL)
	{
		MemoryContext context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "journey call",
													  ALLOCSET_SMALL_SIZES);

		call = fcinfo->flinfo->fn_extra = MemoryContextAllocZero(context, size);
		call->context = context;
		call->parsed = AllocSetContextCreate(context, "journey arguments", ALLOCSET_SMALL_SIZES);
	}
	call->unfinished = true;
	return call;
}

text *
call_text_argument(FunctionCallInfo fcinfo, int number, const char *name)
{
	if (PG_ARGISNULL(number))
		span_refuse_null(name);
	return PG_GETARG_TEXT_PP(number);
}

text *
call_copy_text(const text *source)
{
	return memcpy(palloc(VARSIZE_ANY(source)), source, VARSIZE_ANY(source));
}

bool
call_same_text(const text *kept, const text *argument)
{
	return kept != NULL && VARSIZE_ANY_EXHDR(kept) == VARSIZE_ANY_EXHDR(argument) &&
		memcmp(VARDATA_ANY(kept), VARDATA_ANY(argument), VARSIZE_ANY_EXHDR(argument)) == 0;
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
	MemoryContext parsed = call->memory.parsed;
	MemoryContext before = MemoryContextSwitchTo(parsed);

	MemoryContextReset(parsed);
	call->pattern = pattern_parse(text, length);
	check(call->pattern, function);
	call->matcher = matcher_create(call->pattern, parsed);
	call->reader = journey_reader_create(parsed);
	MemoryContextSwitchTo(before);
}

PatternCall *
pattern_call_begin(FunctionCallInfo fcinfo, const char *function, PatternCheck check, int columns)
{
	PatternCall *call = call_begin(fcinfo, sizeof(PatternCall));
	text	   *pattern = PG_GETARG_TEXT_PP(1);
	uint64		generation;

	if (!is_pattern_of(call, VARDATA_ANY(pattern), VARSIZE_ANY_EXHDR(pattern)))
		read_pattern(call, VARDATA_ANY(pattern), VARSIZE_ANY_EXHDR(pattern), check, function);
	call->columns = journey_read(call->reader, PG_GETARG_DATUM(0),
								 columns | call->pattern->columns);
	journey_reader_labels(call->reader, &generation);
	matcher_load(call->matcher, call->columns, generation);
	return call;
}
