/*
 * channel_rules.c
 *		Any text is channel rules or an error; what they say of a source, a medium and a
 *		campaign is what a word that is matched in the simplest way says.
 *
 * The input is the rules, and the three values, with zero bytes between.
 */
#include "shim.h"

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "pattern/channel_rules.h"

typedef struct Input
{
	const char *text[1 + CHANNEL_COLUMNS];
	int			length[1 + CHANNEL_COLUMNS];
	ChannelRules *rules;
} Input;

static void
parse(void *argument)
{
	Input	   *input = argument;

	input->rules = channel_rules_parse(input->text[0], input->length[0]);
}

static void
check_lists(const ChannelRules *rules)
{
	int			conditions = 0;

	fuzz_check(rules->rules >= 1, "there is no rule");
	for (int i = 0; i < rules->rules; i++)
	{
		fuzz_check(rules->rule[i].conditions >= 1, "a rule has no condition");
		fuzz_check(rules->rule[i].first_condition == conditions, "conditions do not follow one another");
		conditions += rules->rule[i].conditions;
	}
	fuzz_check(conditions == rules->conditions, "a condition belongs to no rule");
	for (int i = 0; i < conditions; i++)
		fuzz_check(rules->condition[i].words >= 1 &&
				   rules->condition[i].first_word + rules->condition[i].words <= rules->words,
				   "a condition has no words");
	for (int i = 0; i < rules->words; i++)
		fuzz_check(rules->word[i].parts >= 0 &&
				   rules->word[i].first_part + rules->word[i].parts <= rules->parts,
				   "a word has no parts");
}

/* By trying everything; "steps" keeps it from taking for ever. */
static bool
matches(const ChannelPart *part, int parts, const char *text, const char *end, int *steps)
{
	if (--*steps < 0)
		return false;
	if (parts == 0)
		return text == end;
	if (part->kind == PART_ANY)
	{
		for (;; text += pg_mblen(text))
		{
			if (matches(part + 1, parts - 1, text, end, steps))
				return true;
			if (text == end)
				return false;
		}
	}
	if (part->kind == PART_TEXT)
		return end - text >= part->length && memcmp(text, part->text, part->length) == 0 &&
			matches(part + 1, parts - 1, text + part->length, end, steps);
	if (text == end)
		return false;
	if (pg_mblen(text) > 1 ? !part->beyond :
		!(part->among[*text / 64] & UINT64CONST(1) << (*text % 64)))
		return false;
	return matches(part + 1, parts - 1, text + pg_mblen(text), end, steps);
}

static bool
word_holds(const ChannelRules *rules, const ChannelWord *word, const char *text, int length, int *steps)
{
	return word->parts == 0 ? length == 0 : length > 0 &&
		matches(&rules->part[word->first_part], word->parts, text, text + length, steps);
}

static void
classify(void *argument)
{
	const Input *input = argument;
	const ChannelRules *rules = input->rules;
	const char *expected = NULL;
	Label		value[CHANNEL_COLUMNS];
	char	   *plain[CHANNEL_COLUMNS];
	int			length[CHANNEL_COLUMNS];
	int			steps = 100000;
	const char *found;

	check_lists(rules);
	for (int i = 0; i < CHANNEL_COLUMNS; i++)
	{
		const char *from = input->text[i + 1];
		const char *to = from + input->length[i + 1];

		value[i] = (Label) {.text = from, .length = to - from};
		while (from < to && strchr(" \t\n\v\f\r", *from))
			from++;
		while (from < to && strchr(" \t\n\v\f\r", to[-1]))
			to--;
		plain[i] = palloc(to - from + 1);
		length[i] = to - from;
		for (int k = 0; k < length[i]; k++)
			plain[i][k] = from[k] >= 'A' && from[k] <= 'Z' ? from[k] + 'a' - 'A' : from[k];
		plain[i][length[i]] = '\0';
	}
	found = channel_rules_classify(rules, value);
	for (int r = 0; r < rules->rules && !expected; r++)
	{
		bool		all = true;

		for (int c = 0; c < rules->rule[r].conditions; c++)
		{
			const ChannelCondition *condition = &rules->condition[rules->rule[r].first_condition + c];
			bool		any = false;

			for (int w = 0; w < condition->words; w++)
				any |= word_holds(rules, &rules->word[condition->first_word + w],
								  plain[condition->column], length[condition->column], &steps);
			all &= any;
		}
		if (all)
			expected = rules->rule[r].channel;
	}
	fuzz_check(steps < 0 || strcmp(found, expected ? expected : CHANNEL_UNASSIGNED) == 0,
			   "rules say another channel than they should");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size;
	Input		input = {0};
	bool		valid = true;

	for (int i = 0; i < lengthof(input.text); i++)
	{
		const uint8_t *zero = data < end ? memchr(data, '\0', end - data) : NULL;

		input.length[i] = (zero ? zero : end) - data;
		/* in memory of its own, so that reading beyond its end is seen */
		input.text[i] = malloc(input.length[i]);
		memcpy((char *) input.text[i], data, input.length[i]);
		valid &= pg_encoding_verifymbstr(PG_UTF8, input.text[i], input.length[i]) == input.length[i];
		data = zero ? zero + 1 : end;
	}
	if (valid && fuzz_try(parse, &input))
		fuzz_try(classify, &input);
	for (int i = 0; i < lengthof(input.text); i++)
		free((char *) input.text[i]);
	if (TopMemoryContext)
		fuzz_reset();
	return 0;
}
