/*
 * chain.c
 *		The Markov chain that a tally has counted, and the credit that follows from it.
 *
 * Credit is shared in proportion to what would be lost without a channel: of
 * conversions, and of value.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/float.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "credit/channels_private.h"
#include "credit/markov.h"
#include "type/array.h"

/* A state's channels in one number, each from 1 on. */
#define CHANNEL_BITS	21
#define MAX_CHANNELS	((1 << CHANNEL_BITS) - 1)
#define MAX_STATES		1000000

typedef struct State
{
	uint64		channels;		/* the key */
	uint32		number;
} State;

/* A chain while it is read. */
typedef struct ChainReading
{
	const Tally *tally;
	int			order;
	const ChannelCredit *credit;	/* names of channels, sorted */
	uint32		channels;
	HTAB	   *states;
	uint32		room;
	uint32	   *channel;
	int64	   *converted;
	int64	   *lost;
	double	   *value;
	MarkovChain markov;
} ChainReading;

/* The number of a channel, or "channels" if it has none, as in a forged state. */
static uint32
find_channel(const ChainReading *chain, const Label *name)
{
	uint32		low = 0;
	uint32		high = chain->channels;

	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;
		Label		other;
		int			order;

		tally_key(chain->tally, chain->credit[middle].row, &other);
		order = tally_compare_labels(&other, name);
		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return chain->channels;
}

static void
reserve_state(ChainReading *chain)
{
	MemoryContext context = CurrentMemoryContext;
	uint32		room = Max(64, chain->room * 2);

	if (chain->markov.states < chain->room)
		return;
	if (chain->markov.states >= MAX_STATES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("markov(%d) has too many states", chain->order),
				 errdetail("There are more than %d different runs of %d channels.",
						   MAX_STATES, chain->order),
				 errhint("Use a lower order, or fewer channels.")));
	chain->channel = array_grow(context, chain->channel, room, chain->order * sizeof(uint32));
	chain->converted = array_grow(context, chain->converted, room, sizeof(int64));
	chain->lost = array_grow(context, chain->lost, room, sizeof(int64));
	chain->value = array_grow(context, chain->value, room, sizeof(double));
	chain->room = room;
}

/* The number of the state with these channels, the last ones of more than there may be. */
static uint32
find_state(ChainReading *chain, const uint32 *channel, int channels)
{
	uint64		key = 0;
	bool		found;
	State	   *state;
	uint32		number;

	if (channels > chain->order)
	{
		channel += channels - chain->order;
		channels = chain->order;
	}
	for (int i = 0; i < channels; i++)
		key = (key << CHANNEL_BITS) | (channel[i] + 1);
	state = hash_search(chain->states, &key, HASH_ENTER, &found);
	if (found)
		return state->number;
	reserve_state(chain);
	number = state->number = chain->markov.states++;
	for (int i = 0; i < chain->order; i++)
		chain->channel[number * chain->order + i] = i < channels ? channel[i] : MARKOV_NO_CHANNEL;
	chain->converted[number] = chain->lost[number] = 0;
	chain->value[number] = 0;
	return number;
}

/* The channels of a row's key; false: no path can have them. */
static bool
read_key(const ChainReading *chain, uint32 row, int most, uint32 *channel, int *channels)
{
	Label		key[MODEL_MAX_ORDER + 1];

	*channels = tally_row_entry(chain->tally, row)->labels;
	if (*channels < 1 || *channels > most)
		return false;
	tally_key(chain->tally, row, key);
	for (int i = 0; i < *channels; i++)
	{
		channel[i] = find_channel(chain, &key[i]);
		if (channel[i] == chain->channels)
			return false;
	}
	return true;
}

static void
read_steps(ChainReading *chain, int shape)
{
	uint32		rows;
	uint32	   *row = tally_rows(chain->tally, shape, &rows);
	MarkovStep *step = palloc_extended(Max(rows, 1) * sizeof(MarkovStep), MCXT_ALLOC_HUGE);

	for (uint32 i = 0; i < rows; i++)
	{
		uint32		channel[MODEL_MAX_ORDER + 1];
		int			channels;

		if (i % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		if (!read_key(chain, row[i], chain->order + 1, channel, &channels))
			continue;
		step[chain->markov.steps].from = find_state(chain, channel, channels - 1);
		step[chain->markov.steps].to = find_state(chain, channel, channels);
		step[chain->markov.steps++].count = tally_count(chain->tally, row[i], 0);
	}
	chain->markov.step = step;
	pfree(row);
}

static void
read_ends(ChainReading *chain, int shape)
{
	uint32		rows;
	uint32	   *row = tally_rows(chain->tally, shape, &rows);

	for (uint32 i = 0; i < rows; i++)
	{
		uint32		channel[MODEL_MAX_ORDER + 1];
		int			channels;
		uint32		state;

		if (i % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		if (!read_key(chain, row[i], chain->order, channel, &channels))
			continue;
		state = find_state(chain, channel, channels);
		chain->converted[state] = tally_count(chain->tally, row[i], END_CONVERTED);
		chain->lost[state] = tally_count(chain->tally, row[i], END_LOST);
		chain->value[state] = tally_sum_total(tally_sum(chain->tally, row[i], END_VALUE));
	}
	pfree(row);
}

static ChainReading *
read_chain(const Tally *tally, int shape, int order, const ChannelCredit *credit, uint32 channels)
{
	ChainReading *chain = palloc0(sizeof(ChainReading));
	HASHCTL		control = {
		.keysize = sizeof(uint64), .entrysize = sizeof(State), .hcxt = CurrentMemoryContext
	};

	if (channels > MAX_CHANNELS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("markov has too many channels"),
				 errdetail("There are %u, and at most %d can be solved.", channels, MAX_CHANNELS)));
	chain->tally = tally;
	chain->order = order;
	chain->credit = credit;
	chain->channels = channels;
	chain->states = hash_create("journey states", 1024, &control,
								HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	find_state(chain, NULL, 0);	/* the start, number 0 */
	read_steps(chain, shape + CHAIN_STEPS);
	read_ends(chain, shape + CHAIN_ENDS);
	hash_destroy(chain->states);
	chain->markov.order = order;
	chain->markov.channels = channels;
	chain->markov.channel = chain->channel;
	chain->markov.converted = chain->converted;
	chain->markov.lost = chain->lost;
	chain->markov.value = chain->value;
	return chain;
}

/* What there is to share out. */
static void
add_up(const Tally *tally, int shape, double *conversions, TallySum *value)
{
	uint32		rows;
	uint32	   *row = tally_rows(tally, shape + CHAIN_ENDS, &rows);

	*conversions = 0;
	*value = (TallySum) {0};
	for (uint32 i = 0; i < rows; i++)
	{
		const TallySum *end = tally_sum(tally, row[i], END_VALUE);

		*conversions += tally_count(tally, row[i], END_CONVERTED);
		tally_sum_add(value, end->sum);
		tally_sum_add(value, end->rest);
		value->count += end->count - 2;
	}
	pfree(row);
}

void
chain_credit(const Tally *tally, int shape, int order, ChannelCredit *credit, uint32 channels)
{
	ChainReading *chain = read_chain(tally, shape, order, credit, channels);
	MarkovEffect *effect = palloc0(Max(channels, 1) * sizeof(MarkovEffect));
	double		conversions;
	TallySum	value;
	double		all = 0;
	double		all_value = 0;
	double		moved = 0;

	markov_removal_effects(&chain->markov, effect);
	add_up(tally, shape, &conversions, &value);
	for (uint32 i = 0; i < channels; i++)
	{
		all += effect[i].conversions;
		all_value += effect[i].value;
		moved += fabs(effect[i].value);
	}
	/* losses of value that cancel out share nothing out */
	if (fabs(all_value) <= moved * 1e-12)
		all_value = 0;
	for (uint32 state = 1; state < chain->markov.states; state++)
		for (int i = 0; i < order; i++)
			if (chain->channel[state * order + i] != MARKOV_NO_CHANNEL)
				credit[chain->channel[state * order + i]].met = true;
	for (uint32 i = 0; i < channels; i++)
	{
		double		share = all > 0 ? effect[i].conversions / all : 0;

		credit[i].removal = conversions > 0 ? effect[i].conversions : get_float8_nan();
		credit[i].conversions = share * conversions;
		credit[i].value = (all_value != 0 ? effect[i].value / all_value : share) *
			tally_sum_total(&value);
		credit[i].valued = value.count > 0;
	}
}
