/*
 * codec.c
 *		What the first bytes of a journey tell.  codec_read.c reads the rest,
 *		codec_write.c writes, and doc/format.md describes the bytes.
 *
 * Bytes are trusted to make sense, since only the writer makes them, but never
 * to be there: no read goes past the end, and what does not fit gives
 * ERRCODE_DATA_CORRUPTED.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "type/codec.h"
#include "type/codec_private.h"

const int64 journey_unit[] = {USECS_PER_SEC, 1000, 1, 0};

const double journey_power[DECIMAL_MAX_SCALE + 1] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13,
	1e14, 1e15
};

void
journey_corrupt(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("journey value is corrupt"),
			 errdetail("%s", detail)));
}

uint64
journey_long_varint(Cursor *cursor)
{
	uint64		number = 0;

	for (int shift = 0; shift < 64; shift += 7)
	{
		unsigned char byte;

		if (cursor->p >= cursor->end)
			journey_corrupt("It is truncated.");
		byte = *cursor->p++;
		if (shift == 63 && byte > 1)
			break;
		number |= (uint64) (byte & 0x7f) << shift;
		if (byte < 0x80)
			return number;
	}
	journey_corrupt("A number in it has too many digits.");
}

/* The count of labels in a dictionary, each of which takes two bytes or more. */
static uint32
get_label_count(Cursor *cursor)
{
	uint64		count = get_varint(cursor);

	if (count > MaxAllocSize / 2)
		journey_corrupt("A dictionary in it is too large.");
	return (uint32) count;
}

/* The header of version 1, from its flags on. */
static int
parse_header(Cursor *cursor, JourneyHeader *header)
{
	int			flags = *cursor->p++;

	if ((flags & FLAG_RESERVED) || (flags & FLAG_UNIT) > UNIT_MICROSECOND ||
		((flags & FLAG_VALUES_RAW) && !(flags & FLAG_VALUES)) ||
		((flags & FLAG_SCORES_RAW) && !(flags & FLAG_SCORES)))
		journey_corrupt("Its flags are unknown.");

	header->count = get_varint(cursor);
	if (header->count == 0)
	{
		if (flags != 0 || left(cursor) > 0)
			journey_corrupt("It is empty, but something follows.");
		return 0;
	}
	if (header->count < 0 || header->count > MaxAllocSize)
		journey_corrupt("Its count of touchpoints is impossible.");
	if (left(cursor) < 8)
		journey_corrupt("It is truncated.");
	header->first = (TimestampTz) get_word(cursor->p);
	cursor->p += 8;
	header->last = (TimestampTz)
		((uint64) header->first + get_varint(cursor) * journey_unit[flags & FLAG_UNIT]);
	if (!IS_VALID_TIMESTAMP(header->first) || !IS_VALID_TIMESTAMP(header->last) ||
		header->last < header->first)
		journey_corrupt("Its times are impossible.");
	header->events = get_label_count(cursor);
	if (flags & FLAG_CHANNELS)
	{
		header->channels = get_label_count(cursor);
		header->columns |= COLUMN_CHANNEL;
	}
	if (flags & FLAG_VALUES)
		header->columns |= COLUMN_VALUE;
	if (flags & FLAG_SCORES)
		header->columns |= COLUMN_SCORE;
	header->dictionary_size = get_varint(cursor);
	if (header->dictionary_size > MaxAllocSize ||
		(uint64) header->events + header->channels > header->dictionary_size / 2 ||
		header->events == 0)
		journey_corrupt("Its dictionary is impossible.");
	return flags;
}

int
journey_parse_header(Cursor *cursor, JourneyHeader *header)
{
	memset(header, 0, sizeof(JourneyHeader));
	if (left(cursor) < 3)
		journey_corrupt("It is truncated.");
	header->format = *cursor->p++;
	switch (header->format)
	{
		case FORMAT_VERSION:
			return parse_header(cursor, header);
#ifdef JOURNEY_TEST_FORMAT
		case TEST_FORMAT:
			return journey_parse_test_header(cursor, header);
#endif
		default:
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("unknown format of a journey value"),
					 errdetail("Its version is %d, this is version %d.",
							   header->format, FORMAT_VERSION),
					 errhint("A newer version of the extension may have written it.")));
	}
}

bool
journey_is_current(const struct varlena *journey)
{
	return VARSIZE_ANY_EXHDR(journey) > 0 &&
		*(const unsigned char *) VARDATA_ANY(journey) == FORMAT_VERSION;
}

void
journey_read_header(Datum journey, bool with_dictionary, JourneyHeader *header)
{
	struct varlena *value = (struct varlena *) DatumGetPointer(journey);
	bool		whole = !VARATT_IS_EXTERNAL(value) && !VARATT_IS_COMPRESSED(value);
	Size		needed = HEADER_MAX_SIZE;

	for (;;)
	{
		struct varlena *part = whole ? value : PG_DETOAST_DATUM_SLICE(journey, 0, needed);
		Cursor		cursor;
		Size		got = VARSIZE_ANY_EXHDR(part);

		cursor.p = (const unsigned char *) VARDATA_ANY(part);
		cursor.end = cursor.p + got;
		journey_parse_header(&cursor, header);
		if (!with_dictionary || header->count == 0)
		{
			/* sorting calls this very often in one context */
			if (!whole)
				pfree(part);
			return;
		}
		if (header->dictionary_size <= left(&cursor))
		{
			uint32		length;

			header->dictionary = (const char *) cursor.p;
			cursor.end = cursor.p + header->dictionary_size;
			for (uint64 i = (uint64) header->events + header->channels; i > 0; i--)
			{
				if ((i & 0xffff) == 0)
					CHECK_FOR_INTERRUPTS();
				(void) get_label(&cursor, &length);
			}
			return;
		}
		if (whole || got < needed)
			journey_corrupt("It is truncated.");
		needed = (cursor.p - (const unsigned char *) VARDATA_ANY(part)) + header->dictionary_size;
		pfree(part);
	}
}

const char *
journey_next_label(const JourneyHeader *header, const char *position, const char **text,
				   uint32 *length)
{
	Cursor		cursor;

	cursor.p = (const unsigned char *) position;
	cursor.end = (const unsigned char *) header->dictionary + header->dictionary_size;
	*text = get_label(&cursor, length);
	return (const char *) cursor.p;
}
