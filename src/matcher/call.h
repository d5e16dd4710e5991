/*
 * call.h
 *		What a function keeps from call to call; the glue of every function of a
 *		journey and a pattern.
 *
 * A call that ends in an error leaves its working memory half changed, and some
 * call sites live on: the check of a domain, say, whose error a PL/pgSQL block
 * caught.  Hence a call says when it is done, and one that finds another
 * unfinished starts with nothing.
 */
#ifndef JOURNEY_MATCHER_CALL_H
#define JOURNEY_MATCHER_CALL_H

#include "fmgr.h"

#include "matcher/matcher.h"

/* A function puts this at the beginning of a struct of its own. */
typedef struct CallMemory
{
	MemoryContext context;		/* of all of it */
	MemoryContext parsed;		/* of what was made of arguments, until they change */
	bool		unfinished;
} CallMemory;

/* The call site's memory, of this size: if it is new, all zero but for the contexts. */
extern void *call_begin(FunctionCallInfo fcinfo, Size size);

/* Nothing of the call is used any more. */
static inline void
call_end(CallMemory *call)
{
	call->unfinished = false;
}

/* A text argument, which must not be null; the error calls it so. */
extern text *call_text_argument(FunctionCallInfo fcinfo, int number, const char *name);

/* A text to be kept, and whether an argument is the one that was; NULL: there was none. */
extern text *call_copy_text(const text *source);
extern bool call_same_text(const text *kept, const text *argument);

typedef struct PatternCall
{
	CallMemory	memory;			/* "parsed" is the context of the three below */
	Pattern    *pattern;		/* of the call before, most often of this one, too */
	Matcher    *matcher;
	struct JourneyReader *reader;
	const JourneyColumns *columns;	/* of this call's journey */
} PatternCall;

/* Refuses patterns that a function, which is named, does not take. */
typedef void (*PatternCheck) (const Pattern *pattern, const char *function);

/*
 * The matcher of argument 1, a pattern that passed the check, loaded with
 * argument 0, a journey, of which these columns are wanted.
 */
extern PatternCall *pattern_call_begin(FunctionCallInfo fcinfo, const char *function,
									   PatternCheck check, int columns);

static inline void
pattern_call_end(PatternCall *call)
{
	call_end(&call->memory);
}

#endif							/* JOURNEY_MATCHER_CALL_H */
