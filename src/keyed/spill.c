/*
 * spill.c
 *		Rows of an events table: beyond the budget of memory.
 *
 * A log that spills is divided by a hash of the customer, so that each part
 * holds all rows of its customers, in the order of arrival.  A part that is still too large
 * when its turn comes is divided again, by other bits, unless it holds one
 * customer only; see parts.c.  The tapes of all logs of a pool lie in one temporary file,
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

/* Divides all records of a log among its partitions. */
void
eventlog_write(EventLog *log)
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
static bool
spill(EventLog *log)
{
	if (log->partitions == 0 && is_indivisible(log))
		return false;
	eventlog_write(log);
	return true;
}

/* Spills the largest logs until the others fit. */
static void
keep_to_budget(EventSite *site)
{
	while (site->used > site->budget)
	{
		EventLog   *largest = NULL;
		dlist_iter	iter;

		dlist_foreach(iter, &site->large)
		{
			EventLog   *log = dlist_container(EventLog, node, iter.cur);

			if (log->memory >= log->spill_at &&
				(largest == NULL || log->memory > largest->memory))
				largest = log;
		}
		if (largest == NULL)
			break;
		CHECK_FOR_INTERRUPTS();
		if (!spill(largest))
			largest->spill_at = largest->memory * 2;
	}
}

/* Makes room for a record, be it in memory or by spilling. */
void
eventlog_make_room(EventLog *log)
{
	EventSite  *site = log->pool->site;

	if (unlikely(site->used > site->budget))
		keep_to_budget(site);
	eventlog_add_room(log);
}
