/*
 * starts_private.h
 *		What starts.c and stand.c share: who stands at which position.
 */
#ifndef JOURNEY_MATCHER_STARTS_PRIVATE_H
#define JOURNEY_MATCHER_STARTS_PRIVATE_H

#include "matcher/chain_private.h"

/* An array that grows. */
typedef struct Numbers
{
	int64		count;
	int64		allocated;
	int64	   *at;
} Numbers;

/* The touchpoints of one label at one instant that may start a chain. */
typedef struct Start
{
	TimestampTz at;
	int64		label;
	uint64		stands;			/* at these positions */
	bool		holds;			/* a chain of it held against the trailing exclusions */
} Start;

/* Starts from the oldest to the newest one, those between included, that may end now. */
typedef struct Stretch
{
	TimestampTz oldest;
	TimestampTz newest;
} Stretch;

/* What is known of a position. */
typedef struct Stand
{
	Numbers		start;			/* who stands there */
	Numbers		last;			/* not in order: the newest last touchpoint of each */
	Numbers		after;			/* trailing: by each the next to look at, see first_open */
	Numbers		arrival;		/* instants at which somebody came ... */
	Numbers		oldest;			/* ... and the first of start[] from which on all could */

	/* of the present group */
	Numbers		arriving;
	Numbers		ending;			/* those that may end here, as far as they are no stretch */
	uint64		stretches;		/* in order: bits of the positions by which ... */
	Stretch		stretch[PATTERN_MAX_ELEMENTS];	/* ... these entered it, and may end here */
	TimestampTz oldest_arriving;	/* in order, and also if it came before */
} Stand;

typedef struct StartsWork
{
	MemoryContext context;
	ChainClock	clock;
	int64		starts;
	int64		starts_allocated;
	Start	   *start;
	Numbers		latest;			/* by label: its latest start */
	Numbers		newest;			/* by label: its newest last touchpoint, while thinning out */
	Numbers		masks;			/* of a group, when one of its touchpoints starts */
	Numbers		merged_start;
	Numbers		merged_last;
	Stand		stand[PATTERN_MAX_ELEMENTS];
	/* by a position to come from and one to go to: who went is before this */
	int64		gone[PATTERN_MAX_ELEMENTS][PATTERN_MAX_ELEMENTS];
} StartsWork;

/* What one call works on. */
typedef struct Pass
{
	const ChainPlan *plan;
	ChainWork  *chain_work;
	StartsWork *work;
	const ChainRun *run;
	ChainReach *reach;			/* by label */
	uint64		starting;		/* steps by which a chain may start */
	TimestampTz at;				/* of the present group ... */
	TimestampTz open;			/* ... and the oldest start whose window is open */
	uint64		arrived;		/* positions that the group carried somebody to */
	int64		begins;			/* starts from here on are its own */
	int64		begins_with;	/* the one that is carried on at the moment, or -1: all */
} Pass;

extern void numbers_reserve(StartsWork *work, Numbers *numbers, int64 count);
extern int64 stand_first_since(const StartsWork *work, const Stand *stand, TimestampTz at);
extern void stands_settle(Pass *pass);

static inline void
numbers_add(StartsWork *work, Numbers *numbers, int64 number)
{
	if (numbers->count == numbers->allocated)
		numbers_reserve(work, numbers, numbers->count + 1);
	numbers->at[numbers->count++] = number;
}

/* When the chain of one who stands here began. */
static inline TimestampTz
stand_start_at(const StartsWork *work, const Stand *stand, int64 i)
{
	return work->start[stand->start.at[i]].at;
}

/* A start has come so far at this instant. */
static inline void
start_note(Pass *pass, const Start *start, int reached)
{
	ChainReach *reach = &pass->reach[start->label];

	if (reached > reach->reached)
	{
		reach->reached = reached;
		reach->completed_at = pass->at;
		reach->started_at = reach->earliest_start = start->at;
	}
	else if (reached == reach->reached && reach->completed_at == pass->at)
	{
		reach->started_at = Max(reach->started_at, start->at);
		reach->earliest_start = Min(reach->earliest_start, start->at);
	}
}

/* Is it the first time that a start comes to a position? */
static inline bool
start_is_new(Pass *pass, int64 i, int position)
{
	Start	   *start = &pass->work->start[i];

	if (start->stands & STEP_BIT(position))
		return false;
	start->stands |= STEP_BIT(position);
	start_note(pass, start, position + 1);
	return true;
}

#endif							/* JOURNEY_MATCHER_STARTS_PRIVATE_H */
