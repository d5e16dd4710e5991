/*
 * tally_source_private.h
 *		Reading the parts that the forms of journey_tally are made of.  Each
 *		function that gets something has an error for what is not that.
 */
#ifndef JOURNEY_POPULATION_TALLY_SOURCE_PRIVATE_H
#define JOURNEY_POPULATION_TALLY_SOURCE_PRIVATE_H

#include "lib/stringinfo.h"

#include "compat.h"

#define SOURCE_MAX_WORD	40		/* bytes of a word or a number in text */

typedef struct Source
{
	StringInfo	message;		/* or NULL, and then: */
	const char *text;
	const char *at;				/* zero-terminated */
} Source;

/* "what" was expected: for the error. */
extern void source_invalid(const Source *source, const char *what) pg_attribute_noreturn();

/* Marks, which messages do not have. */
extern void source_skip_space(Source *source);
extern bool source_take(Source *source, char mark);
extern void source_get_mark(Source *source, char mark, const char *what);

/* A word of a text, copied to where SOURCE_MAX_WORD bytes and the end have room. */
extern void source_get_word(Source *source, char *word, const char *what);

/* Lists: while (source_get_more(source, &count)) ... */
extern uint32 source_get_list(Source *source, int least_size);
extern bool source_get_more(Source *source, uint32 *count);

/* Numbers. */
extern bool source_parse_wide(const char *digits, uint64 *low, int64 *high);
extern void source_get_wide(Source *source, uint64 *low, int64 *high, const char *what);
extern uint64 source_get_unsigned(Source *source, const char *what);
extern int64 source_get_integer(Source *source, const char *what);
extern int64 source_get_count(Source *source, const char *what);
extern double source_get_double(Source *source);

/* Texts, palloc'd; NULL only if that is allowed. */
extern char *source_get_string(Source *source, uint32 *length, bool nullable);
extern char *source_get_name(Source *source, const char *what);

#endif							/* JOURNEY_POPULATION_TALLY_SOURCE_PRIVATE_H */
