/*
 * builder.h
 *		Collects touchpoints in any order and writes a journey.
 */
#ifndef JOURNEY_TYPE_BUILDER_H
#define JOURNEY_TYPE_BUILDER_H

#include "type/columns.h"

typedef struct JourneyBuilder JourneyBuilder;

/*
 * A new builder in the given context.  Everything it allocates is allocated
 * there, never in a context of its own, and may grow past 1 GB.  Labels are codes
 * of "labels", which must live as long.
 */
extern JourneyBuilder *builder_create(MemoryContext context, Labels *labels);

/* Adds a touchpoint that was checked already; NaN is a null value or score. */
extern void builder_add(JourneyBuilder *builder, TimestampTz at, uint32 event, uint32 channel,
						double value, double score);

/* Adds all touchpoints of some columns, whatever their label table. */
extern void builder_add_columns(JourneyBuilder *builder, const JourneyColumns *columns);

/*
 * Sorts what was added, and shows it as columns.  The builder stays usable: more can be
 * added afterwards, and the columns are valid until then.
 */
extern const JourneyColumns *builder_columns(JourneyBuilder *builder);

/* The journey of all that was added, palloc'd in the current memory context. */
extern struct varlena *builder_journey(JourneyBuilder *builder);

extern Labels *builder_labels(JourneyBuilder *builder);

/* Goes over to another table of labels. */
extern void builder_relabel(JourneyBuilder *builder, Labels *labels);

#endif							/* JOURNEY_TYPE_BUILDER_H */
