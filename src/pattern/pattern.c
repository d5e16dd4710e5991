/*
 * pattern.c
 *		The pattern language: reading a pattern.
 *
 * One pass over the text, without recursion: a pattern is flat but for one
 * level of parentheses.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "pgtime.h"

#include "pattern/choice_private.h"
#include "pattern/pattern.h"

#define EXPECTED_STEP	"a step (an event, \"@\" and a channel, \"(\" or \"!\")"

#define ZONE_HINT	"Use a name of the time zone database, such as \"America/New_York\"."

#define MAX_SHOWN_LENGTH	200 /* of a pattern in a message */

/* ----------
 * Steps
 * ----------
 */

static PatternElement *
new_element(Parser *parser)
{
	Pattern    *pattern = parser->pattern;
	PatternElement *element;

	if (pattern->elements == PATTERN_MAX_ELEMENTS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("pattern has too many steps"),
				 errdetail("Character %d begins one too many: steps and exclusions together are limited to %d.",
						   pattern_character_at(parser, parser->token.start),
						   PATTERN_MAX_ELEMENTS)));
	element = &pattern->element[pattern->elements++];
	memset(element, 0, sizeof(PatternElement));
	element->limit = PATTERN_NO_LIMIT;
	return element;
}

/*
 * What reports call a step that has no "as": the label itself if it is one
 * whole event label, else the source.
 */
static char *
default_name(const Parser *parser, int element, int first_term, int start, int end)
{
	const Pattern *pattern = parser->pattern;
	const PatternTerm *term = &pattern->term[first_term];

	if (pattern->terms == first_term + 1 && !pattern->element[element].exclusion &&
		!term->event.absent && !term->event.prefix &&
		term->channel.absent && term->choice_channel.absent)
		return pnstrdup(term->event.text, term->event.length);
	return pnstrdup(parser->text + start, end - start);
}

/*
 * step := ['!'] choice ['?'] ['as' name]
 *
 * The step is entered with its name; which steps the pattern has is settled
 * when all of it is known.
 */
static void
parse_step(Parser *parser, PatternStep *step)
{
	Pattern    *pattern = parser->pattern;
	int			start = parser->token.start;
	int			first_term = pattern->terms;
	int			index;
	PatternElement *element = new_element(parser);

	index = pattern->elements - 1;
	element->exclusion = pattern_accept_sign(parser, '!');
	pattern->columns |= pattern_parse_choice(parser, EXPECTED_STEP, index,
											 &pattern->term, &pattern->terms);
	step->name = default_name(parser, index, first_term, start, parser->previous_end);
	step->element = index;
	if (pattern_at_sign(parser, '?'))
	{
		if (element->exclusion)
			pattern_rule_error(parser, parser->token.start,
					   "An exclusion cannot be optional.", NULL);
		element->optional = true;
		pattern_next_token(parser);
	}
	step->optional = element->optional;
	if (pattern_accept_word(parser, "as"))
	{
		const Token *token = &parser->token;

		if (token->kind != TOKEN_QUOTED &&
			(token->kind != TOKEN_WORD || pattern_at_keyword(parser)))
			pattern_syntax_error(parser, "a name for the step", NULL);
		step->name = pnstrdup(token->text, token->length);
		element->named = true;
		pattern_next_token(parser);
	}
}

/* ----------
 * Sequences and sets
 * ----------
 */

/* The optional limit of an arrow: '[' '<=' interval ']' */
static int64
parse_limit(Parser *parser)
{
	int64		limit;

	if (!pattern_accept_sign(parser, '['))
		return PATTERN_NO_LIMIT;
	if (parser->token.kind != TOKEN_AT_MOST)
		pattern_syntax_error(parser, "\"<=\"", "A limit is written as in a ->[<= 10 minutes] b.");
	pattern_next_token(parser);
	limit = pattern_parse_interval(parser);
	if (!pattern_accept_sign(parser, ']'))
		pattern_syntax_error(parser, "\"]\"", NULL);
	return limit;
}

/* "=>" has a plain required step on either side. */
static void
check_next(const Parser *parser, const PatternElement *before, const PatternElement *after,
		   int position)
{
	if (before->exclusion || before->optional || after->exclusion || after->optional)
		pattern_rule_error(parser, position,
				   "\"=>\" cannot stand next to an optional step or an exclusion.",
				   "Use \"->\", which lets anything lie between.");
}

/*
 * Parses all steps.  step[] gets one entry an element; *where the position of
 * each element's arrow, for errors found later.
 */
static void
parse_steps(Parser *parser, PatternStep *step, int *where)
{
	Pattern    *pattern = parser->pattern;

	where[0] = parser->token.start;
	parse_step(parser, &step[0]);
	while (parser->token.kind == TOKEN_LATER || parser->token.kind == TOKEN_NEXT ||
		   pattern_at_sign(parser, '&'))
	{
		bool		set = pattern_at_sign(parser, '&');
		bool		next = parser->token.kind == TOKEN_NEXT;
		int			position = parser->token.start;
		int64		limit = PATTERN_NO_LIMIT;
		PatternElement *element;

		if (pattern->elements > 1 && set != pattern->set)
			pattern_rule_error(parser, position, "Arrows and \"&\" cannot be mixed.",
					   "A pattern is a sequence or a set.");
		pattern->set = set;
		pattern_next_token(parser);
		if (!set)
			limit = parse_limit(parser);
		/* parse_step counts the element before it is filled in */
		where[Min(pattern->elements, PATTERN_MAX_ELEMENTS - 1)] = position;
		parse_step(parser, &step[Min(pattern->elements, PATTERN_MAX_ELEMENTS - 1)]);
		element = &pattern->element[pattern->elements - 1];
		element->next = next;
		element->limit = limit;
		if (next)
			check_next(parser, element - 1, element, position);
	}
}

/*
 * Sorts elements into steps: exclusions in the middle belong to the arrow of
 * the step after them, those at the end are one step together.
 */
static void
settle_steps(Parser *parser, const PatternStep *parsed, const int *where)
{
	Pattern    *pattern = parser->pattern;

	for (int i = 0; i < pattern->elements; i++)
	{
		PatternElement *element = &pattern->element[i];

		element->step = pattern->steps;
		if (!element->exclusion)
			pattern->step[pattern->steps++] = parsed[i];
		else if (pattern->set)
			pattern_rule_error(parser, where[i], "A set cannot hold an exclusion.", NULL);
		if (element->optional && pattern->set)
			pattern_rule_error(parser, where[i], "A set cannot hold an optional step.", NULL);
	}
	if (pattern->element[0].exclusion)
		pattern_rule_error(parser, where[0], "A pattern cannot start with an exclusion.",
						   "Journeys without it are found by: journey !~ 'purchase'");
	for (int i = 0; i < pattern->elements; i++)
	{
		const PatternElement *element = &pattern->element[i];

		if (!element->exclusion || element->step == pattern->steps)
			continue;
		if (element->named)
			pattern_rule_error(parser, where[i],
							   "An exclusion in the middle is not a step and cannot have a name.", NULL);
		if (element->limit != PATTERN_NO_LIMIT)
			pattern_rule_error(parser, where[i],
					   "The arrow to an exclusion in the middle cannot carry a limit.",
					   "Put the limit on the arrow to the next step.");
	}
}

/* Exclusions behind the last step: a step of its own, named by all of them. */
static void
settle_trailing(Parser *parser, const PatternStep *parsed)
{
	Pattern    *pattern = parser->pattern;
	PatternStep *step;
	int			first = pattern->elements;

	while (pattern->element[first - 1].exclusion)
		first--;
	if (first == pattern->elements)
		return;
	step = &pattern->step[pattern->steps++];
	*step = parsed[first];
	step->trailing = true;
	for (int i = first + 1; i < pattern->elements; i++)
		step->name = psprintf("%s -> %s", step->name, parsed[i].name);
}

/* ----------
 * Clauses
 * ----------
 */

static void
parse_zone(Parser *parser)
{
	const Token *token = &parser->token;
	Pattern    *pattern = parser->pattern;

	if (token->kind != TOKEN_WORD && token->kind != TOKEN_QUOTED)
		pattern_syntax_error(parser, "a time zone", ZONE_HINT);
	pattern->calendar.zone = calendar_zone(token->text, token->length);
	if (pattern->calendar.zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" not recognized", pnstrdup(token->text, token->length)),
				 errdetail("It begins at character %d of the pattern.",
						   pattern_character_at(parser, token->start)),
				 errhint(ZONE_HINT)));
	pattern_next_token(parser);
}

/* 'of' step: which one that is shows when the pattern is known */
static void
parse_by_step(Parser *parser)
{
	const Token *token = &parser->token;

	if (!pattern_accept_word(parser, "of"))
		return;
	if (token->kind != TOKEN_QUOTED && (token->kind != TOKEN_WORD || pattern_at_keyword(parser)))
		pattern_syntax_error(parser, "the name or number of a step", NULL);
	parser->pattern->by = BY_CHANNEL_OF;
	parser->by_step = *token;
	pattern_next_token(parser);
}

/* ['on' weekday] */
static void
parse_week(Parser *parser)
{
	Calendar   *calendar = &parser->pattern->calendar;

	calendar->week_begins = CALENDAR_MONDAY;
	if (!pattern_accept_word(parser, "on"))
		return;
	for (int day = 0; day < DAYS_PER_WEEK; day++)
	{
		if (!pattern_accept_word(parser, calendar_day_names[day]))
			continue;
		calendar->week_begins = day;
		return;
	}
	pattern_syntax_error(parser, "a day of the week, such as \"sunday\"", NULL);
}

/* period ['at' zone]; false if there is none */
static bool
parse_by_time(Parser *parser)
{
	Pattern    *pattern = parser->pattern;
	int			unit = 0;

	while (unit < CALENDAR_UNITS && !pattern_accept_word(parser, calendar_unit_names[unit]))
		unit++;
	if (unit == CALENDAR_UNITS)
		return false;
	pattern->by = BY_TIME;
	pattern->calendar.unit = unit;
	if (unit == CALENDAR_WEEK)
		parse_week(parser);
	if (pattern_accept_word(parser, "at"))
		parse_zone(parser);
	return true;
}

/* 'by' ('channel' ['of' step] | period ['at' zone]) */
static void
parse_by(Parser *parser)
{
	Pattern    *pattern = parser->pattern;

	if (pattern_accept_word(parser, "channel"))
	{
		pattern->by = BY_CHANNEL;
		pattern->columns |= COLUMN_CHANNEL;
		parse_by_step(parser);
		if (pattern_at_word(parser, "at"))
			pattern_rule_error(parser, parser->token.start,
							   "A time zone goes with a period of time, such as a day.", NULL);
	}
	else if (!parse_by_time(parser))
		pattern_syntax_error(parser,
							 "\"channel\", \"hour\", \"day\", \"week\", \"month\", \"quarter\" or \"year\"",
							 "Anything else can be handed to journey_agg as the channel, and split by channel.");
}

static void
refuse_second(const Parser *parser, bool seen, const char *clause, int position)
{
	if (seen)
		pattern_rule_error(parser, position, psprintf("\"%s\" stands here a second time.", clause), NULL);
}

static bool
parse_clause(Parser *parser)
{
	Pattern    *pattern = parser->pattern;
	int			position = parser->token.start;

	if (pattern_accept_word(parser, "within"))
	{
		refuse_second(parser, parser->within, "within", position);
		pattern->window = pattern_parse_interval(parser);
		parser->within = true;
	}
	else if (pattern_accept_word(parser, "from"))
	{
		refuse_second(parser, pattern->from_first, "from first", position);
		if (!pattern_accept_word(parser, "first"))
			pattern_syntax_error(parser, "\"first\"", NULL);
		if (pattern->set)
			pattern_rule_error(parser, position, "A set cannot have \"from first\".", NULL);
		pattern->from_first = true;
	}
	else if (pattern_accept_word(parser, "same"))
	{
		refuse_second(parser, pattern->same_channel, "same channel", position);
		if (!pattern_accept_word(parser, "channel"))
			pattern_syntax_error(parser, "\"channel\"", NULL);
		pattern->same_channel = true;
		pattern->columns |= COLUMN_CHANNEL;
	}
	else if (pattern_accept_word(parser, "by"))
	{
		refuse_second(parser, pattern->by != BY_NOTHING, "by", position);
		parser->by_start = position;
		if (pattern->set)
			pattern_rule_error(parser, position, "A set cannot have \"by\".", NULL);
		parse_by(parser);
	}
	else
		return false;
	return true;
}

/* The number that a token is, a large one if it is too large; -1 if it is a name. */
static int
step_number(const Token *token)
{
	int			number = 0;

	if (token->kind != TOKEN_WORD)
		return -1;
	for (int i = 0; i < token->length; i++)
	{
		if (token->text[i] < '0' || token->text[i] > '9')
			return -1;
		number = Min(number * 10 + (token->text[i] - '0'), PATTERN_MAX_ELEMENTS + 1);
	}
	return number;
}

/* Which step is it whose channel is asked for? */
static void
settle_by_step(const Parser *parser)
{
	Pattern    *pattern = parser->pattern;
	const Token *token = &parser->by_step;
	int			number = step_number(token);
	int			found = 0;

	for (int i = 0; i < pattern->steps; i++)
	{
		const char *name = pattern->step[i].name;

		if (number >= 0 ? i + 1 != number :
			strlen(name) != token->length || memcmp(name, token->text, token->length) != 0)
			continue;
		pattern->by_step = i;
		found++;
	}
	if (found == 0)
		pattern_rule_error(parser, token->start,
						   psprintf("There is no step %s.",
									pattern_found_at(parser, token->start, token->end)),
						   "A step is told by its \"as\", its label or its number, as in: by channel of 2; a name of digits is written in double quotes.");
	if (found > 1)
		pattern_rule_error(parser, token->start,
						   psprintf("Several steps are called %s.",
									pattern_found_at(parser, token->start, token->end)),
						   "Tell the step by its number: by channel of 2.");
	if (pattern->step[pattern->by_step].trailing)
		pattern_rule_error(parser, token->start,
						   "An exclusion at the end has no touchpoint, and so no channel.", NULL);
}

static void
check_by(const Parser *parser)
{
	const Pattern *pattern = parser->pattern;

	if (pattern->by == BY_CHANNEL_OF)
		settle_by_step(parser);
	if (!pattern_by_start(pattern))
		return;
	if (pattern->step[0].optional)
		pattern_rule_error(parser, parser->by_start, "With \"by\" the first step cannot be optional.",
				   "Reports are split by the touchpoint that matched the first step.");
	if (pattern->by == BY_TIME && !parser->within && !pattern->from_first)
		pattern_rule_error(parser, parser->by_start,
						   "\"by\" a period of time needs \"within\" or \"from first\".",
						   "Add a window, such as: within 7 days.");
}

/* "in 7 days", "witin 7 days", "7 days": was that meant for a window? */
static bool
at_window(const Parser *parser)
{
	const char *behind = parser->text + parser->token.end;

	if (parser->token.kind != TOKEN_WORD)
		return false;
	while (*behind == ' ')		/* the text is terminated */
		behind++;
	return pattern_at_word(parser, "in") || pattern_at_number(parser) ||
		(*behind >= '0' && *behind <= '9');
}

/* Something stands behind the pattern; most often a label lacks its quotes. */
static void
end_error(const Parser *parser)
{
	const Pattern *pattern = parser->pattern;
	const char *more = parser->clauses ? "" : pattern->elements == 1 ? "an arrow, \"&\", " :
		pattern->set ? "\"&\", " : "an arrow, ";

	pattern_syntax_error(parser,
						 psprintf("%s\"within\", \"from first\", \"same channel\", \"by\" or the end", more),
						 at_window(parser) ?
						 "A window is written as: within 7 days; a label that holds spaces is written in double quotes." :
						 pattern_advice(parser));
}

Pattern *
pattern_parse(const char *text, int length)
{
	Parser		parser = {.what = "pattern", .signs = PATTERN_SIGNS};
	Pattern    *pattern = palloc0(sizeof(Pattern));
	PatternStep *parsed = palloc0(sizeof(PatternStep) * PATTERN_MAX_ELEMENTS);
	int		   *where = palloc0(sizeof(int) * PATTERN_MAX_ELEMENTS);

	pattern->text = pnstrdup(text, length);
	pattern->length = length;
	pattern->window = PATTERN_NO_LIMIT;
	parser.pattern = pattern;
	parser.text = pattern->text;
	parser.length = length;
	pattern_next_token(&parser);
	parse_steps(&parser, parsed, where);
	while (parse_clause(&parser))
		parser.clauses = true;
	if (parser.token.kind != TOKEN_END)
		end_error(&parser);
	settle_steps(&parser, parsed, where);
	settle_trailing(&parser, parsed);
	check_by(&parser);
	return pattern;
}

char *
pattern_by_text(const Pattern *pattern)
{
	const Calendar *calendar = &pattern->calendar;
	StringInfoData text;

	if (pattern->by == BY_NOTHING)
		return NULL;
	initStringInfo(&text);
	appendStringInfoString(&text, pattern->by == BY_TIME ? calendar_unit_names[calendar->unit] :
						   "channel");
	if (pattern->by == BY_CHANNEL_OF)
		appendStringInfo(&text, " of %d", pattern->by_step + 1);
	if (pattern->by == BY_TIME && calendar->unit == CALENDAR_WEEK &&
		calendar->week_begins != CALENDAR_MONDAY)
		appendStringInfo(&text, " on %s", calendar_day_names[calendar->week_begins]);
	if (calendar->zone != NULL)
		appendStringInfo(&text, " at %s", pg_get_timezone_name(calendar->zone));
	return text.data;
}

void
pattern_refuse_by(const Pattern *pattern, const char *function)
{
	if (pattern->by != BY_NOTHING)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s does not take a pattern with \"by\"", function),
				 errdetail("\"by\" splits a report such as that of stage_funnel.")));
}

void
pattern_require_term(const Pattern *pattern, const char *function)
{
	if (pattern->elements > 1 || pattern->element[0].optional ||
		pattern->window != PATTERN_NO_LIMIT || pattern->from_first ||
		pattern->same_channel || pattern->by != BY_NOTHING)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s takes one term of the pattern language, not a whole pattern", function),
				 errdetail("The term is \"%.*s\".",
						   pg_mbcliplen(pattern->text, pattern->length, MAX_SHOWN_LENGTH),
						   pattern->text),
				 errhint("A term is an event, \"@\" and a channel, or several of them: view, @web, (view|cart)@web.")));
}
