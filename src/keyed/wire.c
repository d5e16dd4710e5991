/*
 * wire.c
 *		Writing and reading the bytes of a state on its way to another process.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "compat.h"
#include "keyed/wire.h"

#define FIRST_ROOM	1024

/* It travels in a tuple, which has a header of its own. */
#define LARGEST_STATE	(MaxAllocSize - 1024)

/* In the current memory context. */
void
wire_begin(WireWriter *writer)
{
	writer->room = FIRST_ROOM;
	writer->data = palloc(writer->room);
	writer->used = VARHDRSZ;
}

void
wire_grow(WireWriter *writer, Size size)
{
	Size		room;

	if (size > LARGEST_STATE - writer->used)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("touchpoints of a parallel worker exceed 1 GB"),
				 errhint("Set max_parallel_workers_per_gather to 0 for this query.")));
	room = Max(writer->used + size, Min(writer->room * 2, LARGEST_STATE));
	writer->data = repalloc(writer->data, room);
	writer->room = room;
}

bytea *
wire_end(WireWriter *writer)
{
	SET_VARSIZE(writer->data, writer->used);
	return (bytea *) writer->data;
}

void
wire_invalid(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid state of an aggregate over touchpoints"),
			 errdetail("%s", detail)));
	pg_unreachable();
}
