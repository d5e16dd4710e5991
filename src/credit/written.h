/*
 * written.h
 *		Paths that are written as text, "a > b > c", as other programs exchange them.
 */
#ifndef JOURNEY_CREDIT_WRITTEN_H
#define JOURNEY_CREDIT_WRITTEN_H

#include "type/columns.h"

typedef struct WrittenPaths
{
	MemoryContext context;
	Labels	   *labels;
	uint64		generation;		/* changes when labels begin anew */
	int64		room;
	JourneyColumns columns;
} WrittenPaths;

/* All zero but for the context, it takes a path after another as columns of touches. */
extern const JourneyColumns *written_path_read(WrittenPaths *paths, const char *text, int length);

#endif							/* JOURNEY_CREDIT_WRITTEN_H */
