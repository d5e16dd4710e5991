/*
 * choice.c
 *		Names, terms and choices: how they are read, what they match, and how they
 *		are written.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "pattern/choice_private.h"
#include "type/word.h"

/* ----------
 * Reading
 * ----------
 */

PatternName
pattern_take_name(Parser *parser)
{
	const Token *token = &parser->token;
	PatternName name = {.text = token->text, .length = token->length};

	Assert(token->kind == TOKEN_WORD || token->kind == TOKEN_QUOTED);
	pattern_next_token(parser);
	if (pattern_at_sign(parser, '*') && token->start == parser->previous_end)
	{
		name.prefix = true;
		pattern_next_token(parser);
	}
	return name;
}

/* name := word | "quoted" | either with a trailing star | '*' */
static PatternName
parse_name(Parser *parser, const char *expected)
{
	const Token *token = &parser->token;

	if (pattern_accept_sign(parser, '*'))
		return (PatternName) {.text = "", .prefix = true};
	if (token->kind != TOKEN_WORD && token->kind != TOKEN_QUOTED)
		pattern_syntax_error(parser, expected, pattern_advice(parser));
	if (pattern_at_keyword(parser))
		pattern_rule_error(parser, token->start,
						   psprintf("Expected %s, found the keyword %s.", expected,
									pattern_found_at(parser, token->start, token->end)),
						   "A label that is spelled like a keyword is written in double quotes.");
	return pattern_take_name(parser);
}

/* A list of terms has room for a power of two of them. */
static PatternTerm *
new_term(const Parser *parser, PatternTerm **term, int *terms)
{
	if (*terms == PATTERN_MAX_TERMS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%s has too many alternatives", parser->what),
				 errdetail("Character %d begins one too many: all choices together are limited to %d.",
						   pattern_character_at(parser, parser->token.start), PATTERN_MAX_TERMS),
				 errhint("Give what belongs together one label: rename_events, or a CASE around the event.")));
	if (*terms == 0)
		*term = palloc(sizeof(PatternTerm));
	else if ((*terms & (*terms - 1)) == 0)
		*term = repalloc(*term, 2 * *terms * sizeof(PatternTerm));
	return &(*term)[(*terms)++];
}

/* term := name ['@' name] | '@' name */
static int
parse_term(Parser *parser, const char *expected, int element, PatternTerm **list, int *terms)
{
	PatternTerm *term = new_term(parser, list, terms);
	int			start = parser->token.start;
	int			columns = 0;

	*term = (PatternTerm) {.element = element, .channel.absent = true,
		.choice_channel.absent = true};
	if (pattern_at_sign(parser, '@'))
		term->event.absent = true;
	else
		term->event = parse_name(parser, expected);
	if (pattern_accept_sign(parser, '@'))
	{
		term->channel = parse_name(parser, "a channel");
		columns = COLUMN_CHANNEL;
	}
	term->source = parser->text + start;
	term->source_length = parser->previous_end - start;
	return columns;
}

/* choice := term | '(' term ('|' term)* ')' ['@' name] */
int
pattern_parse_choice(Parser *parser, const char *expected, int element,
					 PatternTerm **term, int *terms)
{
	int			first = *terms;
	int			columns = 0;

	if (!pattern_accept_sign(parser, '('))
		return parse_term(parser, expected, element, term, terms);
	do
		columns |= parse_term(parser, expected, element, term, terms);
	while (pattern_accept_sign(parser, '|'));
	if (!pattern_accept_sign(parser, ')'))
		pattern_syntax_error(parser, "\"|\" or \")\"", NULL);
	if (pattern_accept_sign(parser, '@'))
	{
		PatternName channel = parse_name(parser, "a channel");

		for (int i = first; i < *terms; i++)
			(*term)[i].choice_channel = channel;
		columns |= COLUMN_CHANNEL;
	}
	return columns;
}

/* ----------
 * Matching
 * ----------
 */

bool
pattern_name_matches(const PatternName *name, const char *text, uint32 length)
{
	if (name->absent)
		return true;
	if (length == 0)			/* none: no name matches it */
		return false;
	if (name->prefix)
		return length >= name->length && memcmp(text, name->text, name->length) == 0;
	return length == name->length && memcmp(text, name->text, length) == 0;
}

bool
pattern_term_matches(const PatternTerm *term, const Label *event, const Label *channel)
{
	return pattern_name_matches(&term->event, event->text, event->length) &&
		pattern_name_matches(&term->channel, channel->text, channel->length) &&
		pattern_name_matches(&term->choice_channel, channel->text, channel->length);
}

/* ----------
 * Writing
 * ----------
 */

/* Appends a name as it would be written, quoted where that is needed. */
static void
append_name(StringInfo buffer, const PatternName *name)
{
	if (name->length > 0 && word_is_bare(name->text, name->length) &&
		(name->prefix || name->text[name->length - 1] != '-') &&
		!pattern_is_keyword(name->text, name->length))
		appendBinaryStringInfo(buffer, name->text, name->length);
	else if (name->length > 0)
	{
		appendStringInfoChar(buffer, '"');
		for (int i = 0; i < name->length; i++)
		{
			if (name->text[i] == '"')
				appendStringInfoChar(buffer, '"');
			appendStringInfoChar(buffer, name->text[i]);
		}
		appendStringInfoChar(buffer, '"');
	}
	if (name->prefix)
		appendStringInfoChar(buffer, '*');
}

static void
append_channel(StringInfo buffer, const PatternName *channel)
{
	if (channel->absent)
		return;
	appendStringInfoChar(buffer, '@');
	append_name(buffer, channel);
}

char *
pattern_choice_text(const PatternTerm *term, int terms, int element)
{
	StringInfoData buffer;
	const PatternTerm *first = NULL;
	bool		parentheses = false;
	int			own = 0;

	initStringInfo(&buffer);
	for (int t = 0; t < terms; t++)
		own += term[t].element == element;
	for (int t = 0; t < terms; t++)
	{
		if (term[t].element != element)
			continue;
		if (first == NULL)
			parentheses = own > 1 || !term[t].choice_channel.absent;
		if (parentheses)
			appendStringInfoChar(&buffer, first == NULL ? '(' : '|');
		first = first ? first : &term[t];
		if (!term[t].event.absent)
			append_name(&buffer, &term[t].event);
		append_channel(&buffer, &term[t].channel);
	}
	Assert(first != NULL);
	if (parentheses)
		appendStringInfoChar(&buffer, ')');
	append_channel(&buffer, &first->choice_channel);
	return buffer.data;
}
