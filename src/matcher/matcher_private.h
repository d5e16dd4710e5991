/*
 * matcher_private.h
 *		The matcher itself, for the files it is made of: bind.c binds a
 *		pattern to labels, matcher.c loads journeys, parts.c asks what they hold,
 *		by.c splits that by labels.
 */
#ifndef JOURNEY_MATCHER_MATCHER_PRIVATE_H
#define JOURNEY_MATCHER_MATCHER_PRIVATE_H

#include "matcher/chain_private.h"
#include "matcher/matcher.h"
#include "pattern/calendar.h"

#define BITS_PER_WORD	64

typedef struct Factor
{
	int			bit;			/* of the element, in plan order */
	PatternName channel;
	PatternName choice_channel;
} Factor;

/*
 * Touchpoints that are matched among themselves: those of a channel with "same
 * channel", else all.
 */
typedef struct MatcherPart
{
	int64		begin;
	int64		end;
	int64		from;			/* what is asked next begins here ... */
	int			ceiling;		/* ... and reaches no further than this */
	bool		known;			/* that: */
	ChainReach	reach;
} MatcherPart;

typedef struct ByWork ByWork;

struct Matcher
{
	const Pattern *pattern;
	MemoryContext context;
	ChainPlan	plan;
	ChainWork  *work;
	bool		adjacent;		/* "=>" somewhere: touchpoints that match nothing count, too */

	/* binding */
	int			factors;
	int			words;			/* of 64 factors each */
	Factor	   *factor;
	int		   *factor_of_term;
	bool		simple;			/* factor i is bit i */
	const Labels *labels;
	uint64		generation;
	uint32		bound;			/* labels below this code are bound */
	uint32		bound_allocated;
	uint64	   *event_bits;		/* by code, "words" each */
	uint64	   *channel_bits;
	bool	   *term_possible;	/* has a label passed the term's event test? */
	bool	   *term_seen;		/* has a touchpoint matched it? */
	bool		ask_terms;		/* does anybody want to know? */
	int			unseen_terms;
	int		   *unseen;			/* terms that are possible but not seen ... */
	uint64		watched;		/* ... and bits of their elements */

	/* the journey at hand */
	const JourneyColumns *columns;
	int64		count;
	int64		allocated;
	TimestampTz *at;
	uint64	   *mask;
	int64	   *index;
	int64		raw[PATTERN_MAX_ELEMENTS];	/* by plan bit */
	uint64		lanes[256];		/* of a byte: each bit in a byte of its own */
	int64		raw_by_element[PATTERN_MAX_ELEMENTS];
	int64		parts;
	int64		parts_allocated;
	MatcherPart *part;
	bool		planted;		/* the tree of parts, see parts.c */
	int64		nodes_allocated;
	struct PartNode *node;
	ChainTrailing *trailing;	/* of each part in turn, if there are trailing exclusions */
	TimestampTz *other_at;		/* the same columns, to split into */
	uint64	   *other_mask;
	int64	   *other_index;
	int64		other_allocated;

	/* channels of the touchpoints, see list_channels */
	int64		channels;
	int64		channels_allocated;
	uint32	   *channel;
	uint32		places;			/* size of place[] */
	int64	   *place;			/* by label code; 0 between calls */

	/* "by" */
	int64		by_position;	/* labels given out; -1 before the first */
	ByWork	   *by;			/* see by.c */
};

extern void matcher_bind_labels(Matcher *matcher, const Labels *labels, uint64 generation);
extern uint64 matcher_match_factors(const Matcher *matcher, uint32 event, uint32 channel);
extern void matcher_watch_terms(Matcher *matcher);
extern void matcher_note_terms(Matcher *matcher, uint32 event, uint32 channel);

extern void matcher_reserve_places(Matcher *matcher);
extern ChainRun matcher_run(const Matcher *matcher, const uint64 *mask, int64 from, int64 to);
extern void matcher_find_reach(Matcher *matcher, const ChainRun *run, ChainReach *reach);
extern void matcher_keep_better(Matcher *matcher, const ChainRun *run, const ChainReach *reach,
								Chain *best);
extern void matcher_no_chain(const Matcher *matcher, Chain *chain);
extern bool matcher_completes(const Matcher *matcher, int reached);

#endif							/* JOURNEY_MATCHER_MATCHER_PRIVATE_H */
