/*
 * paths.h
 *		What is attributed to what: the conversions of a journey, and the touches
 *		of each.
 *
 *		conversion := [choice '->'] choice ['within' interval]
 *
 * Touches and conversions are two sorted lists of touchpoints, and the touches
 * of a conversion are a range of the former, so that one pass finds them all.
 */
#ifndef JOURNEY_CREDIT_PATHS_H
#define JOURNEY_CREDIT_PATHS_H

#include "matcher/matcher.h"
#include "pattern/attribution_model.h"

/* What touches without a channel are called, and what is the same. */
#define CREDIT_NO_CHANNEL	"(none)"

typedef enum CreditScope
{
	CREDIT_SHARED,				/* every conversion looks back on its own */
	CREDIT_EXCLUSIVE,			/* a touch serves the first conversion behind it */
	CREDIT_FIRST,				/* only the first conversion, or the last: as shared */
	CREDIT_LAST
} CreditScope;

typedef struct CreditPaths
{
	MemoryContext context;
	int64		lookback;		/* microseconds */
	int			columns;		/* COLUMN_CHANNEL */
	Pattern    *pattern;		/* touch, conversion */
	Matcher    *matcher;
	bool		any_touch;		/* whatever has a channel */

	/* the journey at hand */
	const JourneyColumns *journey;
	uint32		none;			/* of a channel called CREDIT_NO_CHANNEL, or LABEL_NONE */
	int64		touches;
	int64		conversions;
	int64		room;
	int64	   *touch;			/* numbers of touchpoints */
	int64	   *conversion;
} CreditPaths;

/* The touches [from, to) of a conversion, or of none. */
typedef struct CreditPath
{
	CreditScope scope;
	int64		number;			/* of the conversion, from 0 */
	int64		conversion;		/* its touchpoint; -1: not followed by one */
	int64		from;
	int64		to;
} CreditPath;

/* Parses into the current memory context, where all else will be, too. */
extern CreditPaths *credit_paths_create(const char *text, int length);

/* Of touches that are known: for credit_paths_take(). */
extern CreditPaths *credit_paths_create_bare(void);

/* Takes up columns that are all touches. */
extern void credit_paths_take(CreditPaths *paths, const JourneyColumns *columns);

/* Takes up a journey; see matcher_load. */
extern void credit_paths_load(CreditPaths *paths, const JourneyColumns *columns,
							  uint64 generation);

/* The code of a touch's channel. */
static inline uint32
credit_channel(const CreditPaths *paths, int64 touch)
{
	uint32		code = COLUMN_CHANNEL_AT(paths->journey, paths->touch[touch]);

	return code == paths->none ? LABEL_NONE : code;
}

/* The first path, and the next; false: there are no more. */
extern bool credit_path_first(const CreditPaths *paths, CreditScope scope, CreditPath *path);
extern bool credit_path_next(const CreditPaths *paths, CreditPath *path);

/* The path behind the last conversion; false: it has no touch. */
extern bool credit_path_rest(const CreditPaths *paths, CreditPath *path);

/* weights.c: what each model gives */
typedef struct CreditWeights
{
	MemoryContext context;
	int64		room;
	double	   *weight;			/* of each touch of the path, in order */
	uint32		labels;
	int64	   *times;			/* by channel, of those of the path; else zero */
} CreditWeights;

/* The weights of a path with touches; they add up to one, but for participation. */
extern void credit_weigh(CreditWeights *weights, const Model *model, const CreditPaths *paths,
						 const CreditPath *path);

#endif							/* JOURNEY_CREDIT_PATHS_H */
