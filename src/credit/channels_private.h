/*
 * channels_private.h
 *		What counting channels and solving their chains share.
 */
#ifndef JOURNEY_CREDIT_CHANNELS_PRIVATE_H
#define JOURNEY_CREDIT_CHANNELS_PRIVATE_H

#include "credit/channels.h"

/* Slots of a channel for each model. */
enum
{
	CREDIT_PARTS,
	CREDIT_VALUE,
	CREDIT_SLOTS
};

/* Shapes of a chain: keys are a state's channels, in steps with the next one behind them. */
enum
{
	CHAIN_STEPS,
	CHAIN_ENDS,
	CHAIN_SHAPES
};

/* Slots of the end of a path, by the state it ended in. */
enum
{
	END_CONVERTED,
	END_LOST,
	END_VALUE,
	END_SLOTS
};

/* chain.c: what a Markov model gives to channels, whose rows are set; adds what it meets. */
extern void chain_credit(const Tally *tally, int shape, int order, ChannelCredit *credit,
						 uint32 channels);

#endif							/* JOURNEY_CREDIT_CHANNELS_PRIVATE_H */
