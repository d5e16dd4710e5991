/*
 * pattern.c
 *		Any text is a pattern or an error; a pattern can be looked for in a
 *		journey, and the chain that is reported is one.  For plain patterns the
 *		general algorithm finds the same chain.
 *
 * The input is the pattern, a zero byte, and two bytes a touchpoint.
 */
#include "shim.h"

#include "mb/pg_wchar.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "type/builder.h"
#include "matcher/matcher_private.h"

#define MAX_TOUCHPOINTS	40

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

/* Letters as events and channels, often at one time, up to days apart. */
static const JourneyColumns *
make_columns(const Input *input)
{
	static const int64 step[] = {0, 0, 1, USECS_PER_SEC, USECS_PER_HOUR, USECS_PER_DAY,
	3 * USECS_PER_DAY, 20 * USECS_PER_DAY};
	Labels	   *labels = labels_create(CurrentMemoryContext);
	JourneyBuilder *builder = builder_create(CurrentMemoryContext, labels);
	TimestampTz at = 0;

	for (size_t i = 0; i < Min(input->touchpoints, MAX_TOUCHPOINTS); i++)
	{
		const uint8_t *code = input->touchpoint + 2 * i;
		char		event = 'a' + code[0] % 8;
		char		channel = 'u' + (code[1] >> 3) % 4;

		at += step[code[1] % 8];
		builder_add(builder, at, labels_intern(labels, &event, 1),
					(code[1] >> 5) ? labels_intern(labels, &channel, 1) : LABEL_NONE,
					(code[0] & 0x80) ? code[0] : get_float8_nan(), get_float8_nan());
	}
	return builder_columns(builder);
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
	const JourneyColumns *columns = make_columns(input);
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
