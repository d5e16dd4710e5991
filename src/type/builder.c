/*
 * builder.c
 *		Collects touchpoints in any order and writes a journey.
 *
 * There is one builder for each group of an aggregation, so it is small: one
 * allocation of 128 bytes holds it and its first touchpoints, which move to an
 * array of their own when there are more.  A touchpoint takes 16 bytes, and
 * 24 or 32 from the first value or score on.
 *
 * The time of the last touchpoint is kept beside the count: rows of a group
 * mostly arrive in order, and this finds it out without a look at the entry,
 * which is no longer in the processor's cache.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "type/array.h"
#include "type/builder.h"
#include "type/codec.h"
#include "type/touchpoint.h"

/* Touchpoints without numbers that fit into a builder's own allocation. */
#define INLINE_ENTRIES	4

/* The first array of its own. */
#define FIRST_BYTES		256

#define SORT_RECORD			Touchpoint
#define SORT_COMPARE		touchpoint_compare
#define SORT_BUDGET			8
#include "type/touchpoint_sort.h"

typedef struct BuilderColumns
{
	JourneyColumns columns;
	void	   *memory;
	Size		size;
} BuilderColumns;

struct JourneyBuilder
{
	MemoryContext context;
	Labels	   *labels;
	char	   *entries;
	int64		count;
	int64		room;			/* in entries of the present stride */
	TimestampTz last;			/* of the touchpoint added last */
	BuilderColumns *shown;		/* what builder_columns() gave */
	int			stride;
	bool		sorted;
	Touchpoint	first[INLINE_ENTRIES];
};

#define ENTRY(builder, i)		((Touchpoint *) ((builder)->entries + (i) * (builder)->stride))
#define ENTRY_VALUE(entry)		(TOUCHPOINT_NUMBERS(entry)[0])
#define ENTRY_SCORE(entry)		(TOUCHPOINT_NUMBERS(entry)[1])

JourneyBuilder *
builder_create(MemoryContext context, Labels *labels)
{
	JourneyBuilder *builder = MemoryContextAlloc(context, sizeof(JourneyBuilder));

	builder->context = context;
	builder->labels = labels;
	builder->entries = (char *) builder->first;
	builder->count = 0;
	builder->room = INLINE_ENTRIES;
	builder->last = DT_NOBEGIN;
	builder->shown = NULL;
	builder->stride = sizeof(Touchpoint);
	builder->sorted = true;
	return builder;
}

Labels *
builder_labels(JourneyBuilder *builder)
{
	return builder->labels;
}

void
builder_relabel(JourneyBuilder *builder, Labels *labels)
{
	for (int64 i = 0; i < builder->count; i++)
	{
		Touchpoint *entry = ENTRY(builder, i);

		if ((i & 0xfffff) == 0xfffff)
			CHECK_FOR_INTERRUPTS();
		entry->event = labels_translate(builder->labels, entry->event, labels);
		entry->channel = labels_translate(builder->labels, entry->channel, labels);
	}
	builder->labels = labels;
}

static void
sort_entries(JourneyBuilder *builder)
{
	if (builder->sorted)
		return;
	if (builder->stride == sizeof(Touchpoint))
		sort_records(builder->entries, builder->count, builder->labels, sizeof(Touchpoint));
	else if (builder->stride == sizeof(ValueRecord))
		sort_records(builder->entries, builder->count, builder->labels, sizeof(ValueRecord));
	else
		sort_records(builder->entries, builder->count, builder->labels, sizeof(ScoreRecord));
	builder->last = ENTRY(builder, builder->count - 1)->at;
	builder->sorted = true;
}

/* Moves the entries to a larger array, perhaps with a wider stride. */
static void
grow(JourneyBuilder *builder, int64 room, int stride)
{
	bool		is_inline = builder->entries == (char *) builder->first;
	char	   *entries;

	if (room > MaxAllocHugeSize / stride)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("journey has too many touchpoints"),
				 errdetail("There are more than %lld.", (long long) builder->count)));
	if (stride == builder->stride && !is_inline)
	{
		builder->entries = repalloc_huge(builder->entries, room * stride);
		builder->room = room;
		return;
	}

	entries = MemoryContextAllocHuge(builder->context, room * stride);
	if (stride == builder->stride)
		memcpy(entries, builder->entries, builder->count * stride);
	else
		for (int64 i = 0; i < builder->count; i++)
		{
			ScoreRecord	entry;

			entry.value = get_float8_nan();
			entry.score = get_float8_nan();
			memcpy(&entry, ENTRY(builder, i), builder->stride);
			memcpy(entries + i * stride, &entry, stride);
		}
	if (!is_inline)
		pfree(builder->entries);
	builder->entries = entries;
	builder->room = room;
	builder->stride = stride;
}

/*
 * Room for so many entries or more: as many as go into a power of two of bytes,
 * which is what an allocation takes up anyway.
 */
static int64
room_for(int64 count, int stride)
{
	int64		bytes = FIRST_BYTES;

	while (bytes / stride < count)
		bytes *= 2;
	return bytes / stride;
}

/* The stride must suit a touchpoint with these numbers. */
static inline void
widen(JourneyBuilder *builder, bool has_value, bool has_score)
{
	int			stride = has_score ? sizeof(ScoreRecord) :
		has_value ? sizeof(ValueRecord) : sizeof(Touchpoint);

	if (unlikely(stride > builder->stride))
		grow(builder, room_for(builder->room, stride), stride);
}

void
builder_add(JourneyBuilder *builder, TimestampTz at, uint32 event, uint32 channel,
			double value, double score)
{
	Touchpoint	   *entry;

	widen(builder, !isnan(value), !isnan(score));
	if (unlikely(builder->count == builder->room))
		grow(builder, room_for(builder->room + 1, builder->stride), builder->stride);
	entry = ENTRY(builder, builder->count);
	entry->at = at;
	entry->event = event;
	entry->channel = channel;
	if (builder->stride > sizeof(Touchpoint))
		ENTRY_VALUE(entry) = value;
	if (builder->stride == sizeof(ScoreRecord))
		ENTRY_SCORE(entry) = score;

	if (builder->sorted && at <= builder->last && builder->count > 0 &&
		(at < builder->last ||
		 touchpoint_compare(ENTRY(builder, builder->count - 1), entry, builder->labels,
							(builder->stride - sizeof(Touchpoint)) / sizeof(double)) > 0))
		builder->sorted = false;
	builder->last = at;
	builder->count++;
}

void
builder_add_columns(JourneyBuilder *builder, const JourneyColumns *columns)
{
	const Labels *labels = columns->labels;
	int64		needed = builder->count + columns->count;

	widen(builder, columns->value != NULL, columns->score != NULL);
	if (needed > builder->room)
		grow(builder, room_for(needed, builder->stride), builder->stride);
	for (int64 i = 0; i < columns->count; i++)
	{
		if ((i & 0xfffff) == 0xfffff)
			CHECK_FOR_INTERRUPTS();
		builder_add(builder, columns->at[i],
					labels_translate(labels, columns->event[i], builder->labels),
					labels_translate(labels, COLUMN_CHANNEL_AT(columns, i), builder->labels),
					COLUMN_VALUE_AT(columns, i),
					COLUMN_SCORE_AT(columns, i));
	}
}

/*
 * Copies the sorted entries into columns, which lie in one allocation, as large
 * as the entries and in the order of their parts.  A column that is null throughout is left out.
 */
static void
fill_columns(const JourneyBuilder *builder, char *memory, JourneyColumns *columns)
{
	int64		count = builder->count;
	TimestampTz *at = (TimestampTz *) memory;
	uint32	   *event = (uint32 *) (memory + count * sizeof(TimestampTz));
	uint32	   *channel = event + count;
	double	   *value = (double *) (memory + count * sizeof(Touchpoint));
	double	   *score = value + count;
	bool		has_channel = false;
	bool		has_value = false;
	bool		has_score = false;

	for (int64 i = 0; i < count; i++)
	{
		const Touchpoint *entry = ENTRY(builder, i);

		if ((i & 0xfffff) == 0xfffff)
			CHECK_FOR_INTERRUPTS();
		at[i] = entry->at;
		event[i] = entry->event;
		channel[i] = entry->channel;
		has_channel |= entry->channel != LABEL_NONE;
		if (builder->stride > sizeof(Touchpoint))
		{
			value[i] = ENTRY_VALUE(entry);
			has_value |= !isnan(value[i]);
		}
		if (builder->stride == sizeof(ScoreRecord))
		{
			score[i] = ENTRY_SCORE(entry);
			has_score |= !isnan(score[i]);
		}
	}
	*columns = (JourneyColumns) {
		.count = count,
		.at = at,
		.event = event,
		.channel = has_channel ? channel : NULL,
		.value = has_value ? value : NULL,
		.score = has_score ? score : NULL,
		.labels = builder->labels
	};
}

const JourneyColumns *
builder_columns(JourneyBuilder *builder)
{
	BuilderColumns *shown = builder->shown;
	Size		size = builder->count * sizeof(ScoreRecord);

	if (shown == NULL)
		shown = builder->shown = MemoryContextAllocZero(builder->context, sizeof(BuilderColumns));
	if (builder->count * sizeof(ScoreRecord) > shown->size)
	{
		if (shown->memory)
			pfree(shown->memory);
		shown->size = 0;
		shown->memory = NULL;
		shown->memory = MemoryContextAllocHuge(builder->context, size);
		shown->size = size;
	}
	sort_entries(builder);
	fill_columns(builder, shown->memory, &shown->columns);
	return &shown->columns;
}

struct varlena *
builder_journey(JourneyBuilder *builder)
{
	struct varlena *result;
	JourneyColumns columns;
	char	   *memory;

	/* not builder_columns(), so that an aggregate's groups keep nothing of this */
	sort_entries(builder);
	memory = array_alloc(CurrentMemoryContext, builder->count + 1, builder->stride);
	fill_columns(builder, memory, &columns);
	result = journey_encode(&columns);
	pfree(memory);
	return result;
}
