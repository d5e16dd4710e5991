/*
 * matcher.h
 *		Finds a pattern in the columns of a journey.
 */
#ifndef JOURNEY_MATCHER_MATCHER_H
#define JOURNEY_MATCHER_MATCHER_H

#include "matcher/chain.h"
#include "pattern/pattern.h"
#include "type/columns.h"

/* The label of a report with "by". */
typedef struct ChainLabel
{
	bool		isnull;			/* no "by", or by channel and without one, or by that of
								 * a step that the chain does not have */
	const char *text;			/* channel, or what begins the period; valid until the
								 * next label */
	int			length;
	TimestampTz until;			/* by a time: first instant after this label */
	int64		starts;			/* raw matches of step 1 under this label */
} ChainLabel;

typedef struct Matcher Matcher;

/* A matcher that keeps what it learns and needs in the given context. */
extern Matcher *matcher_create(const Pattern *pattern, MemoryContext context);

/*
 * Takes up the columns of one journey, which must stay as they are until the
 * next call.  "generation" tells that label codes were given out anew (see
 * journey_reader_labels).
 */
extern void matcher_load(Matcher *matcher, const JourneyColumns *columns, uint64 generation);

/* How many touchpoints match each element's choice, chain or not; by element. */
extern const int64 *matcher_raw_matches(const Matcher *matcher);

/*
 * The touchpoints that match any step, as indexes into the columns: of a
 * pattern that is one term, for filtering.  They are valid until the next
 * journey is loaded.
 */
extern const int64 *matcher_touchpoints(const Matcher *matcher, int64 *count);

/* Which steps each of them matches: bit i is step i of a pattern without exclusions. */
extern const uint64 *matcher_masks(const Matcher *matcher);

/*
 * By term (an index into pattern->term): has a touchpoint matched it?  All are
 * set, and what is set is not looked for: the caller clears what it wants to
 * know of the next journey.
 */
extern bool *matcher_terms_seen(Matcher *matcher);

/* How far the loaded journey reached, without finding out which chain. */
extern int	matcher_reached(Matcher *matcher);

/* Has the loaded journey reached all required steps? */
extern bool matcher_matches(Matcher *matcher);

/* The reported chain of the loaded journey, whatever "by" says. */
extern void matcher_chain(Matcher *matcher, Chain *chain);

/*
 * With "by" of what matched step 1: the next label under which the journey has a
 * start, and the chain reported for it; false when there are no more.  Else there is one
 * label, whose chain may have reached nothing: the channel of a step, or null.
 */
extern bool matcher_next(Matcher *matcher, ChainLabel *label, Chain *chain);

/*
 * Go on after an instant: only touchpoints later than "after" take part in what
 * is asked next.
 */
extern void matcher_restart_after(Matcher *matcher, TimestampTz after);

#endif							/* JOURNEY_MATCHER_MATCHER_H */
