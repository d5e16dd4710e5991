/*
 * staging.c
 *		The stages of touchpoints by a stage model.
 *
 * Rules with "after" are conditions, numbered in the order of the model and so of their stages.
 * A pair of labels has the last stage of its rules without "after", the set of conditions that
 * may lift it above that, and the set of those for which it is what comes before.  Sets have as
 * many words as the model needs, one as a rule; the first two are empty, and those of all pairs
 * that no condition speaks of.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

#include "matcher/staging.h"
#include "type/array.h"

#define MANY			0xffff	/* touchpoints between looks at interrupts */
#define BITS_PER_WORD	64
#define PAIRS_MAX		(1 << 20)	/* that are kept */

typedef struct StagedPair
{
	uint64		pair;			/* event and channel */
	uint32		sets;			/* number of its sets */
	int8		stage;			/* by rules without "after" */
	char		status;
} StagedPair;

#define SH_PREFIX			staged
#define SH_ELEMENT_TYPE		StagedPair
#define SH_KEY_TYPE			uint64
#define SH_KEY				pair
#define SH_HASH_KEY(table, key)	((uint32) (((key) * labels_multiplier) >> 32))
#define SH_EQUAL(table, a, b)	((a) == (b))
#define SH_SCOPE			static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct Staging
{
	MemoryContext context;
	const StageModel *model;
	int			conditions;
	int8	   *condition_stage;
	const StageRule **condition;
	int			words;			/* of a set of conditions */
	uint64	   *before;			/* met before the instant at hand, and at it */
	uint64	   *now;
	const Labels *labels;		/* of the codes in pairs */
	uint64		generation;
	MemoryContext pair_context;
	staged_hash *pairs;
	uint64	   *sets;			/* two at a time: may lift, comes before */
	uint32		used;
	uint32		sets_room;
	int8	   *stage;
	int64		room;
};

#define SETS(staging, number)	((staging)->sets + (Size) (number) * 2 * (staging)->words)

Staging *
staging_create(const StageModel *model, MemoryContext context)
{
	Staging    *staging = MemoryContextAllocZero(context, sizeof(Staging));

	staging->context = context;
	staging->model = model;
	staging->condition = MemoryContextAlloc(context, model->rules * sizeof(StageRule *));
	staging->condition_stage = MemoryContextAlloc(context, model->rules);
	for (int i = 0; i < model->rules; i++)
	{
		if (model->rule[i].after.terms == 0)
			continue;
		staging->condition[staging->conditions] = &model->rule[i];
		staging->condition_stage[staging->conditions++] = model->rule[i].stage;
	}
	staging->words = staging->conditions / BITS_PER_WORD + 1;
	staging->before = MemoryContextAllocZero(context, staging->words * sizeof(uint64));
	staging->now = MemoryContextAllocZero(context, staging->words * sizeof(uint64));
	return staging;
}

/* ----------
 * Pairs of labels
 * ----------
 */

/* Empty sets behind the others. */
static uint64 *
reserve_sets(Staging *staging)
{
	Size		size = 2 * staging->words * sizeof(uint64);

	if (staging->used == staging->sets_room)
	{
		uint32		room = Max(16, 2 * staging->sets_room);

		staging->sets = array_grow(staging->pair_context, staging->sets, room, size);
		staging->sets_room = room;
	}
	return memset(SETS(staging, staging->used), 0, size);
}

static void
forget_pairs(Staging *staging, const Labels *labels, uint64 generation)
{
	staging->labels = NULL;
	staging->pairs = NULL;
	staging->sets = NULL;
	staging->used = staging->sets_room = 0;
	if (staging->pair_context)
		MemoryContextReset(staging->pair_context);
	else
		staging->pair_context = AllocSetContextCreate(staging->context, "journey stages",
													  ALLOCSET_SMALL_SIZES);
	staging->pairs = staged_create(staging->pair_context, 64, NULL);
	reserve_sets(staging);
	staging->used = 1;
	staging->generation = generation;
	staging->labels = labels;
}

/* The last stage that labels have without regard to others. */
static int
plain_stage(const StageModel *model, const Label *event, const Label *channel)
{
	for (int i = model->rules - 1; i >= 0; i--)
		if (model->rule[i].after.terms == 0 &&
			stage_choice_matches(model, &model->rule[i].matches, event, channel))
			return model->rule[i].stage;
	return STAGE_NONE;
}

/* The number of the sets of a pair that has this stage without them. */
static uint32
make_sets(Staging *staging, int stage, const Label *event, const Label *channel)
{
	uint64	   *lifts = reserve_sets(staging);
	uint64	   *precedes = lifts + staging->words;
	bool		empty = true;

	for (int i = 0; i < staging->conditions; i++)
	{
		const StageRule *rule = staging->condition[i];
		uint64		bit = UINT64CONST(1) << (i % BITS_PER_WORD);
		bool		may_lift = rule->stage > stage &&
			stage_choice_matches(staging->model, &rule->matches, event, channel);
		bool		comes_before =
			stage_choice_matches(staging->model, &rule->after, event, channel);

		if (may_lift)
			lifts[i / BITS_PER_WORD] |= bit;
		if (comes_before)
			precedes[i / BITS_PER_WORD] |= bit;
		empty = empty && !may_lift && !comes_before;
	}
	return empty ? 0 : staging->used++;
}

static const StagedPair *
learn_pair(Staging *staging, uint64 pair, const Label *event, const Label *channel)
{
	int			stage = plain_stage(staging->model, event, channel);
	uint32		sets;
	StagedPair *entry;
	bool		found;

	CHECK_FOR_INTERRUPTS();
	if (staging->pairs->members == PAIRS_MAX)
		forget_pairs(staging, staging->labels, staging->generation);
	sets = make_sets(staging, stage, event, channel);
	entry = staged_insert(staging->pairs, pair, &found);
	entry->stage = stage;
	entry->sets = sets;
	return entry;
}

static inline const StagedPair *
find_pair(Staging *staging, uint32 event, uint32 channel)
{
	uint64		pair = ((uint64) event << 32) | channel;
	const StagedPair *entry = staged_lookup(staging->pairs, pair);

	if (unlikely(entry == NULL))
		entry = learn_pair(staging, pair, &staging->labels->label[event],
						   &staging->labels->label[channel]);
	return entry;
}

int
staging_of_pair(Staging *staging, const Labels *labels, uint64 generation, uint32 event,
				uint32 channel)
{
	if (staging->labels != labels || staging->generation != generation)
		forget_pairs(staging, labels, generation);
	return find_pair(staging, event, channel)->stage;
}

/* ----------
 * Journeys
 * ----------
 */

static void
reserve_stages(Staging *staging, int64 count)
{
	if (count <= staging->room)
		return;
	staging->stage = array_renew(staging->context, staging->stage, count, sizeof(int8));
	staging->room = count;
}

/* The stage that the last condition gives of those which lift a pair and have been met. */
static inline int
lifted_stage(const Staging *staging, const uint64 *lifts, int stage)
{
	for (int word = staging->words - 1; word >= 0; word--)
	{
		uint64		met = lifts[word] & staging->before[word];

		if (met != 0)
			return staging->condition_stage[word * BITS_PER_WORD + pg_leftmost_one_pos64(met)];
	}
	return stage;
}

/* A later instant begins: what was met at the one before now lies before. */
static inline void
next_instant(Staging *staging)
{
	for (int word = 0; word < staging->words; word++)
	{
		staging->before[word] |= staging->now[word];
		staging->now[word] = 0;
	}
}

const int8 *
staging_load(Staging *staging, const JourneyColumns *columns, uint64 generation)
{
	bool		by_channel = columns->channel && (staging->model->columns & COLUMN_CHANNEL) != 0;
	const StagedPair *pair = NULL;
	uint64		last = 0;
	TimestampTz instant = DT_NOBEGIN;

	if (staging->labels != columns->labels || staging->generation != generation)
		forget_pairs(staging, columns->labels, generation);
	reserve_stages(staging, columns->count);
	memset(staging->before, 0, staging->words * sizeof(uint64));
	memset(staging->now, 0, staging->words * sizeof(uint64));
	for (int64 i = 0; i < columns->count; i++)
	{
		uint32		channel = by_channel ? columns->channel[i] : LABEL_NONE;
		uint64		key = ((uint64) columns->event[i] << 32) | channel;

		if ((i & MANY) == MANY)
			CHECK_FOR_INTERRUPTS();
		if (pair == NULL || key != last)
			pair = find_pair(staging, columns->event[i], channel);
		last = key;
		staging->stage[i] = pair->stage;
		if (pair->sets != 0)
		{
			const uint64 *sets = SETS(staging, pair->sets);

			if (columns->at[i] != instant)
				next_instant(staging);
			instant = columns->at[i];
			staging->stage[i] = lifted_stage(staging, sets, pair->stage);
			for (int word = 0; word < staging->words; word++)
				staging->now[word] |= sets[staging->words + word];
		}
	}
	return staging->stage;
}

bool
staging_wants(const StageModel *model, const Label *event, const Label *channel)
{
	for (int i = 0; i < model->terms; i++)
		if (pattern_term_matches(&model->term[i], event, channel))
			return true;
	return false;
}
