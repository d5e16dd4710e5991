/*
 * scan.c
 *		Tokens and intervals of the small languages; errors, which all name the
 *		character at which they were noticed.
 */
#include "postgres.h"

#include <math.h>

#include "common/int.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "pattern/scan_private.h"
#include "type/word.h"

#define MAX_FOUND_LENGTH	40	/* of the user's text in a message */
#define MAX_DIGITS			18	/* of a number in an interval: fits 64 bits */

static const char *const keywords[] = {"as", "within", "from", "same", "by", "at", NULL};

static const struct
{
	const char *name;
	int64		microseconds;
}			units[] =
{
	{"us", 1}, {"microsecond", 1},
	{"ms", 1000}, {"millisecond", 1000},
	{"s", USECS_PER_SEC}, {"sec", USECS_PER_SEC}, {"second", USECS_PER_SEC},
	{"m", USECS_PER_MINUTE}, {"min", USECS_PER_MINUTE}, {"minute", USECS_PER_MINUTE},
	{"h", USECS_PER_HOUR}, {"hour", USECS_PER_HOUR},
	{"d", USECS_PER_DAY}, {"day", USECS_PER_DAY},
	{"w", 7 * USECS_PER_DAY}, {"week", 7 * USECS_PER_DAY},
	{NULL, 0}
};

/* The number, from 1, of the character at a byte position. */
int
pattern_character_at(const Parser *parser, int position)
{
	return pg_mbstrlen_with_len(parser->text, position) + 1;
}

/* What stands at a byte position, for a message. */
char *
pattern_found_at(const Parser *parser, int start, int end)
{
	int			length = end - start;

	if (start >= parser->length)
		return pstrdup("the end");
	if (parser->text[start] == '\n')
		return pstrdup("the end of the line");
	if (length > MAX_FOUND_LENGTH)
		length = pg_mbcliplen(parser->text + start, length, MAX_FOUND_LENGTH);
	return psprintf("\"%.*s\"", length, parser->text + start);
}

void
pattern_syntax_error(const Parser *parser, const char *expected, const char *hint)
{
	const Token *token = &parser->token;

	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("invalid %s at character %d", parser->what,
					pattern_character_at(parser, token->start)),
			 errdetail("Expected %s, found %s.", expected,
					   pattern_found_at(parser, token->start, token->end)),
			 hint ? errhint("%s", hint) : 0));
}

/* A rule of the language is broken at a position. */
void
pattern_rule_error(const Parser *parser, int position, const char *rule, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("invalid %s at character %d", parser->what, pattern_character_at(parser, position)),
			 errdetail_internal("%s", rule),
			 hint ? errhint("%s", hint) : 0));
}

const char *
pattern_advice(const Parser *parser)
{
	const char *text = parser->text + parser->token.start;
	int			length = parser->length - parser->token.start;
	bool		pattern = parser->pattern != NULL;

	if (length == 0)
		return pattern && parser->token.start == 0 ?
			"For example: visit -> purchase within 7 days" : NULL;
	if (text[0] == '\'' || text[0] == '`')
		return "Quotes are straight double quotes.";
	if (text[0] == '|')
		return "Alternatives stand in parentheses: (a|b)@channel.";
	if (text[0] == '[' && pattern)
		return "A limit follows an arrow: a ->[<= 10 minutes] b.";
	if (text[0] == '^' && pattern)
		return "A pattern is not a regular expression; visit -> purchase finds a visit and later a purchase.";
	for (int i = 0; i < parser->token.end - parser->token.start; i++)
	{
		if ((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
			(text[i] >= '0' && text[i] <= '9'))
			return "A label that holds spaces is written in double quotes.";
	}
	return pattern ? "Steps are joined by -> (later) or => (next)." : NULL;
}

/* ----------
 * Tokens
 * ----------
 */

/* Is this one of the language's signs?  Of the text behind its end nothing is. */
static bool
is_sign(const Parser *parser, char c)
{
	return c != '\0' && strchr(parser->signs, c) != NULL;
}

static bool
is_blank(const Parser *parser, char c)
{
	if (c == '\n')
		return !is_sign(parser, c);
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* The bytes of a word at a position.  An arrow's "-" ends it, and a ":" that is a sign. */
static int
in_word(const Parser *parser, int position)
{
	const char *text = parser->text + position;
	const char *end = parser->text + parser->length;

	if (end - text >= 2 && text[0] == '-' && text[1] == '>')
		return 0;
	if (text[0] == ':' && is_sign(parser, ':'))
		return 0;
	return word_bytes(text, end);
}

/* "a-->b" is a slip, and not an event "a-"; "a-*" is what begins so. */
static void
scan_word(Parser *parser, Token *token)
{
	int			position = token->start;
	int			bytes;

	while ((bytes = in_word(parser, position)) > 0)
		position += bytes;
	token->kind = TOKEN_WORD;
	token->end = position;
	token->length = position - token->start;
	if (parser->text[position - 1] == '-' &&
		!(position < parser->length && parser->text[position] == '*'))
		pattern_rule_error(parser, position - 1, "A word cannot end in \"-\".",
						   "Arrows are -> and =>; a label that ends in \"-\" is written in double quotes.");
}

/* A character beyond ASCII that looks like a blank, an arrow, a quote, or like nothing. */
static void
refuse_wide(Parser *parser, int position)
{
	char	   *refused = word_refused(parser->text + position, parser->text + parser->length);

	if (refused != NULL)
		pattern_rule_error(parser, position, psprintf("%s cannot stand outside quotes.", refused),
						   "Blanks, arrows (-> and =>) and double quotes are those of ASCII; a label that holds this character is written in double quotes.");
}

/* Where a quoted name ends: behind the first quote that is not written twice. */
static int
quoted_end(const Parser *parser, int start)
{
	const char *text = parser->text;
	int			position = start + 1;

	for (; position < parser->length; position++)
	{
		if (text[position] != '"')
			continue;
		if (position + 1 == parser->length || text[position + 1] != '"')
			return position + 1;
		position++;
	}
	pattern_rule_error(parser, start, "A quoted name is not closed.",
					   "A quote inside a quoted name is written twice.");
	return position;			/* not reached */
}

static void
scan_quoted(Parser *parser, Token *token)
{
	char	   *to;

	token->kind = TOKEN_QUOTED;
	token->end = quoted_end(parser, token->start);
	token->text = to = palloc(token->end - token->start);
	token->length = 0;
	for (int position = token->start + 1; position < token->end - 1; position++)
	{
		to[token->length++] = parser->text[position];
		position += parser->text[position] == '"';
	}
	if (token->length == 0)
		pattern_rule_error(parser, token->start, "A quoted name cannot be empty.",
						   "\"*\" without quotes stands for any label.");
}

static void
scan_sign(Parser *parser, Token *token)
{
	const char *text = parser->text + token->start;
	int			left = parser->length - token->start;

	refuse_wide(parser, token->start);
	token->end = token->start + 1;
	if (left >= 2 && (strncmp(text, "->", 2) == 0 || strncmp(text, "=>", 2) == 0 ||
					  strncmp(text, "<=", 2) == 0))
	{
		token->end++;
		token->kind = text[0] == '-' ? TOKEN_LATER : text[0] == '=' ? TOKEN_NEXT : TOKEN_AT_MOST;
	}
	else if (is_sign(parser, text[0]))
		token->kind = TOKEN_SIGN;
	else
		pattern_rule_error(parser, token->start,
				   psprintf("%s cannot stand here.",
							pattern_found_at(parser, token->start,
									 token->start + pg_mblen(parser->text + token->start))),
				   strchr("><-=~+,;'`^", text[0]) != NULL ?
				   pattern_advice(parser) :
				   "Labels with other characters than letters, digits and _ - . / : $ are written in double quotes.");
}

/* Moves on to the next token. */
void
pattern_next_token(Parser *parser)
{
	Token	   *token = &parser->token;
	int			position = token->end;

	parser->previous_end = token->end;
	while (position < parser->length && is_blank(parser, parser->text[position]))
		position++;
	token->start = position;
	token->end = position;
	token->text = parser->text + position;
	if (position >= parser->length)
		token->kind = TOKEN_END;
	else if (parser->text[position] == '"')
		scan_quoted(parser, token);
	else if (in_word(parser, position) > 0)
		scan_word(parser, token);
	else
		scan_sign(parser, token);
}

bool
pattern_at_sign(const Parser *parser, char sign)
{
	return parser->token.kind == TOKEN_SIGN && parser->text[parser->token.start] == sign;
}

bool
pattern_accept_sign(Parser *parser, char sign)
{
	if (!pattern_at_sign(parser, sign))
		return false;
	pattern_next_token(parser);
	return true;
}

bool
pattern_at_word(const Parser *parser, const char *word)
{
	const Token *token = &parser->token;

	return token->kind == TOKEN_WORD && token->length == strlen(word) &&
		pg_strncasecmp(token->text, word, token->length) == 0;
}

bool
pattern_accept_word(Parser *parser, const char *word)
{
	if (!pattern_at_word(parser, word))
		return false;
	pattern_next_token(parser);
	return true;
}

bool
pattern_is_keyword(const char *text, int length)
{
	for (int i = 0; keywords[i] != NULL; i++)
	{
		if (length == strlen(keywords[i]) && pg_strncasecmp(text, keywords[i], length) == 0)
			return true;
	}
	return false;
}

bool
pattern_at_keyword(const Parser *parser)
{
	return parser->token.kind == TOKEN_WORD &&
		pattern_is_keyword(parser->token.text, parser->token.length);
}

/* ----------
 * Intervals
 * ----------
 */

static void
interval_range_error(const Parser *parser, int position)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("interval out of range at character %d of the %s",
					pattern_character_at(parser, position), parser->what)));
}

/* The microseconds of a unit that is written with or without a plural "s". */
static int64
parse_unit(const Parser *parser, const char *text, int length, int position)
{
	static const char *const calendar[] = {"mon", "month", "y", "yr", "year", "decade", "century", NULL};
	bool		plural = length > 1 && pg_tolower((unsigned char) text[length - 1]) == 's';
	int			singular = plural ? length - 1 : length;

	for (int i = 0; units[i].name != NULL; i++)
	{
		int			unit = strlen(units[i].name);

		if ((unit == length || unit == singular) && pg_strncasecmp(units[i].name, text, unit) == 0)
			return units[i].microseconds;
	}
	for (int i = 0; calendar[i] != NULL; i++)
	{
		int			unit = strlen(calendar[i]);

		if ((unit == length || unit == singular) && pg_strncasecmp(calendar[i], text, unit) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("interval in a %s cannot contain months or years", parser->what),
					 errdetail("Character %d of the %s begins \"%.*s\".",
							   pattern_character_at(parser, position), parser->what, length, text),
					 errhint("Use weeks, days, hours or smaller units; a day is 24 hours.")));
	}
	pattern_rule_error(parser, position,
			   psprintf("Expected a unit of time, found %s.",
						pattern_found_at(parser, position, position + Max(length, 1))),
			   "Units are microseconds, milliseconds, seconds, minutes, hours, days and weeks.");
	return 0;					/* not reached */
}

/* A decimal number at *text: its digits as an integer and how many are decimals. */
static int
scan_decimal(const char *text, int length, int64 *digits, int *decimals)
{
	int			position = 0;
	int			count = 0;
	bool		point = false;

	*digits = 0;
	*decimals = 0;
	for (; position < length; position++)
	{
		char		c = text[position];

		if (c == '.' && !point && position > 0)
			point = true;
		else if (c >= '0' && c <= '9')
		{
			if (*digits > 0 || c != '0' || point)
				count++;
			if (count > MAX_DIGITS)
				return -1;
			*digits = *digits * 10 + (c - '0');
			*decimals += point;
		}
		else
			break;
	}
	return position;
}

/* "7 days", "7days", "1.5 hours": one part of an interval. */
static int64
parse_interval_part(Parser *parser)
{
	Token	   *token = &parser->token;
	int			start = token->start;
	int64		digits;
	int			decimals;
	int			used = scan_decimal(token->text, token->length, &digits, &decimals);
	int64		unit;
	int64		scale = 1;
	int64		whole;

	if (used < 0)
		interval_range_error(parser, start);
	if (used < token->length)
		unit = parse_unit(parser, token->text + used, token->length - used, start + used);
	else
	{
		pattern_next_token(parser);
		unit = parse_unit(parser, token->text, token->kind == TOKEN_WORD ? token->length : 0,
						  token->start);
	}
	pattern_next_token(parser);
	for (int i = 0; i < decimals; i++)
		scale *= 10;
	if (pg_mul_s64_overflow(digits / scale, unit, &whole))
		interval_range_error(parser, start);

	/* Fractions of a microsecond are rounded. */
	if (pg_add_s64_overflow(whole, (int64) rint((double) (digits % scale) / scale * unit), &whole))
		interval_range_error(parser, start);
	return whole;
}

bool
pattern_at_number(const Parser *parser)
{
	return parser->token.kind == TOKEN_WORD &&
		parser->token.text[0] >= '0' && parser->token.text[0] <= '9';
}

/* interval := (number unit)+, in microseconds */
int64
pattern_parse_interval(Parser *parser)
{
	int			start = parser->token.start;
	int64		sum = 0;

	if (!pattern_at_number(parser))
		pattern_syntax_error(parser, "an interval such as 7 days",
							 "A number stands before each unit: within 7 days.");
	while (pattern_at_number(parser))
	{
		if (pg_add_s64_overflow(sum, parse_interval_part(parser), &sum))
			interval_range_error(parser, start);
	}
	if (sum == PG_INT64_MAX)
		interval_range_error(parser, start);
	return sum;
}
