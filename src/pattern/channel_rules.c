/*
 * channel_rules.c
 *		Channel rules: their parser, and which of them holds.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "pattern/channel_rules.h"
#include "pattern/scan_private.h"
#include "type/array.h"

#define FOR_EXAMPLE \
	"For example: \"Paid Social\": source in (facebook, instagram, tiktok*) and medium in (cpc, paid*)"

static const char *const columns[CHANNEL_COLUMNS] = {"source", "medium", "campaign"};

/* ----------
 * Parsing
 * ----------
 */

/* A list has room for a power of two. */
static void *
make_room(void *list, int count, Size size)
{
	if ((count & (count - 1)) != 0)
		return list;
	return array_grow(CurrentMemoryContext, list, count == 0 ? 1 : 2 * (uint64) count, size);
}

static void
skip_lines(Parser *parser)
{
	while (pattern_accept_sign(parser, '\n'))
		CHECK_FOR_INTERRUPTS();
}

static void
skip_separators(Parser *parser)
{
	while (pattern_accept_sign(parser, ';') || pattern_accept_sign(parser, '\n'))
		CHECK_FOR_INTERRUPTS();
}

static bool
at_name(const Parser *parser)
{
	return parser->token.kind == TOKEN_WORD || parser->token.kind == TOKEN_QUOTED;
}

static char *
lower_case(const char *text, int length)
{
	char	   *lower = palloc(length + 1);

	for (int i = 0; i < length; i++)
		lower[i] = pg_ascii_tolower((unsigned char) text[i]);
	lower[length] = '\0';
	return lower;
}

static void
add_characters(const Parser *parser, ChannelPart *part, unsigned char first, unsigned char last)
{
	if (last >= 0x80)
		pattern_rule_error(parser, parser->token.start,
						   "Brackets hold characters of ASCII only.",
						   "With \"^\" they match all that is beyond ASCII.");
	if (first > last)
		pattern_rule_error(parser, parser->token.start,
						   psprintf("From \"%c\" to \"%c\" there are no characters.", first, last),
						   NULL);
	for (int c = first; c <= last; c++)
		part->among[c / 64] |= UINT64CONST(1) << (c % 64);
}

/* '[' ['^'] characters ']' */
static ChannelPart
parse_brackets(Parser *parser)
{
	ChannelPart part = {.kind = PART_ONE};
	const char *text;

	part.beyond = pattern_accept_sign(parser, '^');
	if (!at_name(parser))
		pattern_syntax_error(parser, "characters", "For example: *[^a-z]shop*");
	text = lower_case(parser->token.text, parser->token.length);
	for (int i = 0; i < parser->token.length; i++)
	{
		bool		range = i + 2 < parser->token.length && text[i + 1] == '-';

		add_characters(parser, &part, text[i], text[range ? i + 2 : i]);
		i += range ? 2 : 0;
	}
	for (int i = 0; part.beyond && i < lengthof(part.among); i++)
		part.among[i] = ~part.among[i];
	pattern_next_token(parser);
	if (!pattern_accept_sign(parser, ']'))
		pattern_syntax_error(parser, "\"]\"", NULL);
	return part;
}

/* Parses a part, if one stands there. */
static bool
parse_part(Parser *parser, ChannelPart *part)
{
	const Token *token = &parser->token;

	if (pattern_accept_sign(parser, '*'))
		*part = (ChannelPart) {.kind = PART_ANY};
	else if (pattern_accept_sign(parser, '['))
		*part = parse_brackets(parser);
	else if (at_name(parser))
	{
		*part = (ChannelPart) {.kind = PART_TEXT, .length = token->length};
		part->text = lower_case(token->text, token->length);
		pattern_next_token(parser);
	}
	else
		return false;
	return true;
}

/* word := 'none' | part+ */
static void
parse_word(Parser *parser, ChannelRules *rules)
{
	bool		none = pattern_at_word(parser, "none");
	ChannelWord word = {.first_part = rules->parts};
	ChannelPart part;

	if (rules->words == CHANNEL_MAX_WORDS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many words in channel rules"),
				 errdetail("Character %d begins one too many: all rules together are limited to %d.",
						   pattern_character_at(parser, parser->token.start), CHANNEL_MAX_WORDS)));
	do
	{
		CHECK_FOR_INTERRUPTS();
		if (!parse_part(parser, &part))
			pattern_syntax_error(parser, "a word, \"*\", \"[\" or \"none\"",
								 pattern_advice(parser));
		rules->part = make_room(rules->part, rules->parts, sizeof(ChannelPart));
		rules->part[rules->parts++] = part;
		word.parts++;
	} while (parser->token.start == parser->previous_end &&
			 (at_name(parser) || pattern_at_sign(parser, '*') || pattern_at_sign(parser, '[')));
	if (none && word.parts == 1)
	{
		word.parts = 0;
		rules->parts--;
	}
	rules->word = make_room(rules->word, rules->words, sizeof(ChannelWord));
	rules->word[rules->words++] = word;
}

static ChannelColumn
parse_column(Parser *parser)
{
	for (int i = 0; i < CHANNEL_COLUMNS; i++)
		if (pattern_accept_word(parser, columns[i]))
			return (ChannelColumn) i;
	pattern_syntax_error(parser, "\"source\", \"medium\" or \"campaign\"", FOR_EXAMPLE);
	return CHANNEL_COLUMNS;		/* not reached */
}

/* condition := column 'in' '(' word (',' word)* ')' */
static void
parse_condition(Parser *parser, ChannelRules *rules)
{
	ChannelCondition condition = {.column = parse_column(parser), .first_word = rules->words};

	if (!pattern_accept_word(parser, "in"))
		pattern_syntax_error(parser, "\"in\"", FOR_EXAMPLE);
	if (!pattern_accept_sign(parser, '('))
		pattern_syntax_error(parser, "\"(\"", FOR_EXAMPLE);
	do
	{
		skip_lines(parser);
		parse_word(parser, rules);
		skip_lines(parser);
	} while (pattern_accept_sign(parser, ','));
	if (!pattern_accept_sign(parser, ')'))
		pattern_syntax_error(parser, "\",\" or \")\"", pattern_advice(parser));
	condition.words = rules->words - condition.first_word;
	rules->condition = make_room(rules->condition, rules->conditions, sizeof(ChannelCondition));
	rules->condition[rules->conditions++] = condition;
}

/* Short lists first: what they rule out needs no look at the long ones. */
static int
compare_conditions(const void *a, const void *b)
{
	return ((const ChannelCondition *) a)->words - ((const ChannelCondition *) b)->words;
}

/* rule := name ':' condition ('and' condition)* */
static void
parse_rule(Parser *parser, ChannelRules *rules)
{
	ChannelRule rule = {.first_condition = rules->conditions};

	if (!at_name(parser))
		pattern_syntax_error(parser, "a channel", FOR_EXAMPLE);
	rule.channel = pnstrdup(parser->token.text, parser->token.length);
	pattern_next_token(parser);
	if (!pattern_accept_sign(parser, ':'))
		pattern_syntax_error(parser, "\":\"", pattern_advice(parser));
	do
	{
		skip_lines(parser);
		parse_condition(parser, rules);
	} while (pattern_accept_word(parser, "and"));
	if (parser->token.kind != TOKEN_END && !pattern_at_sign(parser, ';') &&
		!pattern_at_sign(parser, '\n'))
		pattern_syntax_error(parser, "\"and\", \";\", a new line or the end", NULL);
	rule.conditions = rules->conditions - rule.first_condition;
	qsort(&rules->condition[rule.first_condition], rule.conditions, sizeof(ChannelCondition),
		  compare_conditions);
	rules->rule = make_room(rules->rule, rules->rules, sizeof(ChannelRule));
	rules->rule[rules->rules++] = rule;
}

ChannelRules *
channel_rules_parse(const char *text, int length)
{
	Parser		parser = {
		.text = pnstrdup(text, length),
		.length = length,
		.what = "channel rules",
		.signs = "():,;*[]^\n"
	};
	ChannelRules *rules = palloc0(sizeof(ChannelRules));

	pattern_next_token(&parser);
	skip_separators(&parser);
	do
	{
		parse_rule(&parser, rules);
		skip_separators(&parser);
	} while (parser.token.kind != TOKEN_END);
	return rules;
}

/* ----------
 * Classifying
 * ----------
 */

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* As it is compared: in lower case, without the blanks at its ends. */
static Label
normalised(const Label *value)
{
	Label		label = *value;

	while (label.length > 0 && is_blank(label.text[label.length - 1]))
		label.length--;
	while (label.length > 0 && is_blank(label.text[0]))
	{
		label.text++;
		label.length--;
	}
	label.text = lower_case(label.text, label.length);
	return label;
}

/* The bytes of the character at "text", in any encoding of a server. */
static inline int
character_bytes(const char *text, const char *end)
{
	return IS_HIGHBIT_SET(*text) ? Min(pg_mblen(text), end - text) : 1;
}

/* The bytes at "text" that a part other than a star takes; -1: it does not match. */
static inline int
part_takes(const ChannelPart *part, const char *text, const char *end)
{
	unsigned char c;

	if (part->kind == PART_TEXT)
		return end - text >= part->length && text[0] == part->text[0] &&
			memcmp(text, part->text, part->length) == 0 ? part->length : -1;
	if (text == end)
		return -1;
	c = (unsigned char) *text;
	if (c >= 0x80)
		return part->beyond ? character_bytes(text, end) : -1;
	return part->among[c / 64] >> (c % 64) & 1 ? 1 : -1;
}

/*
 * Is the text what the parts say?  What stands between two stars is found where it is first
 * possible, which never spoils what follows; so only the last star takes back what it took.
 */
static bool
parts_match(const ChannelPart *part, int parts, const char *text, const char *end)
{
	const char *behind_star = NULL; /* where the parts behind the last star are tried */
	int			after_star = 0;
	int			i = 0;

	while (i < parts || text < end)
	{
		int			taken = -1;

		if (i < parts && part[i].kind == PART_ANY)
		{
			after_star = ++i;
			behind_star = text;
			continue;
		}
		if (i < parts)
			taken = part_takes(&part[i], text, end);
		if (taken >= 0)
		{
			text += taken;
			i++;
			continue;
		}
		if (behind_star == NULL || behind_star >= end)
			return false;
		CHECK_FOR_INTERRUPTS();
		text = behind_star += character_bytes(behind_star, end);
		i = after_star;
	}
	return true;
}

static bool
condition_holds(const ChannelRules *rules, const ChannelCondition *condition, const Label *value)
{
	const ChannelWord *word = &rules->word[condition->first_word];

	for (int i = 0; i < condition->words; i++)
	{
		if (value->length == 0 ? word[i].parts == 0 :
			word[i].parts > 0 && parts_match(&rules->part[word[i].first_part], word[i].parts,
											 value->text, value->text + value->length))
			return true;
	}
	return false;
}

static bool
rule_holds(const ChannelRules *rules, const ChannelRule *rule, const Label *value)
{
	const ChannelCondition *condition = &rules->condition[rule->first_condition];

	for (int i = 0; i < rule->conditions; i++)
		if (!condition_holds(rules, &condition[i], &value[condition[i].column]))
			return false;
	return true;
}

const char *
channel_rules_classify(const ChannelRules *rules, const Label value[CHANNEL_COLUMNS])
{
	Label		label[CHANNEL_COLUMNS];
	const char *channel = CHANNEL_UNASSIGNED;

	for (int i = 0; i < CHANNEL_COLUMNS; i++)
		label[i] = normalised(&value[i]);
	for (int i = 0; i < rules->rules; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (rule_holds(rules, &rules->rule[i], label))
		{
			channel = rules->rule[i].channel;
			break;
		}
	}
	for (int i = 0; i < CHANNEL_COLUMNS; i++)
		pfree((char *) label[i].text);
	return channel;
}
