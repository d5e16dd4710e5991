/*
 * chain.h
 *		What a pattern found in a journey.
 */
#ifndef JOURNEY_MATCHER_CHAIN_H
#define JOURNEY_MATCHER_CHAIN_H

#include "pattern/pattern.h"

/*
 * The chain that is reported: how far it reached (0: no chain at all) and which
 * touchpoint, an index into the columns, served each step; -1 where a step
 * was skipped, is a trailing exclusion, or was not reached.  For a set the "steps" are 1 of
 * n, 2 of n, ... in time order.
 */
typedef struct Chain
{
	int			reached;
	bool		completed;		/* all required steps (of a set: all) */
	TimestampTz started_at;
	TimestampTz ended_at;		/* of the last touchpoint */
	int64		touchpoint[PATTERN_MAX_ELEMENTS];
} Chain;

/* The touchpoint that a chain began with; it has reached something. */
static inline int64
chain_entry(const Chain *chain)
{
	int			step = 0;

	while (chain->touchpoint[step] < 0)
		step++;
	return chain->touchpoint[step];
}

#endif							/* JOURNEY_MATCHER_CHAIN_H */
