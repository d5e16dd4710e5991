/*
 * parts.c
 *		Rows of an events table: reading back what was spilled, part by part.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "keyed/append.h"

#define LARGEST_READ_BUFFER	(64 * 1024)

static void
read_exactly(LogicalTape *tape, void *data, Size size)
{
	if (LogicalTapeRead(tape, data, size) != size)
		elog(ERROR, "temporary file of touchpoints ends too early");
}

/* Records that are their own keys come as they are, as many as there is room for. */
static void
read_plain(EventLog *part, LogicalTape *tape)
{
	for (;;)
	{
		Size		size;
		Size		room;

		CHECK_FOR_INTERRUPTS();
		eventlog_reserve(part);
		room = part->limit - part->free;
		size = LogicalTapeRead(tape, part->free, room);
		part->free += size;
		if (size % part->width != 0)
			elog(ERROR, "temporary file of touchpoints ends too early");
		if (size < room)
			break;
	}
}

static void
read_images(EventLog *part, LogicalTape *tape)
{
	MemoryContext context = part->context;
	Size		room = 1024;
	char	   *data = MemoryContextAlloc(context, room);
	struct
	{
		EventRecord record;
		double		number[2];
	}			row;
	CustomerImage image;

	for (uint64 i = 0;; i++)
	{
		Size		size = LogicalTapeRead(tape, &row, part->width);

		if (size == 0)
			break;
		if (size != part->width)
			elog(ERROR, "temporary file of touchpoints ends too early");
		if ((i & 0xFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		read_exactly(tape, &image.length, sizeof(image.length));
		if (image.length > room)
		{
			pfree(data);
			room = image.length;
			data = MemoryContextAllocHuge(context, room);
		}
		read_exactly(tape, data, image.length);
		image.data = data;
		image.hash = (uint64) row.record.key;
		eventlog_reserve(part);
		row.record.key = eventlog_image_key(part, &image);
		memcpy(part->free, &row, part->width);
		part->free += part->width;
	}
	pfree(data);
}

/* Works off one partition, which is read into a log of its own. */
static void
work_off_partition(EventLog *log, int p, EventPart callback, void *argument)
{
	MemoryContext before = MemoryContextSwitchTo(log->pool->context);
	EventLog   *part = eventlog_create(log->pool, log->context, log->columns);

	part->level = log->level + 1;
	if (log->pool->site->integer_size > 0)
		read_plain(part, log->tape[p]);
	else
		read_images(part, log->tape[p]);
	LogicalTapeClose(log->tape[p]);
	log->tape[p] = NULL;
	MemoryContextSwitchTo(before);
	eventlog_parts(part, callback, argument);
	eventlog_clear(part);
	pfree(part);
}

/*
 * Calls back with logs that together hold all records of this one, and no
 * customer's in two of them.  The callback clears them or leaves that to us; afterwards the log
 * is empty.
 */
void
eventlog_parts(EventLog *log, EventPart callback, void *argument)
{
	Size		buffer = log->pool->site->budget / 16;

	if (log->partitions == 0)
	{
		callback(argument, log);
		eventlog_clear(log);
		return;
	}
	eventlog_write(log);
	buffer = Max(BLCKSZ, Min(buffer, LARGEST_READ_BUFFER));
	for (int p = 0; p < log->partitions; p++)
	{
		if (log->tape[p] == NULL)
			continue;
		LogicalTapeRewindForRead(log->tape[p], buffer);
		eventlog_account(log->pool, 0, BLCKSZ);
	}
	for (int p = 0; p < log->partitions; p++)
		if (log->tape[p])
			work_off_partition(log, p, callback, argument);
	pfree(log->tape);
	log->tape = NULL;
	log->partitions = 0;
}
