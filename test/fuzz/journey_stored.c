/*
 * journey_stored.c
 *		Any bytes, taken for a stored journey, are read to their end and no
 *		further, with each set of columns and from a slice; what they say can
 *		be written again and is stable from then on, and patterns can be looked
 *		for in it.
 */
#include "journey.h"

#include "utils/float.h"

#include "type/builder.h"
#include "matcher/matcher.h"

/* Longer ones take the time of many. */
#define MAX_MATCHED	100

typedef struct Input
{
	const uint8_t *data;
	size_t		size;
	struct varlena *bytes;
	int			wanted;
} Input;

/* With a header of one byte where it is short enough, as it lies in a table. */
static void
store(void *argument)
{
	Input	   *input = argument;

	if (input->size + VARHDRSZ_SHORT <= VARATT_SHORT_MAX)
	{
		input->bytes = palloc(input->size + VARHDRSZ_SHORT);
		SET_VARSIZE_SHORT(input->bytes, input->size + VARHDRSZ_SHORT);
		memcpy(VARDATA_SHORT(input->bytes), input->data, input->size);
	}
	else
		input->bytes = fuzz_varlena(input->data, input->size);
}

static void
read_header(void *argument)
{
	JourneyHeader header;
	const char *position;

	journey_read_header(PointerGetDatum(((Input *) argument)->bytes), true, &header);
	position = header.dictionary;
	for (uint64 i = (uint64) header.events + header.channels; header.count > 0 && i > 0; i--)
	{
		const char *text;
		uint32		length;

		position = journey_next_label(&header, position, &text, &length);
		fuzz_check(text + length <= header.dictionary + header.dictionary_size,
				   "a label reaches beyond its dictionary");
	}
}

static void
read_columns(void *argument)
{
	Input	   *input = argument;
	const JourneyColumns *columns;
	double		sum = 0;

	columns = journey_read(journey_reader_create(CurrentMemoryContext),
						   PointerGetDatum(input->bytes), input->wanted);
	for (int64 i = 0; i < columns->count; i++)
	{
		fuzz_check(columns->event[i] < columns->labels->count &&
				   COLUMN_CHANNEL_AT(columns, i) < columns->labels->count,
				   "a touchpoint has a label that does not exist");
		fuzz_check(i == 0 || columns->at[i] >= columns->at[i - 1], "times fall");
		sum += COLUMN_VALUE_AT(columns, i) + COLUMN_SCORE_AT(columns, i);
	}
	(void) sum;
}

static void
rewrite(void *argument)
{
	Input	   *input = argument;
	JourneyReader *reader = journey_reader_create(CurrentMemoryContext);
	Datum		datum = PointerGetDatum(input->bytes);

	for (int i = 0; i < 2; i++)
	{
		Labels	   *labels = labels_create(CurrentMemoryContext);
		JourneyBuilder *builder = builder_create(CurrentMemoryContext, labels);
		struct varlena *again;

		builder_add_columns(builder, journey_read(reader, datum, COLUMN_ALL));
		again = builder_journey(builder);
		if (i > 0)
			fuzz_same(again, (struct varlena *) DatumGetPointer(datum),
					  "a journey changes when it is written again");
		datum = PointerGetDatum(again);
	}
}

static void
match(void *argument)
{
	static const char *const patterns[] = {
		"a -> b within 1 hour", "* -> !a -> *? -> * within 2 days same channel", "a & b & *"
	};
	JourneyReader *reader = journey_reader_create(CurrentMemoryContext);
	const JourneyColumns *columns = journey_read(reader,
												 PointerGetDatum(((Input *) argument)->bytes),
												 COLUMN_ALL);
	Chain		chain;

	for (int i = 0; i < lengthof(patterns) && columns->count <= MAX_MATCHED; i++)
	{
		Pattern    *pattern = pattern_parse(patterns[i], strlen(patterns[i]));
		Matcher    *matcher = matcher_create(pattern, CurrentMemoryContext);

		matcher_load(matcher, columns, 1);
		matcher_chain(matcher, &chain);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int wanted[] = {0, COLUMN_CHANNEL, COLUMN_VALUE, COLUMN_SCORE,
		COLUMN_CHANNEL | COLUMN_VALUE_SELDOM, COLUMN_SCORE | COLUMN_VALUE_SELDOM, COLUMN_ALL};
	Input		input = {data, size};
	bool		good = true;

	fuzz_try(store, &input);
	fuzz_try(read_header, &input);
	for (int i = 0; i < lengthof(wanted); i++)
	{
		input.wanted = wanted[i];
		good = fuzz_try(read_columns, &input);
	}
	if (good)
	{
		fuzz_check(fuzz_try(rewrite, &input), "a journey that can be read cannot be written");
		fuzz_try(match, &input);
	}
	fuzz_reset();
	return 0;
}
