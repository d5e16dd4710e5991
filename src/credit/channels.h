/*
 * channels.h
 *		What is counted of the channels of all customers, and what each model makes
 *		of it.
 *
 * Credit is counted in parts of a conversion, 10^18 each: integers, which add up
 * to the same whatever the plan.  A Markov model counts steps from the last
 * channels of a path to the next, and is solved when the answer is made; its state
 * grows with the distinct steps and not with the customers.
 */
#ifndef JOURNEY_CREDIT_CHANNELS_H
#define JOURNEY_CREDIT_CHANNELS_H

#include "credit/paths.h"
#include "credit/written.h"
#include "population/population.h"
#include "population/row_memo.h"

/* Rule-based models share touches; those of populations do not. */
enum
{
	SCOPE_SHARED,
	SCOPE_EXCLUSIVE,
	SCOPES
};

/* Slots of a channel, for each of the scopes. */
enum
{
	CHANNEL_TOUCHPOINTS,
	CHANNEL_CUSTOMERS,
	CHANNEL_FIRST,
	CHANNEL_LAST,
	CHANNEL_ONLY,
	CHANNEL_ASSISTS,
	CHANNEL_SLOTS
};

#define CHANNEL_SLOT(scope, slot)	((scope) * CHANNEL_SLOTS + (slot))

#define SHAPE_ALL		0		/* conversions without touches */
#define SHAPE_CHANNEL	1
#define FIXED_SHAPES	2		/* two for each order of Markov chains follow */

typedef struct ChannelPlan
{
	AnalysisPlan plan;
	CreditPaths *paths;
	const Models *models;
	bool		scope[SCOPES];	/* which are counted */
	int			steps[MODEL_MAX_ORDER + 1]; /* shape, by order; 0: none is asked for */
	CreditWeights weights;
	uint64		generation;		/* of the label codes: */
	uint32		codes;
	uint64	   *met;			/* by code and scope: the customer met last */
	uint64	   *path;			/* by code: the path met last */
	uint64		customer;
	uint64		path_number;
	RowMemo		memo;
	int64		touch_room;
	uint32	   *code;			/* by touch of a path: its channel */
	uint32	   *row;			/* and that one's row */
	WrittenPaths written;		/* of paths that are counted already; else without a context */
} ChannelPlan;

/* The conversion may be NULL: of paths that are counted already. */
extern ChannelPlan *channels_configure(const char *conversion, int conversion_length,
									   const char *model, int model_length);

/* Counts one customer; see Analysis. */
extern void channels_count(AnalysisPlan *plan, const JourneyColumns *columns, uint64 generation,
						   Tally **tally);

/*
 * Counts a path that is known with its numbers: its touches are the columns, from the first
 * to the last; so many conversions followed, with this value, and so many times none.
 */
extern void channels_count_path(ChannelPlan *plan, const JourneyColumns *columns,
								uint64 generation, int64 conversions, double value, int64 lost,
								Tally **tally);

/* What a model gives to a channel. */
typedef struct ChannelCredit
{
	uint32		row;			/* of the tally */
	bool		met;			/* it has a touch that the model looks at */
	double		conversions;
	double		value;
	bool		valued;			/* has one of the conversions it touched a value? */
	double		removal;		/* of Markov models; NaN: nothing converts */
} ChannelCredit;

/* By channel, in the order of their names. */
extern ChannelCredit *channels_credit(const ChannelPlan *plan, const Tally *tally, int model,
									  uint32 *channels);

/* Conversions of a scope that no touch preceded, and their value. */
extern int64 channels_unattributed(const Tally *tally, int scope, const TallySum **value);

static inline int
channels_scope(const Model *model)
{
	return model_is_of_population(model) ? SCOPE_EXCLUSIVE : SCOPE_SHARED;
}

#endif							/* JOURNEY_CREDIT_CHANNELS_H */
