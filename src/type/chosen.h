/*
 * chosen.h
 *		Columns of one's own, to put touchpoints of others into.
 */
#ifndef JOURNEY_TYPE_CHOSEN_H
#define JOURNEY_TYPE_CHOSEN_H

#include "type/columns.h"

typedef struct Chosen
{
	int64		count;
	TimestampTz *at;
	uint32	   *event;
	uint32	   *channel;
	double	   *value;
	double	   *score;
} Chosen;

/* Room for so many touchpoints in the current memory context, as wide as those of columns. */
extern void chosen_create(Chosen *chosen, const JourneyColumns *columns, int64 count);

/* As columns of these labels, valid as long as nothing more is chosen. */
extern JourneyColumns chosen_columns(const Chosen *chosen, const Labels *labels);

/* Two touchpoints change places. */
extern void chosen_swap(Chosen *chosen, int64 i, int64 k);

static inline void
choose(Chosen *chosen, const JourneyColumns *columns, int64 i)
{
	int64		to = chosen->count++;

	chosen->at[to] = columns->at[i];
	chosen->event[to] = columns->event[i];
	if (chosen->channel)
		chosen->channel[to] = columns->channel[i];
	if (chosen->value)
		chosen->value[to] = columns->value[i];
	if (chosen->score)
		chosen->score[to] = columns->score[i];
}

#endif							/* JOURNEY_TYPE_CHOSEN_H */
