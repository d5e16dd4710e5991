/*
 * pattern.h
 *		The pattern language: what a pattern says.  matcher.h finds it in
 *		columns.
 *
 *		pattern  := (sequence | set) clause*
 *		sequence := step (arrow step)*
 *		set      := step ('&' step)+
 *		arrow    := ('->' | '=>') ['[' '<=' interval ']']
 *		step     := ['!'] choice ['?'] ['as' name]
 *		choice   := term | '(' term ('|' term)* ')' ['@' name]
 *		term     := name ['@' name] | '@' name
 *		clause   := 'within' interval | 'from' 'first' | 'same' 'channel'
 *				  | 'by' ('channel' | 'day' | 'week' | 'month') ['at' "time zone"]
 */
#ifndef JOURNEY_PATTERN_PATTERN_H
#define JOURNEY_PATTERN_PATTERN_H

#include "type/columns.h"

/* Steps and exclusions together: one bit each in a mask. */
#define PATTERN_MAX_ELEMENTS	64

/* Terms of all choices: each label is compared with each. */
#define PATTERN_MAX_TERMS		10000

#define PATTERN_NO_LIMIT	PG_INT64_MAX

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

/* A step or an exclusion, in the order written. */
typedef struct PatternElement
{
	bool		exclusion;
	bool		optional;
	bool		named;			/* by "as" */
	bool		next;			/* arrived at by "=>" */
	int64		limit;			/* of the arrow before, in microseconds, or PATTERN_NO_LIMIT */
	int			step;			/* the step it is, or for an exclusion the step whose
								 * arrow it belongs to; from 0 */
} PatternElement;

/* What reports call a step; trailing exclusions together are the last one. */
typedef struct PatternStep
{
	const char *name;			/* terminated */
	int			element;		/* its element; the first one of trailing exclusions */
	bool		optional;
	bool		trailing;		/* "who did not": trailing exclusions */
} PatternStep;

typedef enum PatternBy
{
	BY_NOTHING,
	BY_CHANNEL,
	BY_DAY,
	BY_WEEK,
	BY_MONTH
} PatternBy;

typedef struct Pattern
{
	const char *text;			/* a copy of the source; not terminated */
	int			length;
	int			elements;
	int			steps;
	int			terms;
	PatternElement element[PATTERN_MAX_ELEMENTS];
	PatternStep step[PATTERN_MAX_ELEMENTS];
	PatternTerm *term;
	bool		set;
	bool		from_first;
	bool		same_channel;
	int64		window;			/* microseconds or PATTERN_NO_LIMIT */
	PatternBy	by;
	struct pg_tz *zone;			/* of "by" a time; NULL is UTC */
	int			columns;		/* COLUMN_CHANNEL if channels matter, else 0 */
} Pattern;

/* Parses into the current memory context; errors point at the character. */
extern Pattern *pattern_parse(const char *text, int length);

/* Does the term's test hold for this label (LABEL_NONE has length 0)? */
extern bool pattern_name_matches(const PatternName *name, const char *text, uint32 length);

/* Does a touchpoint with these labels match the term? */
extern bool pattern_term_matches(const PatternTerm *term, const Label *event, const Label *channel);

/* An element's choice as it would be written, without "!" and "?". */
extern char *pattern_choice_text(const Pattern *pattern, int element);

/* Is this a pattern with "by", which only reports can answer?  Then an error. */
extern void pattern_refuse_by(const Pattern *pattern, const char *function);

/* Is this more than one choice, such as "view", "@web" or "(view|cart)@web"?  Then an error. */
extern void pattern_require_term(const Pattern *pattern, const char *function);

#endif							/* JOURNEY_PATTERN_PATTERN_H */
