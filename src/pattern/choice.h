/*
 * choice.h
 *		What a touchpoint must be: names, terms and choices, which patterns and
 *		the other small languages share.
 */
#ifndef JOURNEY_PATTERN_CHOICE_H
#define JOURNEY_PATTERN_CHOICE_H

#include "type/columns.h"

/* Terms of all choices of a text: each label is compared with each. */
#define PATTERN_MAX_TERMS		10000

/* One label test: a whole label, a prefix ("checkout*") or anything ("*"). */
typedef struct PatternName
{
	const char *text;
	int			length;
	bool		prefix;			/* with length 0: anything, none included for events
								 * but not for channels */
	bool		absent;			/* no test at all */
} PatternName;

typedef struct PatternTerm
{
	PatternName event;
	PatternName channel;
	PatternName choice_channel; /* "(a|b@web)@shop": both must hold */
	int			element;		/* the element it belongs to */
	const char *source;			/* as written, for messages; not terminated */
	int			source_length;
} PatternTerm;

/* Does the term's test hold for this label (LABEL_NONE has length 0)? */
extern bool pattern_name_matches(const PatternName *name, const char *text, uint32 length);

/* Does a touchpoint with these labels match the term? */
extern bool pattern_term_matches(const PatternTerm *term, const Label *event, const Label *channel);

/*
 * The choice of an element, whose terms are among these, as it would be written, without "!"
 * and "?".
 */
extern char *pattern_choice_text(const PatternTerm *term, int terms, int element);

#endif							/* JOURNEY_PATTERN_CHOICE_H */
