/*
 * session.h
 *		Where sessions end: the one rule of the window function, of sessions as
 *		rows and of their summary.
 */
#ifndef JOURNEY_SESSION_H
#define JOURNEY_SESSION_H

#include "pattern/interval.h"
#include "type/columns.h"

typedef struct SessionRule
{
	uint64		gap;			/* microseconds; a longer one ends a session */
	uint64		max_length;		/* or SPAN_NO_LIMIT */
} SessionRule;

/* Does a touchpoint begin a new session after one with this start and last touchpoint? */
static inline bool
session_ends(const SessionRule *rule, TimestampTz start, TimestampTz last, TimestampTz at)
{
	return span_between(last, at) > rule->gap || span_between(start, at) > rule->max_length;
}

/* The first touchpoint behind the session that begins with this one. */
extern int64 session_end(const SessionRule *rule, const JourneyColumns *columns, int64 first);

#endif							/* JOURNEY_SESSION_H */
