/*
 * spill.c
 *		Rows of an events table: beyond the budget of memory.
 *
 * A log that spills is divided by a hash of the customer, so that each part
 * holds all rows of its customers, in the order of arrival.  A part that is still too large
 * when its turn comes is divided again, by other bits, unless it holds one
 * customer only.  The tapes of all logs of a pool lie in one temporary file,
 * whose blocks are used again as soon as they were read.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "keyed/eventlog.h"

#define MIN_PARTITIONS	2
#define MAX_PARTITIONS	128

/* Divided so often, customers must have equal hashes. */
#define MAX_LEVEL		12

#define LARGEST_READ_BUFFER	(64 * 1024)

static inline uint64
record_hash(const EventLog *log, const EventRecord *record)
{
	return log->table ? log->table->image[record->key].hash : customer_mix(record->key);
}

/* Which part does a customer belong to?  Every level has bits of its own. */
static inline uint32
partition_of(const EventLog *log, uint64 hash)
{
	uint64		bits = customer_mix(hash + (log->level + 1) * UINT64CONST(0x9E3779B97F4A7C15));

	return (uint32) (((bits >> 32) * log->partitions) >> 32);
}

/* Is all of it one customer's, or as good as that? */
static bool
is_indivisible(const EventLog *log)
{
	int64		key;

	if (log->first == NULL || log->level == MAX_LEVEL)
		return true;
	if (log->table)
		return log->table->count == 1;
	key = ((EventRecord *) EVENT_BLOCK_RECORDS(log->first))->key;
	for (EventBlock *block = log->first; block; block = block->next)
	{
		char	   *end = block->next ? block->end : log->free;

		CHECK_FOR_INTERRUPTS();
		for (char *r = EVENT_BLOCK_RECORDS(block); r < end; r += log->width)
			if (((EventRecord *) r)->key != key)
				return false;
	}
	return true;
}

/*
 * Each partition has a block in memory as long as it is written to, so there
 * are so many that half of what the log holds is given back.  Parts that turn out too
 * large are divided again.
 */
static void
create_partitions(EventLog *log)
{
	EventPool  *pool = log->pool;
	Size		partitions = Min(pool->site->budget / 4, log->memory / 2) / BLCKSZ;

	if (pool->tapes == NULL)
		pool->tapes = LogicalTapeSetCreate(false, NULL, -1);
	partitions = Max(MIN_PARTITIONS, Min(partitions, MAX_PARTITIONS));
	log->tape = palloc0(partitions * sizeof(LogicalTape *));
	log->partitions = partitions;
}

static void
write_record(EventLog *log, EventRecord *record)
{
	uint64		hash = record_hash(log, record);
	uint32		p = partition_of(log, hash);

	if (log->tape[p] == NULL)
	{
		log->tape[p] = LogicalTapeCreate(log->pool->tapes);
		eventlog_account(log->pool, BLCKSZ, 0);
	}
	if (log->table)
	{
		CustomerImage *image = &log->table->image[record->key];

		record->key = (int64) hash;
		LogicalTapeWrite(log->tape[p], record, log->width);
		LogicalTapeWrite(log->tape[p], &image->length, sizeof(image->length));
		if (image->length > 0)
			LogicalTapeWrite(log->tape[p], (void *) image->data, image->length);
	}
	else
		LogicalTapeWrite(log->tape[p], record, log->width);
}

static void
write_records(EventLog *log)
{
	MemoryContext before = MemoryContextSwitchTo(log->pool->context);

	if (log->partitions == 0)
		create_partitions(log);
	for (EventBlock *block = log->first; block; block = block->next)
	{
		char	   *end = block->next ? block->end : log->free;

		CHECK_FOR_INTERRUPTS();
		for (char *r = EVENT_BLOCK_RECORDS(block); r < end; r += log->width)
			write_record(log, (EventRecord *) r);
	}
	MemoryContextSwitchTo(before);
	eventlog_clear(log);
}

/* Moves all records of a log to disk.  False: they would not come back in smaller parts. */
bool
eventlog_spill(EventLog *log)
{
	if (log->partitions == 0 && is_indivisible(log))
		return false;
	write_records(log);
	return true;
}

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
	char		record[sizeof(EventRecord) + 2 * sizeof(double)];
	CustomerImage image;

	for (uint64 i = 0;; i++)
	{
		Size		size = LogicalTapeRead(tape, record, part->width);

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
		image.hash = (uint64) ((EventRecord *) record)->key;
		eventlog_reserve(part);
		((EventRecord *) record)->key = eventlog_image_key(part, &image);
		memcpy(part->free, record, part->width);
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
	write_records(log);
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
