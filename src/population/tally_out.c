/*
 * tally_out.c
 *		The text and the binary form of journey_tally: writing them.
 *
 * Both have the same parts in the same order, so there is one writer, which
 * puts them into text or into a message, and one reader, which takes them from
 * either.  Rows go out by label and cells by bucket: equal tallies have equal
 * text, whatever order their rows came in.
 *
 *		tally	:= 'tally' format analysis version '[' text* ']' types types
 *				   '(' slot* ')' '[' row* ']'
 *		types	:= '[' ('count' | 'latest' | 'duration' | 'sum' | 'distribution')* ']'
 *		row		:= '(' label slot* ')'
 *		slot	:= number							count
 *				 | number | 'none'					latest
 *				 | '(' count microseconds ')'		duration
 *				 | '(' count sum rest ')'			sum
 *				 | '[' ('(' count smallest largest ')')* ']'	distribution
 *
 * The first types are those of the common slots, in the first parentheses, the
 * second those of each row.  Texts and labels are quoted, or the label is
 * null.  The message has no marks, but a number of items (int32) before each list
 * whose length is not known yet; texts have a length (int32, -1 for null).
 */
#include "postgres.h"

#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "compat.h"
#include "population/tally.h"

PG_FUNCTION_INFO_V1(journey_tally_out);
PG_FUNCTION_INFO_V1(journey_tally_send);

#define CANCEL_EVERY	1024

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
	uint32		limb[4] = {(uint32) low, (uint32) (low >> 32), (uint32) high, (uint32) (high >> 32)};
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
put_distribution(Sink *sink, const Tally *tally, const TallyCells *cells, uint32 row, uint32 slot)
{
	const TallyCell *cell;
	uint32		count = tally_find_cells(tally, cells, row, slot, &cell);

	put_list(sink, count);
	for (uint32 i = 0; i < count; i++, cell++)
	{
		if (i % CANCEL_EVERY == 0)
			CHECK_FOR_INTERRUPTS();
		put_mark(sink, "(");
		put_integer(sink, cell->count);
		put_unsigned(sink, cell->smallest);
		put_unsigned(sink, cell->largest);
		put_close(sink, ')');
	}
	put_close(sink, ']');
}

static void
put_slot(Sink *sink, TallyType type, const void *slot)
{
	if (type == TALLY_LATEST && sink->text && *(const int64 *) slot == TALLY_NOTHING)
		put_mark(sink, "none");
	else if (type == TALLY_COUNT || type == TALLY_LATEST)
		put_integer(sink, *(const int64 *) slot);
	else if (type == TALLY_DURATION)
	{
		const TallyDuration *duration = slot;

		put_mark(sink, "(");
		put_integer(sink, duration->count);
		put_wide(sink, duration->low, duration->high);
		put_close(sink, ')');
	}
	else if (type == TALLY_SUM)
	{
		const TallySum *sum = slot;

		put_mark(sink, "(");
		put_integer(sink, sum->count);
		put_double(sink, sum->sum);
		put_double(sink, sum->rest);
		put_close(sink, ')');
	}
}

static void
put_types(Sink *sink, const uint8 *type, uint32 count)
{
	put_list(sink, count);
	for (uint32 i = 0; i < count; i++)
	{
		if (sink->text)
			put_mark(sink, tally_type_names[type[i]]);
		else
			pq_sendbyte(sink->to, type[i]);
	}
	put_close(sink, ']');
}

static void
put_row(Sink *sink, const Tally *tally, const TallyDefinition *definition,
		const TallyCells *cells, uint32 row)
{
	const uint8 *type = definition->type + definition->common_slots;
	uint32		length;
	const char *label = tally_label(tally, row, &length);

	put_mark(sink, "(");
	put_string(sink, label, length);
	for (uint32 slot = 0; slot < definition->row_slots; slot++)
	{
		if (type[slot] == TALLY_DISTRIBUTION)
			put_distribution(sink, tally, cells, row, slot);
		else
			put_slot(sink, type[slot], tally_slot(tally, row, slot));
	}
	put_close(sink, ')');
}

static void
put_tally(Sink *sink, const Tally *tally)
{
	TallyDefinition definition;
	TallyCells	cells;
	uint32	   *order = tally_rows_by_label(tally);

	tally_definition(tally, &definition);
	tally_sort_cells(tally, &cells);
	put_mark(sink, "tally");
	put_integer(sink, TALLY_FORMAT);
	put_string(sink, definition.analysis.text, definition.analysis.length);
	put_integer(sink, definition.version);
	put_list(sink, definition.texts);
	for (uint32 i = 0; i < definition.texts; i++)
		put_string(sink, definition.text[i].text, definition.text[i].length);
	put_close(sink, ']');
	put_types(sink, definition.type, definition.common_slots);
	put_types(sink, definition.type + definition.common_slots, definition.row_slots);

	put_mark(sink, "(");
	for (uint32 slot = 0; slot < definition.common_slots; slot++)
		put_slot(sink, definition.type[slot], tally_common(tally, slot));
	put_close(sink, ')');
	put_list(sink, tally->rows);
	for (uint32 i = 0; i < tally->rows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_row(sink, tally, &definition, &cells, order[i]);
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
