/*
 * markov.h
 *		What a population loses without a channel, by a Markov chain of its
 *		paths.
 *
 * A state is the last "order" channels of a path so far, fewer at its
 * beginning; state 0 is the start, without any, and no step leads to it.
 * Each path is counted step by step, and ends in the state of its last
 * channels, with a conversion or without.
 */
#ifndef JOURNEY_CREDIT_MARKOV_H
#define JOURNEY_CREDIT_MARKOV_H

#define MARKOV_NO_CHANNEL	PG_UINT32_MAX

/* Pairs are distinct and come in any order; a state may lead to itself. */
typedef struct MarkovStep
{
	uint32		from;
	uint32		to;
	int64		count;
} MarkovStep;

typedef struct MarkovChain
{
	int			order;			/* channels that a state may have */
	uint32		channels;
	uint32		states;
	const uint32 *channel;		/* by state, "order" each: below "channels", or none */
	uint32		steps;
	const MarkovStep *step;
	const int64 *converted;		/* by state: paths that ended there with a conversion */
	const int64 *lost;			/* ... and without */
	const double *value;		/* by state: sum of the values of those converted */
} MarkovChain;

/* What is lost when the states of a channel lead nowhere. */
typedef struct MarkovEffect
{
	double		conversions;	/* share of all conversions, from 0 to 1 */
	double		value;			/* of the value that a path may expect */
} MarkovEffect;

/*
 * The effect of each channel; none where nothing converts.  Exact but for
 * rounding, which depends on the order of states and steps.
 */
extern void markov_removal_effects(const MarkovChain *chain, MarkovEffect *effect);

#endif							/* JOURNEY_CREDIT_MARKOV_H */
