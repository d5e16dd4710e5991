/*
 * staging.h
 *		The stages of touchpoints by a stage model.
 *
 * What a pair of labels can be is found out once for each; a touchpoint then takes one look at
 * its pair, and at what was met before its instant.
 */
#ifndef JOURNEY_MATCHER_STAGING_H
#define JOURNEY_MATCHER_STAGING_H

#include "pattern/stage_model.h"
#include "type/columns.h"

#define STAGE_NONE	(-1)

typedef struct Staging Staging;

/* One that keeps what it learns and needs in the given context, where the model lives, too. */
extern Staging *staging_create(const StageModel *model, MemoryContext context);

/*
 * The stage of each touchpoint of a journey, or STAGE_NONE; valid until the next journey.
 * "generation" tells that label codes were given out anew (see journey_reader_labels).
 */
extern const int8 *staging_load(Staging *staging, const JourneyColumns *columns,
								uint64 generation);

/* The stage of a touchpoint of which no other is known: rules with "after" do not hold. */
extern int	staging_of_pair(Staging *staging, const Labels *labels, uint64 generation,
							uint32 event, uint32 channel);

/* Can a touchpoint with these labels have a stage, or be what an "after" asks for? */
extern bool staging_wants(const StageModel *model, const Label *event, const Label *channel);

#endif							/* JOURNEY_MATCHER_STAGING_H */
