/*
 * pattern.c
 *		Any text is a pattern or an error; a pattern can be looked for in a
 *		journey, and the chain that is reported is one.  For plain patterns the
 *		general algorithm finds the same chain.
 *
 * The input is the pattern, a zero byte, and two bytes a touchpoint.
 */
#include "touchpoints.h"

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "matcher/matcher_private.h"

typedef struct Input
{
	const char *text;
	int			length;
	const uint8_t *touchpoint;
	size_t		touchpoints;
	Pattern    *pattern;
} Input;

static void
parse(void *argument)
{
	Input	   *input = argument;

	input->pattern = pattern_parse(input->text, input->length);
}

/* Does the touchpoint match the step, by a look at the terms? */
static bool
serves(const Pattern *pattern, int element, const JourneyColumns *columns, int64 i)
{
	const Label *event = &columns->labels->label[columns->event[i]];
	const Label *channel = &columns->labels->label[COLUMN_CHANNEL_AT(columns, i)];

	for (int t = 0; t < pattern->terms; t++)
	{
		const PatternTerm *term = &pattern->term[t];

		if (term->element == element &&
			pattern_name_matches(&term->event, event->text, event->length) &&
			pattern_name_matches(&term->channel, channel->text, channel->length) &&
			pattern_name_matches(&term->choice_channel, channel->text, channel->length))
			return true;
	}
	return false;
}

static void
check_chain(const Pattern *pattern, const JourneyColumns *columns, const Chain *chain)
{
	int64		first = -1;
	int64		before = -1;

	for (int step = 0; step < chain->reached; step++)
	{
		int64		i = chain->touchpoint[step];

		if (i < 0)
		{
			fuzz_check(pattern->step[step].optional || pattern->step[step].trailing,
					   "a required step has no touchpoint");
			continue;
		}
		fuzz_check(i < columns->count, "a touchpoint does not exist");
		fuzz_check(before < 0 || columns->at[i] >= columns->at[before], "times of a chain fall");
		for (int other = 0; other < step; other++)
			fuzz_check(chain->touchpoint[other] != i, "a touchpoint serves twice");
		fuzz_check(pattern->set || serves(pattern, pattern->step[step].element, columns, i),
				   "a touchpoint does not match its step");
		if (first < 0)
			first = i;
		before = i;
	}
	if (first >= 0 && pattern->window != PATTERN_NO_LIMIT)
		fuzz_check((uint64) columns->at[before] - (uint64) columns->at[first] <= (uint64) pattern->window,
				   "a chain is longer than its window");
}

static void
check_attempts(Matcher *matcher, const Pattern *pattern, const JourneyColumns *columns)
{
	Chain		chain;

	for (int attempt = 0; attempt <= columns->count; attempt++)
	{
		matcher_chain(matcher, &chain);
		check_chain(pattern, columns, &chain);
		if (!chain.completed)
			return;
		matcher_restart_after(matcher, chain.ended_at);
	}
	fuzz_check(false, "attempts do not end");
}

static void
match(void *argument)
{
	Input	   *input = argument;
	Pattern    *pattern = input->pattern;
	const JourneyColumns *columns = fuzz_columns_of(input->touchpoint, input->touchpoints);
	Matcher    *matcher = matcher_create(pattern, CurrentMemoryContext);
	ChainLabel	label;
	Chain		chain;
	Chain		again;

	matcher_load(matcher, columns, 1);
	matcher_chain(matcher, &chain);
	check_chain(pattern, columns, &chain);
	fuzz_check(chain.reached == matcher_reached(matcher), "a chain is shorter than what was reached");
	fuzz_check(chain.completed == matcher_matches(matcher), "a chain is complete but does not match");
	if (matcher->plan.plain)
	{
		matcher->plan.plain = false;
		matcher_load(matcher, columns, 1);
		matcher_chain(matcher, &again);
		fuzz_check(chain.reached == again.reached &&
				   memcmp(chain.touchpoint, again.touchpoint,
						  chain.reached * sizeof(int64)) == 0,
				   "a plain pattern is matched in another way by the general algorithm");
		matcher->plan.plain = true;
		matcher_load(matcher, columns, 1);
	}
	for (int labels = 0; matcher_next(matcher, &label, &again); labels++)
	{
		fuzz_check(labels <= columns->count, "labels do not end");
		check_chain(pattern, columns, &again);
		fuzz_check(again.reached <= chain.reached, "a label reaches further than all of them");
	}
	matcher_load(matcher, columns, 1);
	check_attempts(matcher, pattern, columns);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\0', size);
	Input		input = {0};

	input.length = end ? end - data : size;
	if (end)
	{
		input.touchpoint = end + 1;
		input.touchpoints = (size - input.length - 1) / 2;
	}
	/* in memory of its own, so that reading beyond its end is seen */
	input.text = malloc(input.length);
	memcpy((char *) input.text, data, input.length);
	if (pg_encoding_verifymbstr(PG_UTF8, input.text, input.length) == input.length &&
		fuzz_try(parse, &input))
		fuzz_try(match, &input);
	free((char *) input.text);
	if (TopMemoryContext)
		fuzz_reset();
	return 0;
}
