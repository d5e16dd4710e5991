/*
 * tally_out.c
 *		The text and the binary form of journey_tally: writing them.
 *
 * Both have the same parts in the same order, so there is one writer, which
 * puts them into text or into a message, and one reader, which takes them from
 * either.  Rows go out by label and cells by bucket: equal tallies have equal
 * text, whatever order their rows came in.
 *
 *		tally	:= 'tally' format analysis version '[' argument* ']' '[' shape* ']' '[' row* ']'
 *		argument := name text
 *		shape	:= '(' name labels slots [repeats slots] ')'	labels: a number, or 'any'
 *		slots	:= '[' (name type)* ']'
 *		type	:= 'count' | 'latest' | 'earliest' | 'duration' | 'sum' | 'durations' | 'numbers'
 *		row		:= '(' shape's-name '[' label* ']' slot* ')'
 *		slot	:= number							count
 *				 | number | 'none'					latest, earliest
 *				 | '(' count microseconds ')'		duration
 *				 | '(' count sum rest ')'			sum
 *				 | '[' ('(' count smallest largest ')')* ']'	durations, numbers
 *
 * Names, texts and labels are quoted, or a label is null.  The message has no
 * marks, but a number of items (int32) before each list; texts have a length
 * (int32, -1 for null), a type is a byte, "any" is -1, and a row has the number of its shape
 * instead of its name.  Numbers of a distribution go as doubles.
 */
#include "postgres.h"

#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "compat.h"
#include "population/tally_private.h"

PG_FUNCTION_INFO_V1(journey_tally_out);
PG_FUNCTION_INFO_V1(journey_tally_send);

#define MAX_DIGITS		40		/* of 128 bits, and the end */

typedef struct Sink
{
	StringInfo	to;
	bool		text;
} Sink;

static void
put_space(Sink *sink)
{
	StringInfo	to = sink->to;

	if (to->len > 0 && strchr("[(", to->data[to->len - 1]) == NULL)
		appendStringInfoChar(to, ' ');
}

/* Something that only the text form needs: a word, or an opening mark. */
static void
put_mark(Sink *sink, const char *mark)
{
	if (!sink->text)
		return;
	put_space(sink);
	appendStringInfoString(sink->to, mark);
}

static void
put_close(Sink *sink, char mark)
{
	if (sink->text)
		appendStringInfoChar(sink->to, mark);
}

/* Begins a list of so many items. */
static void
put_list(Sink *sink, uint32 count)
{
	if (sink->text)
		put_mark(sink, "[");
	else
		pq_sendint32(sink->to, count);
}

static void
put_integer(Sink *sink, int64 number)
{
	if (!sink->text)
		pq_sendint64(sink->to, number);
	else
	{
		put_space(sink);
		appendStringInfo(sink->to, INT64_FORMAT, number);
	}
}

static void
put_unsigned(Sink *sink, uint64 number)
{
	if (!sink->text)
		pq_sendint64(sink->to, number);
	else
	{
		put_space(sink);
		appendStringInfo(sink->to, UINT64_FORMAT, number);
	}
}

/* A number of two words. */
static void
put_wide(Sink *sink, uint64 low, int64 high)
{
	uint32		limb[4] = {(uint32) low, (uint32) (low >> 32),
		(uint32) high, (uint32) (high >> 32)};
	char		digits[MAX_DIGITS];
	int			at = sizeof(digits);

	if (!sink->text)
	{
		pq_sendint64(sink->to, high);
		pq_sendint64(sink->to, low);
		return;
	}
	digits[--at] = '\0';
	do
	{
		uint64		rest = 0;

		for (int i = 3; i >= 0; i--)
		{
			rest = (rest << 32) | limb[i];
			limb[i] = rest / 10;
			rest %= 10;
		}
		digits[--at] = '0' + rest;
	} while (limb[0] | limb[1] | limb[2] | limb[3]);
	put_mark(sink, digits + at);
}

static void
put_double(Sink *sink, double number)
{
	char		digits[DOUBLE_SHORTEST_DECIMAL_LEN];

	if (!sink->text)
	{
		pq_sendfloat8(sink->to, number);
		return;
	}
	double_to_shortest_decimal_buf(number, digits);
	put_mark(sink, digits);
}

static void
put_quoted(Sink *sink, const char *text, uint32 length)
{
	put_mark(sink, "\"");
	for (uint32 i = 0; i < length; i++)
	{
		if (text[i] == '"')
			appendStringInfoChar(sink->to, '"');
		appendStringInfoChar(sink->to, text[i]);
	}
	appendStringInfoChar(sink->to, '"');
}

static void
put_string(Sink *sink, const char *text, uint32 length)
{
	if (sink->text && text == NULL)
		put_mark(sink, "null");
	else if (sink->text)
		put_quoted(sink, text, length);
	else if (text == NULL)
		pq_sendint32(sink->to, -1);
	else
	{
		char	   *sent = pg_server_to_client(text, length);

		if (sent != text)
			length = strlen(sent);
		pq_sendint32(sink->to, length);
		pq_sendbytes(sink->to, sent, length);
	}
}

static void
put_name(Sink *sink, const char *name)
{
	put_string(sink, name, strlen(name));
}

static void
put_border(Sink *sink, TallyType type, uint64 value)
{
	if (type == TALLY_NUMBERS)
		put_double(sink, tally_number_of_order(value));
	else
		put_unsigned(sink, value);
}

static void
put_distribution(Sink *sink, const Tally *tally, const TallyCells *cells, uint32 row, uint32 slot,
				 TallyType type)
{
	const TallyCell *cell;
	uint32		count = tally_find_cells(tally, cells, row, slot, &cell);

	put_list(sink, count);
	for (uint32 i = 0; i < count; i++, cell++)
	{
		if (i % TALLY_CANCEL_EVERY == 0)
			CHECK_FOR_INTERRUPTS();
		put_mark(sink, "(");
		put_integer(sink, cell->count);
		put_border(sink, type, cell->smallest);
		put_border(sink, type, cell->largest);
		put_close(sink, ')');
	}
	put_close(sink, ']');
}

static void
put_moment(Sink *sink, int64 moment)
{
	if (sink->text && moment == TALLY_NOTHING)
		put_mark(sink, "none");
	else
		put_integer(sink, moment);
}

static void
put_duration(Sink *sink, const TallyDuration *duration)
{
	put_mark(sink, "(");
	put_integer(sink, duration->count);
	put_wide(sink, duration->low, duration->high);
	put_close(sink, ')');
}

static void
put_sum(Sink *sink, const TallySum *sum)
{
	put_mark(sink, "(");
	put_integer(sink, sum->count);
	put_double(sink, sum->sum);
	put_double(sink, sum->rest);
	put_close(sink, ')');
}

static void
put_slot(Sink *sink, const Tally *tally, const TallyCells *cells, uint32 row, uint32 slot,
		 TallyType type)
{
	switch (type)
	{
		case TALLY_COUNT:
			put_integer(sink, tally_count(tally, row, slot));
			break;
		case TALLY_LATEST:
			put_moment(sink, tally_latest(tally, row, slot));
			break;
		case TALLY_EARLIEST:
			put_moment(sink, tally_earliest(tally, row, slot));
			break;
		case TALLY_DURATION:
			put_duration(sink, tally_duration(tally, row, slot));
			break;
		case TALLY_SUM:
			put_sum(sink, tally_sum(tally, row, slot));
			break;
		case TALLY_DURATIONS:
		case TALLY_NUMBERS:
			put_distribution(sink, tally, cells, row, slot, type);
			break;
	}
}

static void
put_slots(Sink *sink, const TallySlot *slot, uint32 slots)
{
	put_list(sink, slots);
	for (uint32 i = 0; i < slots; i++)
	{
		put_name(sink, slot[i].name);
		if (sink->text)
			put_mark(sink, tally_type_names[slot[i].type]);
		else
			pq_sendbyte(sink->to, slot[i].type);
	}
	put_close(sink, ']');
}

static void
put_shape(Sink *sink, const TallyShape *shape)
{
	put_mark(sink, "(");
	put_name(sink, shape->name);
	if (!sink->text)
		pq_sendint32(sink->to, shape->labels);
	else if (shape->labels == TALLY_ANY_LABELS)
		put_mark(sink, "any");
	else
		put_integer(sink, shape->labels);
	put_slots(sink, shape->slot, shape->slots);
	if (!sink->text || shape->repeats > 0)
	{
		put_integer(sink, shape->repeats);
		put_slots(sink, shape->repeated_slot, shape->repeated_slots);
	}
	put_close(sink, ')');
}

static void
put_definition(Sink *sink, const TallyDefinition *definition)
{
	put_name(sink, definition->analysis);
	put_integer(sink, definition->version);
	put_list(sink, definition->arguments);
	for (uint32 i = 0; i < definition->arguments; i++)
	{
		put_name(sink, definition->argument[i].name);
		put_string(sink, definition->argument[i].text, definition->argument[i].length);
	}
	put_close(sink, ']');
	put_list(sink, definition->shapes);
	for (uint32 i = 0; i < definition->shapes; i++)
		put_shape(sink, &definition->shape[i]);
	put_close(sink, ']');
}

static void
put_row(Sink *sink, const Tally *tally, const TallyDefinition *definition,
		const TallyCells *cells, uint32 row)
{
	const TallyRow *entry = tally_row_entry(tally, row);
	const TallyShape *shape = &definition->shape[entry->shape];
	Label	   *key = palloc(Max(entry->labels, 1) * sizeof(Label));

	put_mark(sink, "(");
	if (sink->text)
		put_name(sink, shape->name);
	else
		pq_sendint32(sink->to, entry->shape);
	tally_key(tally, row, key);
	put_list(sink, entry->labels);
	for (uint32 i = 0; i < entry->labels; i++)
		put_string(sink, key[i].text, key[i].length);
	put_close(sink, ']');
	for (uint32 slot = 0; slot < tally_layout(tally, entry->shape)->slots; slot++)
		put_slot(sink, tally, cells, row, slot, tally_type(tally, row, slot));
	put_close(sink, ')');
	pfree(key);
}

static void
put_tally(Sink *sink, const Tally *tally)
{
	TallyDefinition definition;
	TallyCells	cells;
	uint32		rows;
	uint32	   *row;

	tally_definition(tally, &definition);
	tally_sort_cells(tally, &cells);
	put_mark(sink, "tally");
	put_integer(sink, TALLY_FORMAT);
	put_definition(sink, &definition);
	put_list(sink, tally->rows);
	row = tally_rows(tally, TALLY_EVERY_SHAPE, &rows);
	for (uint32 i = 0; i < rows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_row(sink, tally, &definition, &cells, row[i]);
	}
	put_close(sink, ']');
}

Datum
journey_tally_out(PG_FUNCTION_ARGS)
{
	StringInfoData text;
	Sink		sink = {&text, true};

	initStringInfo(&text);
	put_tally(&sink, tally_from_datum(PG_GETARG_DATUM(0)));
	PG_RETURN_CSTRING(text.data);
}

Datum
journey_tally_send(PG_FUNCTION_ARGS)
{
	StringInfoData message;
	Sink		sink = {&message, false};

	pq_begintypsend(&message);
	put_tally(&sink, tally_from_datum(PG_GETARG_DATUM(0)));
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}
