/*
 * chosen.c
 *		Columns of one's own, to put touchpoints of others into.
 */
#include "postgres.h"

#include "type/array.h"
#include "type/chosen.h"

static void *
make_column(int64 count, Size size)
{
	return array_alloc(CurrentMemoryContext, Max(count, 1), size);
}

void
chosen_create(Chosen *chosen, const JourneyColumns *columns, int64 count)
{
	chosen->count = 0;
	chosen->at = make_column(count, sizeof(TimestampTz));
	chosen->event = make_column(count, sizeof(uint32));
	chosen->channel = columns->channel ? make_column(count, sizeof(uint32)) : NULL;
	chosen->value = columns->value ? make_column(count, sizeof(double)) : NULL;
	chosen->score = columns->score ? make_column(count, sizeof(double)) : NULL;
}

JourneyColumns
chosen_columns(const Chosen *chosen, const Labels *labels)
{
	return (JourneyColumns) {
		.count = chosen->count,
		.at = chosen->at,
		.event = chosen->event,
		.channel = chosen->channel,
		.value = chosen->value,
		.score = chosen->score,
		.labels = labels
	};
}

#define SWAP(type, column, i, k) \
	do { \
		type		swapped = (column)[i]; \
		(column)[i] = (column)[k]; \
		(column)[k] = swapped; \
	} while (0)

void
chosen_swap(Chosen *chosen, int64 i, int64 k)
{
	SWAP(TimestampTz, chosen->at, i, k);
	SWAP(uint32, chosen->event, i, k);
	if (chosen->channel)
		SWAP(uint32, chosen->channel, i, k);
	if (chosen->value)
		SWAP(double, chosen->value, i, k);
	if (chosen->score)
		SWAP(double, chosen->score, i, k);
}
