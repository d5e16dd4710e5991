/*
 * format.c
 *		A second format of journeys, for builds with JOURNEY_TEST_FORMAT only.
 *		test/roundtrip/formats puts it beside the codec.
 *
 * Rows instead of columns, and words instead of varints:
 *
 *		version, columns present (a byte each); count, first and last time,
 *		numbers of events and of channels, size of the dictionary (eight bytes
 *		each); the dictionary, as in version 1; then each touchpoint: its time
 *		(eight bytes), its codes (four each, a channel's from 1), a byte that
 *		says which of value and score it has, and these, eight bytes each.
 *
 * journey.test_format says what is written: 0 the usual format, 1 this one, 2 the
 * one and the other in turn.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/float.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "type/codec.h"
#include "type/codec_private.h"

#define TOUCHPOINT_MAX	(8 + 4 + 4 + 1 + 8 + 8)

static int	test_format;
static bool turn;

extern void journey_test_format_init(void);

/* Called when the library is loaded. */
void
journey_test_format_init(void)
{
	DefineCustomIntVariable("journey.test_format", "Format in which journeys are written.", NULL,
							&test_format, 0, 0, 2, PGC_USERSET, 0, NULL, NULL, NULL);
}

bool
journey_test_format_wanted(void)
{
	turn = !turn;
	return test_format == 1 || (test_format == 2 && turn);
}

static uint64
next_word(Cursor *cursor)
{
	uint64		word;

	if (left(cursor) < 8)
		journey_corrupt("It is truncated.");
	word = get_word(cursor->p);
	cursor->p += 8;
	return word;
}

static unsigned char *
put_code(unsigned char *p, uint32 code)
{
	for (int i = 0; i < 4; i++)
		*p++ = (unsigned char) (code >> (8 * i));
	return p;
}

static uint32
next_code(Cursor *cursor, const CodeMap *map, bool mapped)
{
	uint32		code = 0;

	if (left(cursor) < 4)
		journey_corrupt("It is truncated.");
	for (int i = 0; i < 4; i++)
		code |= (uint32) *cursor->p++ << (8 * i);
	if (code >= map->count)
		journey_corrupt("A label is not in its dictionary.");
	return mapped ? map->code[code] : LABEL_NONE;
}

static unsigned char *
put_number(unsigned char *p, double number)
{
	uint64		word;

	number += 0.0;
	memcpy(&word, &number, sizeof(word));
	return put_word(p, word);
}

/* Gives labels their places, in order of first appearance; returns the size they take. */
static Size
place_labels(const JourneyColumns *columns, LabelNotes *notes, uint32 *events, uint32 *channels)
{
	const Label *label = columns->labels->label;
	Size		size = 0;

	*events = *channels = 0;
	for (int64 i = 0; i < columns->count; i++)
	{
		LabelNote  *event = &notes->note[columns->event[i]];
		LabelNote  *channel = &notes->note[COLUMN_CHANNEL_AT(columns, i)];

		if (event->event_stamp != notes->stamp)
		{
			event->event_stamp = notes->stamp;
			event->event = *events;
			notes->event_code[(*events)++] = columns->event[i];
			size += VARINT_MAX_SIZE + label[columns->event[i]].length;
		}
		if (COLUMN_CHANNEL_AT(columns, i) != LABEL_NONE && channel->channel_stamp != notes->stamp)
		{
			channel->channel_stamp = notes->stamp;
			channel->channel = *channels + 1;
			notes->channel_code[(*channels)++] = columns->channel[i];
			size += VARINT_MAX_SIZE + label[columns->channel[i]].length;
		}
	}
	return size;
}

/* A column of nothing but nulls is none, as in every format. */
static unsigned char
columns_present(const JourneyColumns *columns, uint32 channels)
{
	unsigned char present = channels > 0 ? COLUMN_CHANNEL : 0;

	for (int64 i = 0; i < columns->count; i++)
	{
		if (columns->value && !isnan(columns->value[i]))
			present |= COLUMN_VALUE;
		if (columns->score && !isnan(columns->score[i]))
			present |= COLUMN_SCORE;
	}
	return present;
}

static unsigned char *
put_labels(unsigned char *p, const Label *label, const uint32 *code, uint32 count)
{
	for (uint32 i = 0; i < count; i++)
	{
		p = put_varint(p, label[code[i]].length);
		memcpy(p, label[code[i]].text, label[code[i]].length);
		p += label[code[i]].length;
	}
	return p;
}

static unsigned char *
put_touchpoint(unsigned char *p, const JourneyColumns *columns, const LabelNotes *notes, int64 i)
{
	uint32		channel = COLUMN_CHANNEL_AT(columns, i);
	double		value = columns->value ? columns->value[i] : get_float8_nan();
	double		score = COLUMN_SCORE_AT(columns, i);

	p = put_word(p, (uint64) columns->at[i]);
	p = put_code(p, notes->note[columns->event[i]].event);
	p = put_code(p, channel == LABEL_NONE ? 0 : notes->note[channel].channel);
	*p++ = (isnan(value) ? 0 : COLUMN_VALUE) | (isnan(score) ? 0 : COLUMN_SCORE);
	if (!isnan(value))
		p = put_number(p, value);
	if (!isnan(score))
		p = put_number(p, score);
	return p;
}

struct varlena *
journey_encode_test(const JourneyColumns *columns)
{
	LabelNotes *notes = labels_notes(columns->labels);
	int64		count = columns->count;
	uint32		events;
	uint32		channels;
	Size		dictionary = place_labels(columns, notes, &events, &channels);
	struct varlena *result;
	unsigned char *p;
	unsigned char *size;
	unsigned char *start;

	result = MemoryContextAllocHuge(CurrentMemoryContext,
									VARHDRSZ + HEADER_MAX_SIZE + dictionary + count * TOUCHPOINT_MAX);
	p = (unsigned char *) VARDATA(result);
	*p++ = TEST_FORMAT;
	*p++ = columns_present(columns, channels);
	p = put_word(p, count);
	p = put_word(p, count ? (uint64) columns->at[0] : 0);
	p = put_word(p, count ? (uint64) columns->at[count - 1] : 0);
	p = put_word(p, events);
	p = put_word(p, channels);
	size = p;
	start = p + 8;
	p = put_labels(start, columns->labels->label, notes->event_code, events);
	p = put_labels(p, columns->labels->label, notes->channel_code, channels);
	put_word(size, p - start);
	for (int64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		p = put_touchpoint(p, columns, notes, i);
	}
	if (p - (unsigned char *) result > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("journey is too large")));
	SET_VARSIZE(result, p - (unsigned char *) result);
	return result;
}

int
journey_parse_test_header(Cursor *cursor, JourneyHeader *header)
{
	header->columns = *cursor->p++;
	header->count = next_word(cursor);
	header->first = next_word(cursor);
	header->last = next_word(cursor);
	header->events = next_word(cursor);
	header->channels = next_word(cursor);
	header->dictionary_size = next_word(cursor);
	return 0;
}

void
journey_read_test_columns(Cursor *cursor, const JourneyHeader *header, const CodeMap *events,
						  const CodeMap *channels, TimestampTz *at, uint32 *event,
						  uint32 *channel, double *value, double *score)
{
	for (int64 i = 0; i < header->count; i++)
	{
		double		numbers[2] = {get_float8_nan(), get_float8_nan()};
		uint32		code;
		int			present;

		CHECK_FOR_INTERRUPTS();
		at[i] = next_word(cursor);
		event[i] = next_code(cursor, events, true);
		code = next_code(cursor, channels, channel != NULL);
		if (channel)
			channel[i] = code;
		if (left(cursor) < 1)
			journey_corrupt("It is truncated.");
		present = *cursor->p++;
		for (int j = 0; j < 2; j++)
		{
			uint64		word;

			if (!(present & (j ? COLUMN_SCORE : COLUMN_VALUE)))
				continue;
			word = next_word(cursor);
			memcpy(&numbers[j], &word, sizeof(word));
		}
		if (value)
			value[i] = numbers[0];
		if (score)
			score[i] = numbers[1];
	}
}
