/*
 * bind.c
 *		Makes a pattern ready for matching, and binds its names to labels.
 *
 * A choice is cut into factors: the alternatives that share one test of the
 * channel.  Whether a label passes the event tests of a factor, and whether it
 * passes its channel test, is found out once per label and kept as bits; a
 * touchpoint then matches the factors in the intersection of its event's and
 * its channel's bits.  As a rule every choice is one factor, and the bits are
 * the steps themselves.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "matcher/matcher_private.h"
#include "type/array.h"

/* ----------
 * Plan
 * ----------
 */

/* Gives steps the first bits and exclusions the others. */
static void
plan_bits(ChainPlan *plan, const Pattern *pattern)
{
	int			exclusions = plan->positions;

	for (int i = 0; i < pattern->elements; i++)
	{
		const PatternElement *element = &pattern->element[i];

		if (!element->exclusion)
		{
			plan->bit[i] = element->step;
			plan->steps |= STEP_BIT(element->step);
			if (element->optional)
				plan->optional |= STEP_BIT(element->step);
			plan->limit[element->step] = element->limit;
			plan->next[element->step] = element->next;
			continue;
		}
		plan->bit[i] = exclusions++;
		if (element->step < plan->positions)
			plan->exclusion[element->step] |= STEP_BIT(plan->bit[i]);
		else
		{
			plan->trailing_bits |= STEP_BIT(plan->bit[i]);
			plan->trailing_bit[plan->trailing] = plan->bit[i];
			plan->trailing_limit[plan->trailing++] = element->limit;
		}
	}
}

/*
 * Of two chains at one position, the one that started first came there first or
 * is the other's equal: so it is where steps are required, since two chains that
 * overtake each other can exchange what lies ahead of them.  A chain that skips a step can be
 * held up by that step's exclusions while one that matched it goes on; and one that
 * began behind others, beside optional steps, can be too old for a limit.
 */
static bool
keeps_order(const ChainPlan *plan)
{
	for (int position = 1; position < plan->positions; position++)
	{
		int			earliest = plan->earliest[position];

		if (earliest < 0 && plan->bounded)
			return false;
		for (int arrow = earliest + 1; earliest < position - 1 && arrow <= position; arrow++)
		{
			if (plan->exclusion[arrow] != 0)
				return false;
		}
	}
	return true;
}

static void
make_plan(ChainPlan *plan, const Pattern *pattern)
{
	memset(plan, 0, sizeof(ChainPlan));
	plan->reports = pattern->steps;
	plan->window = pattern->window;
	plan->from_first = pattern->from_first;
	for (int i = 0; i < pattern->elements; i++)
		plan->positions += !pattern->element[i].exclusion;
	plan_bits(plan, pattern);
	for (int position = 0; position < plan->positions; position++)
	{
		int			earliest = position - 1;

		while (earliest >= 0 && (plan->optional & STEP_BIT(earliest)) != 0)
			earliest--;
		plan->earliest[position] = earliest;
		if (plan->exclusion[position] != 0 || plan->limit[position] != PATTERN_NO_LIMIT ||
			plan->next[position])
			plan->bounded = true;
	}
	plan->free = !plan->bounded && plan->optional == 0 && !pattern->set;
	plan->plain = plan->free && plan->trailing == 0;
	plan->each_start = plan->trailing > 0 && plan->window != PATTERN_NO_LIMIT && !plan->from_first;
	plan->in_order = keeps_order(plan);
}

/* ----------
 * Binding
 * ----------
 */

static bool
same_name(const PatternName *a, const PatternName *b)
{
	return a->absent == b->absent && a->prefix == b->prefix && a->length == b->length &&
		memcmp(a->text ? a->text : "", b->text ? b->text : "", a->length) == 0;
}

/* Finds or makes the factor of each term. */
static void
make_factors(Matcher *matcher)
{
	const Pattern *pattern = matcher->pattern;

	matcher->factor = palloc0(pattern->terms * sizeof(Factor));
	matcher->factor_of_term = palloc(pattern->terms * sizeof(int));
	for (int t = 0; t < pattern->terms; t++)
	{
		const PatternTerm *term = &pattern->term[t];
		int			bit = matcher->plan.bit[term->element];
		int			f = 0;

		if ((t & 0xff) == 0)
			CHECK_FOR_INTERRUPTS();
		while (f < matcher->factors &&
			   !(matcher->factor[f].bit == bit &&
				 same_name(&matcher->factor[f].channel, &term->channel) &&
				 same_name(&matcher->factor[f].choice_channel, &term->choice_channel)))
			f++;
		if (f == matcher->factors)
		{
			matcher->factor[f].bit = bit;
			matcher->factor[f].channel = term->channel;
			matcher->factor[f].choice_channel = term->choice_channel;
			matcher->factors++;
		}
		matcher->factor_of_term[t] = f;
	}
	matcher->words = (matcher->factors + BITS_PER_WORD - 1) / BITS_PER_WORD;
}

/* With one factor an element, factors can be numbered like the bits. */
static void
number_factors(Matcher *matcher)
{
	Factor	   *numbered;

	matcher->simple = matcher->factors == matcher->pattern->elements;
	if (!matcher->simple)
		return;
	numbered = palloc(matcher->factors * sizeof(Factor));
	for (int f = 0; f < matcher->factors; f++)
		numbered[matcher->factor[f].bit] = matcher->factor[f];
	for (int t = 0; t < matcher->pattern->terms; t++)
		matcher->factor_of_term[t] = matcher->factor[matcher->factor_of_term[t]].bit;
	matcher->factor = numbered;
}

Matcher *
matcher_create(const Pattern *pattern, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	Matcher    *matcher = palloc0(sizeof(Matcher));

	matcher->pattern = pattern;
	matcher->context = context;
	make_plan(&matcher->plan, pattern);
	matcher->work = chain_work_create(&matcher->plan, context);
	for (int i = 0; i < pattern->elements; i++)
		matcher->adjacent |= pattern->element[i].next;
	make_factors(matcher);
	number_factors(matcher);
	matcher->term_possible = palloc0(pattern->terms * sizeof(bool));
	matcher->term_seen = palloc(pattern->terms * sizeof(bool));
	memset(matcher->term_seen, true, pattern->terms * sizeof(bool));
	matcher->unseen = palloc(pattern->terms * sizeof(int));
	for (int byte = 0; byte < lengthof(matcher->lanes); byte++)
	{
		for (int bit = 0; bit < 8; bit++)
			matcher->lanes[byte] |= (uint64) ((byte >> bit) & 1) << (bit * 8);
	}
	matcher->parts_allocated = 1;
	matcher->part = palloc(sizeof(MatcherPart));
	if (matcher->plan.trailing > 0)
		matcher->trailing = palloc(matcher->plan.trailing * sizeof(ChainTrailing));
	MemoryContextSwitchTo(old);
	return matcher;
}

/* Lists the terms that are still to be seen, and the elements they belong to. */
void
matcher_watch_terms(Matcher *matcher)
{
	matcher->watched = 0;
	matcher->unseen_terms = 0;
	for (int t = 0; t < matcher->pattern->terms; t++)
	{
		if (!matcher->term_possible[t] || matcher->term_seen[t])
			continue;
		matcher->unseen[matcher->unseen_terms++] = t;
		matcher->watched |= STEP_BIT(matcher->plan.bit[matcher->pattern->term[t].element]);
	}
}

static void
bind_label(Matcher *matcher, uint32 code)
{
	const Pattern *pattern = matcher->pattern;
	const Label *label = &matcher->labels->label[code];
	uint64	   *event = matcher->event_bits + (Size) code * matcher->words;
	uint64	   *channel = matcher->channel_bits + (Size) code * matcher->words;

	memset(event, 0, matcher->words * sizeof(uint64));
	memset(channel, 0, matcher->words * sizeof(uint64));
	for (int t = 0; t < pattern->terms && code != LABEL_NONE; t++)
	{
		int			f = matcher->factor_of_term[t];

		if (!pattern_name_matches(&pattern->term[t].event, label->text, label->length))
			continue;
		event[f / BITS_PER_WORD] |= UINT64CONST(1) << (f % BITS_PER_WORD);
		matcher->term_possible[t] = true;
	}
	for (int f = 0; f < matcher->factors; f++)
	{
		const Factor *factor = &matcher->factor[f];

		if (pattern_name_matches(&factor->channel, label->text, label->length) &&
			pattern_name_matches(&factor->choice_channel, label->text, label->length))
			channel[f / BITS_PER_WORD] |= UINT64CONST(1) << (f % BITS_PER_WORD);
	}
}

/* Binds the labels that are new. */
void
matcher_bind_labels(Matcher *matcher, const Labels *labels, uint64 generation)
{
	uint32		count = labels_count(labels);

	if (matcher->labels != labels || matcher->generation != generation)
		matcher->bound = 0;
	matcher->labels = labels;
	matcher->generation = generation;
	if (count > matcher->bound_allocated)
	{
		uint32		allocated = Max(64, Max(count, matcher->bound_allocated * 2));
		Size		size = matcher->words * sizeof(uint64);

		matcher->event_bits = array_grow(matcher->context, matcher->event_bits, allocated, size);
		matcher->channel_bits = array_grow(matcher->context, matcher->channel_bits, allocated,
										   size);
		matcher->bound_allocated = allocated;
	}
	for (; matcher->bound < count; matcher->bound++)
	{
		CHECK_FOR_INTERRUPTS();
		bind_label(matcher, matcher->bound);
	}
}

/* The elements that a pair of labels matches, when factors are many. */
uint64
matcher_match_factors(const Matcher *matcher, uint32 event, uint32 channel)
{
	const uint64 *event_bits = matcher->event_bits + (Size) event * matcher->words;
	const uint64 *channel_bits = matcher->channel_bits + (Size) channel * matcher->words;
	uint64		mask = 0;

	for (int word = 0; word < matcher->words; word++)
	{
		uint64		both = event_bits[word] & channel_bits[word];

		for (; both != 0; both &= both - 1)
		{
			int			factor = word * BITS_PER_WORD + pg_rightmost_one_pos64(both);

			mask |= STEP_BIT(matcher->factor[factor].bit);
		}
	}
	return mask;
}

/* A touchpoint of watched elements: which terms has it matched? */
void
matcher_note_terms(Matcher *matcher, uint32 event, uint32 channel)
{
	const Label *e = &matcher->labels->label[event];
	const Label *c = &matcher->labels->label[channel];
	bool		seen = false;

	for (int i = 0; i < matcher->unseen_terms; i++)
	{
		int			t = matcher->unseen[i];

		if (!pattern_term_matches(&matcher->pattern->term[t], e, c))
			continue;
		matcher->term_seen[t] = true;
		seen = true;
	}
	if (seen)
		matcher_watch_terms(matcher);
}
