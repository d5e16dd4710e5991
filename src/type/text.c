/*
 * text.c
 *		The text form of a journey:
 *
 *		2026-03-01 09:00:00+00 review@tiktok, 2026-03-04 20:15:10.5+00 order@web =59.9 *4
 *
 * What is printed reads back to the same bytes, whatever the session's
 * settings.  Input takes touchpoints in any order and any ISO 8601 time that has an
 * offset.
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include "type/builder.h"
#include "type/codec.h"
#include "type/time_private.h"
#include "type/touchpoint.h"
#include "type/word.h"

#define FORM_HINT \
	"A journey is touchpoints such as 2026-03-01 09:00:00+00 event@channel =value *score, " \
	"with commas between; JSON is cast through jsonb first."

/* How many bytes of the user's text an error shows. */
#define SHOWN_MAX	32

typedef struct TextParser
{
	const char *start;
	const char *p;
	const char *end;
	Labels	   *labels;
	JourneyBuilder *builder;
	StringInfoData quoted;		/* the text of a quoted label */
	struct Node *escontext;
} TextParser;

PG_FUNCTION_INFO_V1(journey_in);
PG_FUNCTION_INFO_V1(journey_out);

/* The syntax error at the parser's position.  Always false. */
static bool
refuse(TextParser *parser, int sqlstate, const char *expected)
{
	int			length = strlen(parser->p);
	int			shown = pg_mbcliplen(parser->p, length, SHOWN_MAX);
	int			character = pg_mbstrlen_with_len(parser->start, parser->p - parser->start) + 1;

	if (length == 0)
		ereturn(parser->escontext, false,
				(errcode(sqlstate),
				 errmsg("invalid input syntax for type %s", "journey"),
				 errdetail("Expected %s at character %d, where the text ends.", expected, character),
				 errhint(FORM_HINT)));
	ereturn(parser->escontext, false,
			(errcode(sqlstate),
			 errmsg("invalid input syntax for type %s", "journey"),
			 errdetail("Expected %s at character %d, found \"%.*s%s\".", expected, character,
					   shown, parser->p, shown < length ? "..." : ""),
			 errhint(FORM_HINT)));
}

static void
skip_space(TextParser *parser)
{
	while (scanner_isspace(*parser->p))
		parser->p++;
}

/* A quoted label, whose quotes inside are doubled. */
static bool
get_quoted(TextParser *parser, const char **text, uint32 *length)
{
	StringInfo	quoted = &parser->quoted;
	const char *open = parser->p++;

	resetStringInfo(quoted);
	for (;;)
	{
		const char *quote = strchr(parser->p, '"');

		if (quote == NULL)
		{
			parser->p = open;
			return refuse(parser, ERRCODE_INVALID_TEXT_REPRESENTATION,
						  "a quoted name that ends with a double quote");
		}
		appendBinaryStringInfo(quoted, parser->p, quote - parser->p);
		parser->p = quote + 1;
		if (*parser->p != '"')
			break;
		appendStringInfoChar(quoted, '"');
		parser->p++;
	}
	*text = quoted->data;
	*length = quoted->len;
	return true;
}

/* An event or a channel. */
static bool
get_label(TextParser *parser, const char *expected, const char **text, uint32 *length)
{
	const char *start = parser->p;
	char	   *refused;
	int			bytes;

	if (*start == '"')
		return get_quoted(parser, text, length);
	while ((bytes = word_bytes(parser->p, parser->end)) > 0)
		parser->p += bytes;
	*text = start;
	*length = parser->p - start;
	refused = word_refused(parser->p, parser->end);
	if (refused != NULL)
		return refuse(parser, ERRCODE_INVALID_TEXT_REPRESENTATION,
					  psprintf("double quotes around a label that holds %s", refused));
	if (*length == 0)
		return refuse(parser, ERRCODE_INVALID_TEXT_REPRESENTATION, expected);
	return true;
}

static const char *
skip_digits(const char *p)
{
	while (*p >= '0' && *p <= '9')
		p++;
	return p;
}

/* Where the decimal number at p ends; p itself if there is none. */
static const char *
number_end(const char *p)
{
	const char *start = p;
	const char *digits;
	const char *end;

	if (*p == '+' || *p == '-')
		p++;
	digits = p;
	p = skip_digits(p);
	if (*p == '.')
	{
		end = skip_digits(p + 1);
		if (end - digits == 1)
			return start;		/* a lone point */
		p = end;
	}
	else if (p == digits)
		return start;
	if (*p == 'e' || *p == 'E')
	{
		const char *exponent = p + 1;

		if (*exponent == '+' || *exponent == '-')
			exponent++;
		end = skip_digits(exponent);
		if (end > exponent)
			p = end;
	}
	return p;
}

static bool
get_number(TextParser *parser, double *number)
{
	const char *end = number_end(parser->p);
	char	   *stop;

	if (end == parser->p || word_bytes(end, parser->end) > 0)
		return refuse(parser, ERRCODE_INVALID_TEXT_REPRESENTATION, "a finite number such as 59.9");
	errno = 0;
	*number = strtod(parser->p, &stop);
	if (stop != end)
		elog(ERROR, "number of a journey's text was read differently");
	if (!isfinite(*number) || (errno == ERANGE && *number == 0.0))
		return refuse(parser, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
					  "a number in the range of double precision");
	*number = journey_check_number(*number, "number");
	parser->p = end;
	return true;
}

/* An optional number behind its sign. */
static bool
get_marked_number(TextParser *parser, char sign, double *number)
{
	*number = get_float8_nan();
	if (*parser->p != sign)
		return true;
	parser->p++;
	if (!get_number(parser, number))
		return false;
	skip_space(parser);
	return true;
}

static bool
get_touchpoint(TextParser *parser)
{
	const char *expected = "a time";
	const char *text = NULL;
	uint32		length = 0;
	uint32		event;
	uint32		channel = LABEL_NONE;
	TimestampTz at;
	double		value;
	double		score;
	TimeError	error;

	error = journey_get_time(&parser->p, &at, &expected);
	if (error != TIME_OK)
		return refuse(parser, journey_time_sqlstate(error), expected);
	if (!scanner_isspace(*parser->p))
		return refuse(parser, ERRCODE_INVALID_TEXT_REPRESENTATION, "a blank and an event");
	skip_space(parser);
	if (parser->p[0] == '"' && parser->p[1] == '"' && parser->p[2] != '"')
		return refuse(parser, ERRCODE_INVALID_TEXT_REPRESENTATION, "an event that is not empty");
	if (!get_label(parser, "an event", &text, &length))
		return false;
	event = labels_intern(parser->labels, text, length);
	skip_space(parser);
	if (*parser->p == '@')
	{
		parser->p++;
		if (!get_label(parser, "a channel", &text, &length))
			return false;
		if (length > 0)
			channel = labels_intern(parser->labels, text, length);
		skip_space(parser);
	}
	if (!get_marked_number(parser, '=', &value) ||
		!get_marked_number(parser, '*', &score))
		return false;
	builder_add(parser->builder, at, event, channel, value, score);
	return true;
}

/* Reads the whole text into the builder. */
static bool
get_journey(TextParser *parser)
{
	skip_space(parser);
	if (*parser->p == '\0')
		return true;			/* the empty journey */
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		if (!get_touchpoint(parser))
			return false;
		if (*parser->p == '\0')
			return true;
		if (*parser->p != ',')
			return refuse(parser, ERRCODE_INVALID_TEXT_REPRESENTATION,
						  "\"@\", \"=\", \"*\", a comma or the end");
		parser->p++;
		skip_space(parser);
	}
}

Datum
journey_in(PG_FUNCTION_ARGS)
{
	TextParser	parser;

	parser.start = parser.p = PG_GETARG_CSTRING(0);
	parser.end = parser.p + strlen(parser.p);
	parser.labels = labels_create(CurrentMemoryContext);
	parser.builder = builder_create(CurrentMemoryContext, parser.labels);
	parser.escontext = fcinfo->context;
	initStringInfo(&parser.quoted);
	if (!get_journey(&parser))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(builder_journey(parser.builder));
}

/* Writes a label, in quotes if it would not be read back without. */
static void
put_label(StringInfo out, const Label *label)
{
	if (word_is_bare(label->text, label->length))
	{
		appendBinaryStringInfo(out, label->text, label->length);
		return;
	}
	appendStringInfoChar(out, '"');
	for (uint32 i = 0; i < label->length; i++)
	{
		if (label->text[i] == '"')
			appendStringInfoChar(out, '"');
		appendStringInfoChar(out, label->text[i]);
	}
	appendStringInfoChar(out, '"');
}

static void
put_number(StringInfo out, const char *sign, double number)
{
	char		digits[DOUBLE_SHORTEST_DECIMAL_LEN];

	if (isnan(number))
		return;
	double_to_shortest_decimal_buf(number, digits);
	appendStringInfoString(out, sign);
	appendStringInfoString(out, digits);
}

Datum
journey_out(PG_FUNCTION_ARGS)
{
	const JourneyColumns *columns = journey_read(journey_call_reader(fcinfo),
												 PG_GETARG_DATUM(0), COLUMN_ALL);
	const Label *label = columns->labels->label;
	StringInfoData out;

	initStringInfo(&out);
	for (int64 i = 0; i < columns->count; i++)
	{
		char		time[JOURNEY_TIME_SIZE];
		uint32		channel = COLUMN_CHANNEL_AT(columns, i);

		CHECK_FOR_INTERRUPTS();
		if (i > 0)
			appendStringInfoString(&out, ", ");
		journey_put_time(time, columns->at[i], false);
		appendStringInfoString(&out, time);
		appendStringInfoChar(&out, ' ');
		put_label(&out, &label[columns->event[i]]);
		if (channel != LABEL_NONE)
		{
			appendStringInfoChar(&out, '@');
			put_label(&out, &label[channel]);
		}
		put_number(&out, " =", COLUMN_VALUE_AT(columns, i));
		put_number(&out, " *", COLUMN_SCORE_AT(columns, i));
	}
	PG_RETURN_CSTRING(out.data);
}
