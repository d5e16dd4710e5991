/*
 * codec_read.c
 *		journey bytes -> columns.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "type/array.h"
#include "type/codec.h"
#include "type/codec_private.h"

/* A reader starts with new labels when those it has take this much memory. */
#define READER_LABELS_MAX	(64 * 1024 * 1024)
#define READER_SHARES		4	/* but so many shares at most */

/* Maps have at least this many entries, so that a byte cannot miss them. */
#define MAP_MIN				256

struct JourneyReader
{
	MemoryContext context;
	MemoryContext label_context;
	Labels	   *labels;
	uint64		generation;

	JourneyColumns columns;		/* what is handed out */
	int64		room;			/* of the columns below */
	TimestampTz *at;
	uint32	   *event;
	uint32	   *channel;
	double	   *value;
	double	   *score;

	/* the dictionary of the journey before, and its maps */
	char	   *dictionary;
	Size		dictionary_size;
	Size		dictionary_room;
	CodeMap		events;
	CodeMap		channels;		/* local code 0 is LABEL_NONE */
	bool		channels_mapped;	/* or only counted, for they were not wanted */

	/* values that are decoded when the first of them is asked for */
	Cursor		pending;
	bool		pending_raw;
};

/*
 * A varint out of a column, without a branch on its length, which would be
 * mispredicted all the time.  At the end of the journey the word that is read
 * begins before the cursor; there are always so many bytes, since the header
 * holds a time.
 */
static inline uint64
next_varint(Cursor *cursor)
{
	Size		rest = left(cursor);
	uint64		word;
	uint64		last;
	Size		length;

	if (likely(rest >= 8))
		word = get_word(cursor->p);
	else if (rest > 0)
		word = get_word(cursor->end - 8) >> (64 - 8 * rest);
	else
		journey_corrupt("It is truncated.");

	last = ~word & UINT64CONST(0x8080808080808080);
	if (unlikely(last == 0))
		return journey_long_varint(cursor);
	length = pg_rightmost_one_pos64(last) / 8 + 1;
	if (unlikely(length > rest))
		journey_corrupt("It is truncated.");
	cursor->p += length;

	word &= last ^ (last - 1);
	word &= UINT64CONST(0x7f7f7f7f7f7f7f7f);
	word = (word & UINT64CONST(0x007f007f007f007f)) |
		((word & UINT64CONST(0x7f007f007f007f00)) >> 1);
	word = (word & UINT64CONST(0x00003fff00003fff)) |
		((word & UINT64CONST(0x3fff00003fff0000)) >> 2);
	return (word & UINT64CONST(0x000000000fffffff)) |
		((word & UINT64CONST(0x0fffffff00000000)) >> 4);
}

static void
create_labels(JourneyReader *reader)
{
	MemoryContext context = AllocSetContextCreate(reader->context, "journey labels",
												  ALLOCSET_SMALL_SIZES);

	reader->labels = labels_create(context);
	reader->labels->freely = Min(READER_LABELS_MAX, READER_SHARES * labels_share());
	reader->label_context = context;
}

JourneyReader *
journey_reader_create(MemoryContext context)
{
	JourneyReader *reader = MemoryContextAllocZero(context, sizeof(JourneyReader));

	reader->context = context;
	create_labels(reader);
	reader->generation = 1;
	return reader;
}

JourneyReader *
journey_call_reader(FunctionCallInfo fcinfo)
{
	if (fcinfo->flinfo->fn_extra == NULL)
		fcinfo->flinfo->fn_extra = journey_reader_create(fcinfo->flinfo->fn_mcxt);
	return (JourneyReader *) fcinfo->flinfo->fn_extra;
}

Labels *
journey_reader_labels(JourneyReader *reader, uint64 *generation)
{
	if (generation)
		*generation = reader->generation;
	return reader->labels;
}

/* An array in the reader's context with room for so many elements. */
static void *
make_room(JourneyReader *reader, uint64 elements, Size element_size)
{
	return array_alloc(reader->context, elements, element_size);
}

static void
free_columns(JourneyReader *reader)
{
	void	   *columns[] = {reader->at, reader->event, reader->channel,
	reader->value, reader->score};

	reader->room = 0;
	reader->at = NULL;
	reader->event = NULL;
	reader->channel = NULL;
	reader->value = NULL;
	reader->score = NULL;
	for (int i = 0; i < lengthof(columns); i++)
		if (columns[i])
			pfree(columns[i]);
}

/* Makes room for a journey's columns; what was in them is lost if they move. */
static void
grow_columns(JourneyReader *reader, int64 count, int wanted)
{
	if (count > reader->room)
	{
		free_columns(reader);
		reader->room = Max(count + count / 4, 64);
	}
	if (reader->at == NULL)
		reader->at = make_room(reader, reader->room, sizeof(TimestampTz));
	if (reader->event == NULL)
		reader->event = make_room(reader, reader->room, sizeof(uint32));
	if ((wanted & COLUMN_CHANNEL) && reader->channel == NULL)
		reader->channel = make_room(reader, reader->room, sizeof(uint32));
	if ((wanted & COLUMN_VALUE) && reader->value == NULL)
		reader->value = make_room(reader, reader->room, sizeof(double));
	if ((wanted & COLUMN_SCORE) && reader->score == NULL)
		reader->score = make_room(reader, reader->room, sizeof(double));
}

/* Interns labels of one dictionary behind the codes a map has already. */
static void
read_labels(JourneyReader *reader, CodeMap *map, uint32 used, uint32 count, Cursor *cursor)
{
	if (map->room < used + count || map->room < MAP_MIN)
	{
		uint64		room = Max(2 * ((uint64) used + count), MAP_MIN);

		if (map->code)
			pfree(map->code);
		map->code = NULL;
		map->room = 0;
		map->code = make_room(reader, room, sizeof(uint32));
		memset(map->code, 0, room * sizeof(uint32));
		map->room = room;
	}
	if (used)
		map->code[0] = LABEL_NONE;
	for (uint32 i = 0; i < count; i++)
	{
		uint32		length;
		const char *text = get_label(cursor, &length);

		if ((i & 0xffff) == 0xffff)
			CHECK_FOR_INTERRUPTS();
		map->code[used + i] = labels_intern(reader->labels, text, length);
	}
	map->count = used + count;
}

/* Brings the maps up to date with a journey's dictionary and passes over it. */
static void
read_dictionary(JourneyReader *reader, const JourneyHeader *header, bool with_channels,
				Cursor *cursor)
{
	Size		size = header->dictionary_size;
	Cursor		labels;

	if (size > left(cursor))
		journey_corrupt("It is truncated.");
	labels.p = cursor->p;
	labels.end = cursor->p + size;
	cursor->p += size;
	if (size == reader->dictionary_size &&
		header->events == reader->events.count &&
		header->channels + 1 == reader->channels.count &&
		(reader->channels_mapped || !with_channels) &&
		memcmp(labels.p, reader->dictionary, size) == 0)
		return;

	reader->dictionary_size = 0;
	if (labels_are_many(reader->labels))
	{
		MemoryContext old = reader->label_context;

		/* one after the other, since there may be no memory for the new ones */
		create_labels(reader);
		MemoryContextDelete(old);
		reader->generation++;
	}
	if (size > reader->dictionary_room)
	{
		if (reader->dictionary)
			pfree(reader->dictionary);
		reader->dictionary = NULL;
		reader->dictionary_room = 0;
		reader->dictionary = make_room(reader, size + size / 4, 1);
		reader->dictionary_room = size + size / 4;
	}
	memcpy(reader->dictionary, labels.p, size);
	read_labels(reader, &reader->events, 0, header->events, &labels);
	if (with_channels)
		read_labels(reader, &reader->channels, 1, header->channels, &labels);
	reader->channels.count = header->channels + 1;
	reader->channels_mapped = with_channels;
	reader->dictionary_size = size;
}

/*
 * Unpacks codes of one width, up to a byte, and maps them.  Maps have an entry for every
 * value of a byte, so codes that are too large are complained about at the
 * end.
 */
static inline void
unpack_small(const unsigned char *p, int64 count, const int width, const CodeMap *map, uint32 *out)
{
	const uint32 *code = map->code;
	const uint32 mask = (1 << width) - 1;
	const int	each = 8 / width;
	uint32		worst = 0;
	int64		whole = count / each * each;
	int64		i;

	for (i = 0; i < whole; i += each, p++)
	{
		for (int j = 0; j < each; j++)
		{
			uint32		local = (*p >> (j * width)) & mask;

			worst = Max(worst, local);
			out[i + j] = code[local];
		}
	}
	for (int j = 0; i < count; i++, j++)
	{
		uint32		local = (*p >> (j * width)) & mask;

		worst = Max(worst, local);
		out[i] = code[local];
	}
	if (worst >= map->count)
		journey_corrupt("A label is not in its dictionary.");
}

static inline void
unpack_large(const unsigned char *p, int64 count, const int bytes, const CodeMap *map, uint32 *out)
{
	for (int64 i = 0; i < count; i++, p += bytes)
	{
		uint32		local = p[0] | ((uint32) p[1] << 8);

		if (bytes == 4)
			local |= ((uint32) p[2] << 16) | ((uint32) p[3] << 24);
		if (unlikely(local >= map->count))
			journey_corrupt("A label is not in its dictionary.");
		out[i] = map->code[local];
	}
}

/* A column of codes; with "out" NULL it is passed over. */
static void
read_codes(Cursor *cursor, int64 count, const CodeMap *map, uint32 *out)
{
	int			width = code_width(map->count);
	Size		size = ((uint64) count * width + 7) / 8;
	const unsigned char *p = cursor->p;

	if (size > left(cursor))
		journey_corrupt("It is truncated.");
	cursor->p += size;
	if (out == NULL)
		return;
	CHECK_FOR_INTERRUPTS();
	switch (width)
	{
		case 0:
			for (int64 i = 0; i < count; i++)
				out[i] = map->code[0];
			break;
		case 1:
			unpack_small(p, count, 1, map, out);
			break;
		case 2:
			unpack_small(p, count, 2, map, out);
			break;
		case 4:
			unpack_small(p, count, 4, map, out);
			break;
		case 8:
			unpack_small(p, count, 8, map, out);
			break;
		case 16:
			unpack_large(p, count, 2, map, out);
			break;
		default:
			unpack_large(p, count, 4, map, out);
			break;
	}
}

/*
 * Analyses rely on the order of times and do not look again, so a sum of
 * differences that went round must not pass.  It cannot have, unless one of them is
 * huge.
 */
static void
check_order(const TimestampTz *at, int64 count, uint64 differences, int64 unit)
{
	if (differences <= PG_INT64_MAX / unit / count)
		return;
	for (int64 i = 1; i < count; i++)
	{
		if ((i & 0xfffff) == 0)
			CHECK_FOR_INTERRUPTS();
		if (at[i] < at[i - 1])
			journey_corrupt("Its times are not in order.");
	}
}

static void
read_times(Cursor *cursor, const JourneyHeader *header, int64 unit, TimestampTz *out)
{
	Cursor		position = *cursor; /* a copy that can live in registers */
	uint64		at = (uint64) header->first;
	uint64		differences = 0;	/* bits of all, so none is larger */

	out[0] = header->first;
	for (int64 i = 1; i < header->count; i++)
	{
		uint64		difference;

		if ((i & 0xfffff) == 0)
			CHECK_FOR_INTERRUPTS();
		difference = next_varint(&position);
		differences |= difference;
		at += difference * (uint64) unit;
		out[i] = (TimestampTz) at;
	}
	if ((TimestampTz) at != header->last)
		journey_corrupt("Its last time differs from what its header says.");
	check_order(out, header->count, differences, unit);
	*cursor = position;
}

/* The numbers of a decimal or raw column, those in the bitmap only if there is one. */
static void
read_present(Cursor *cursor, int64 count, const unsigned char *bitmap, int scale, double *out)
{
	Cursor		position = *cursor;
	double		power = scale < 0 ? 0 : journey_power[scale];

	for (int64 i = 0; i < count; i++)
	{
		double		number;

		if ((i & 0xfffff) == 0)
			CHECK_FOR_INTERRUPTS();
		if (bitmap && !(bitmap[i / 8] & (1 << (i % 8))))
		{
			if (out)
				out[i] = get_float8_nan();
			continue;
		}
		if (scale < 0)
		{
			uint64		word;

			if (left(&position) < 8)
				journey_corrupt("It is truncated.");
			word = get_word(position.p);
			position.p += 8;
			memcpy(&number, &word, sizeof(number));
		}
		else
		{
			uint64		zigzag = next_varint(&position);
			int64		k = (int64) (zigzag >> 1) ^ -(int64) (zigzag & 1);

			number = (double) k / power;
		}
		if (out)
			out[i] = number;
	}
	*cursor = position;
}

/* A column of numbers; with "out" NULL it is passed over. */
static void
read_numbers(Cursor *cursor, int64 count, bool raw, double *out)
{
	const unsigned char *bitmap = NULL;
	Size		bitmap_size = (count + 7) / 8;
	int			scale = -1;
	int			presence;

	if (left(cursor) < 1)
		journey_corrupt("It is truncated.");
	presence = *cursor->p++;
	if (presence == NUMBERS_SOME)
	{
		if (left(cursor) < bitmap_size)
			journey_corrupt("It is truncated.");
		bitmap = cursor->p;
		cursor->p += bitmap_size;
	}
	else if (presence != NUMBERS_ALL)
		journey_corrupt("A column of numbers is of unknown form.");
	if (!raw)
	{
		if (left(cursor) < 1)
			journey_corrupt("It is truncated.");
		scale = *cursor->p++;
		if (scale > DECIMAL_MAX_SCALE)
			journey_corrupt("A column of numbers is of unknown form.");
	}
	read_present(cursor, count, bitmap, scale, out);
}

/*
 * The columns of version 1.  Values that are wanted seldom stay where they are
 * until one of them is asked for.
 */
static void
read_columns(JourneyReader *reader, const JourneyHeader *header, int flags, int wanted,
			 Cursor *cursor)
{
	read_codes(cursor, header->count, &reader->events, reader->event);
	if (header->columns & COLUMN_CHANNEL)
		read_codes(cursor, header->count, &reader->channels,
				   (wanted & COLUMN_CHANNEL) ? reader->channel : NULL);
	read_times(cursor, header, journey_unit[flags & FLAG_UNIT], reader->at);
	if ((header->columns & COLUMN_VALUE) && (wanted & COLUMN_VALUE_SELDOM))
	{
		reader->pending = *cursor;
		reader->pending_raw = flags & FLAG_VALUES_RAW;
		reader->columns.pending = reader;
	}
	else if ((header->columns & COLUMN_VALUE) && (wanted & (COLUMN_VALUE | COLUMN_SCORE)))
		read_numbers(cursor, header->count, flags & FLAG_VALUES_RAW,
					 (wanted & COLUMN_VALUE) ? reader->value : NULL);
	if (wanted & COLUMN_SCORE)
		read_numbers(cursor, header->count, flags & FLAG_SCORES_RAW, reader->score);
}

/* Decodes bytes into the reader's columns. */
static void
read_bytes(JourneyReader *reader, const char *data, Size size, int wanted)
{
	JourneyColumns *columns = &reader->columns;
	JourneyHeader header;
	Cursor		cursor;
	int			flags;

	cursor.p = (const unsigned char *) data;
	cursor.end = cursor.p + size;
	memset(columns, 0, sizeof(JourneyColumns));
	flags = journey_parse_header(&cursor, &header);
#ifdef JOURNEY_TEST_FORMAT
	if (header.format == TEST_FORMAT && (wanted & COLUMN_VALUE_SELDOM))
		wanted = (wanted & ~COLUMN_VALUE_SELDOM) | COLUMN_VALUE;
#endif
	wanted &= header.columns | COLUMN_VALUE_SELDOM;
	/* each touchpoint but the first takes a byte or more, for its time */
	if (header.count > 0 && (Size) header.count - 1 > left(&cursor))
		journey_corrupt("It is truncated.");
	grow_columns(reader, header.count, wanted);
	columns->at = reader->at;
	columns->event = reader->event;
	columns->labels = reader->labels;
	if (header.count == 0)
		return;

	read_dictionary(reader, &header, (wanted & COLUMN_CHANNEL) != 0, &cursor);
	columns->labels = reader->labels;
	switch (header.format)
	{
#ifdef JOURNEY_TEST_FORMAT
		case TEST_FORMAT:
			journey_read_test_columns(&cursor, &header, &reader->events, &reader->channels,
									  reader->at, reader->event,
									  (wanted & COLUMN_CHANNEL) ? reader->channel : NULL,
									  (wanted & COLUMN_VALUE) ? reader->value : NULL,
									  (wanted & COLUMN_SCORE) ? reader->score : NULL);
			break;
#endif
		default:
			read_columns(reader, &header, flags, wanted, &cursor);
			break;
	}

	columns->count = header.count;
	columns->channel = (wanted & COLUMN_CHANNEL) ? reader->channel : NULL;
	columns->value = (wanted & COLUMN_VALUE) ? reader->value : NULL;
	columns->score = (wanted & COLUMN_SCORE) ? reader->score : NULL;
}

/*
 * The bitmap tells at once that a touchpoint has no value; else all values are
 * decoded, and none is pending any more.
 */
double
journey_pending_value(const JourneyColumns *columns, int64 i)
{
	JourneyReader *reader = columns->pending;
	Cursor		cursor = reader->pending;

	if (left(&cursor) > i / 8 + 1 && cursor.p[0] == NUMBERS_SOME &&
		!(cursor.p[1 + i / 8] & (1 << (i % 8))))
		return get_float8_nan();
	grow_columns(reader, columns->count, COLUMN_VALUE);
	read_numbers(&cursor, columns->count, reader->pending_raw, reader->value);
	reader->columns.value = reader->value;
	reader->columns.pending = NULL;
	return reader->value[i];
}

const JourneyColumns *
journey_read(JourneyReader *reader, Datum journey, int wanted)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(journey);
	bool		copied = (Pointer) value != DatumGetPointer(journey);

	/* pending values need the journey's bytes; with scores they must be passed anyway */
	if ((wanted & COLUMN_VALUE_SELDOM) && (copied || (wanted & COLUMN_SCORE)))
		wanted = (wanted & ~COLUMN_VALUE_SELDOM) | COLUMN_VALUE;
	read_bytes(reader, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), wanted);
	if (copied)
		pfree(value);
	return &reader->columns;
}
