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
 *				  | 'by' ('channel' ['of' step] | period ['at' "time zone"])
 *		period   := 'hour' | 'day' | 'week' ['on' weekday] | 'month' | 'quarter' | 'year'
 */
#ifndef JOURNEY_PATTERN_PATTERN_H
#define JOURNEY_PATTERN_PATTERN_H

#include "pattern/calendar.h"
#include "pattern/choice.h"
#include "type/columns.h"

/* Steps and exclusions together: one bit each in a mask. */
#define PATTERN_MAX_ELEMENTS	64

#define PATTERN_NO_LIMIT	PG_INT64_MAX

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
	BY_CHANNEL,					/* of what matched step 1 */
	BY_CHANNEL_OF,				/* of what the reported chain matched at a step */
	BY_TIME						/* of what matched step 1 */
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
	int			by_step;		/* BY_CHANNEL_OF this one */
	Calendar	calendar;		/* BY_TIME: its periods */
	int			columns;		/* COLUMN_CHANNEL if channels matter, else 0 */
} Pattern;

/* Parses into the current memory context; errors point at the character. */
extern Pattern *pattern_parse(const char *text, int length);

/* Is a report split by what matched step 1? */
static inline bool
pattern_by_start(const Pattern *pattern)
{
	return pattern->by == BY_CHANNEL || pattern->by == BY_TIME;
}

/* What "by" splits by, as it would be written; NULL if nothing. */
extern char *pattern_by_text(const Pattern *pattern);

/* Is this a pattern with "by", which only reports can answer?  Then an error. */
extern void pattern_refuse_by(const Pattern *pattern, const char *function);

/* Is this more than one choice, such as "view", "@web" or "(view|cart)@web"?  Then an error. */
extern void pattern_require_term(const Pattern *pattern, const char *function);

#endif							/* JOURNEY_PATTERN_PATTERN_H */
