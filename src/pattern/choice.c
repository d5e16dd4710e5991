/*
 * choice.c
 *		Names, terms and choices: what they match, and how they are written.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "pattern/choice.h"
#include "pattern/scan_private.h"
#include "type/word.h"

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
