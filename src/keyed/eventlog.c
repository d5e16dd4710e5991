/*
 * eventlog.c
 *		Rows of an events table: appending, and the budget of memory.
 *
 * Blocks begin small, since there may be many groups, and double up to a size
 * that is a small part of the budget; nothing is ever copied to grow.  Only logs
 * that hold a good deal are worth spilling, and only those are kept on a list:
 * very many small groups are the executor's own to spill.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "keyed/eventlog.h"

#define FIRST_BLOCK		256
#define SMALLEST_LARGEST_BLOCK	(8 * 1024)
#define LARGEST_BLOCK	(1024 * 1024)

/* What a log must hold to be worth spilling. */
#define LARGE_LOG		(32 * 1024)

static void
create_labels(EventSite *site)
{
	site->labels = labels_create(AllocSetContextCreate(site->context, "journey labels",
													   ALLOCSET_DEFAULT_SIZES));
	site->labels->freely = labels_share();
}

EventSite *
eventlog_site_create(MemoryContext context)
{
	EventSite  *site = MemoryContextAllocZero(context, sizeof(EventSite));
	Size		limit = get_hash_memory_limit();

	site->context = context;
	create_labels(site);
	site->budget = limit / 2;
	site->largest_block = FIRST_BLOCK;
	while (site->largest_block < SMALLEST_LARGEST_BLOCK ||
		   (site->largest_block < LARGEST_BLOCK && site->largest_block < limit / 64))
		site->largest_block *= 2;
	dlist_init(&site->pools);
	dlist_init(&site->large);
	return site;
}

void
eventlog_site_type(EventSite *site, CustomerType *type)
{
	site->type = type;
	site->integer_size = customer_type_integer_size(type);
}

/* Starts with new labels if there are very many and no log needs them: are they new? */
bool
eventlog_renew_labels(EventSite *site)
{
	MemoryContext old = site->labels->context;

	if (!labels_are_many(site->labels) || !dlist_is_empty(&site->pools))
		return false;
	create_labels(site);
	MemoryContextDelete(old);
	return true;
}

/* ----------
 * Pools
 * ----------
 */

EventPool *
eventlog_find_pool(EventSite *site, MemoryContext context)
{
	dlist_iter	iter;

	dlist_foreach(iter, &site->pools)
	{
		EventPool  *pool = dlist_container(EventPool, node, iter.cur);

		if (pool->context == context)
			return pool;
	}
	return NULL;
}

/* The caller sees to it that eventlog_close_pool() is called before the context is reset. */
EventPool *
eventlog_create_pool(EventSite *site, MemoryContext context)
{
	EventPool  *pool = MemoryContextAllocZero(context, sizeof(EventPool));

	pool->site = site;
	pool->context = context;
	dlist_push_head(&site->pools, &pool->node);
	return pool;
}

/* All logs of the pool go; their memory goes with the context. */
void
eventlog_close_pool(EventPool *pool)
{
	EventSite  *site = pool->site;
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &site->large)
	{
		EventLog   *log = dlist_container(EventLog, node, iter.cur);

		if (log->pool == pool)
			dlist_delete(iter.cur);
	}
	site->used -= pool->used;
	dlist_delete(&pool->node);
	if (pool->tapes)
		LogicalTapeSetClose(pool->tapes);
}

/* ----------
 * Logs
 * ----------
 */

/* An empty log; "columns" are those that records have beside event and channel. */
EventLog *
eventlog_create(EventPool *pool, MemoryContext context, int columns)
{
	EventLog   *log = MemoryContextAllocZero(context, sizeof(EventLog));

	log->pool = pool;
	log->context = context;
	log->columns = columns & (COLUMN_VALUE | COLUMN_SCORE);
	log->width = sizeof(EventRecord);
	if (log->columns & COLUMN_VALUE)
		log->width += sizeof(double);
	if (log->columns & COLUMN_SCORE)
		log->width += sizeof(double);
	return log;
}

/* Changes what a pool is known to hold. */
void
eventlog_account(EventPool *pool, Size more, Size less)
{
	pool->used += more - less;
	pool->site->used += more - less;
}

/* Changes what a log is known to hold in records and keys. */
static void
account(EventLog *log, Size more, Size less)
{
	EventSite  *site = log->pool->site;

	log->memory += more - less;
	eventlog_account(log->pool, more, less);
	if (log->is_large == (log->memory >= LARGE_LOG))
		return;
	log->is_large = !log->is_large;
	if (log->is_large)
		dlist_push_head(&site->large, &log->node);
	else
		dlist_delete(&log->node);
}

/*
 * The table has grown.  After the next record, for which there is room, we look
 * whether all of it still fits.
 */
void
eventlog_look_at_budget(EventLog *log)
{
	account(log, log->table->bytes - log->table_memory, 0);
	log->table_memory = log->table->bytes;
	log->limit = log->free + log->width;
}

/* Forgets all records and keys in memory. */
void
eventlog_clear(EventLog *log)
{
	while (log->first != NULL)
	{
		EventBlock *block = log->first;

		log->first = block->next;
		pfree(block);
	}
	if (log->table)
		customer_table_free(log->table);
	log->last = NULL;
	log->table = NULL;
	log->free = log->limit = NULL;
	account(log, 0, log->memory);
	log->table_memory = 0;
}

/* How many records are in memory? */
int64
eventlog_count(const EventLog *log)
{
	int64		bytes = 0;

	for (EventBlock *block = log->first; block; block = block->next)
		bytes += (block->next ? block->end : log->free) - EVENT_BLOCK_RECORDS(block);
	return bytes / log->width;
}

/* Of the newest block: where the last record ends that fits. */
static char *
block_limit(const EventLog *log)
{
	char	   *records = EVENT_BLOCK_RECORDS(log->last);
	Size		room = (char *) log->last + log->last->size - records;

	return records + room / log->width * log->width;
}

static void
add_block(EventLog *log)
{
	EventSite  *site = log->pool->site;
	Size		size = log->last ? Min(log->last->size * 2, site->largest_block) : FIRST_BLOCK;
	EventBlock *block = MemoryContextAlloc(log->context, size);

	block->next = NULL;
	block->size = size;
	if (log->last)
	{
		log->last->end = log->free;
		log->last->next = block;
	}
	else
		log->first = block;
	log->last = block;
	log->free = EVENT_BLOCK_RECORDS(block);
	log->limit = block_limit(log);
	account(log, size, 0);
}

/* Makes room for a record in memory. */
void
eventlog_add_room(EventLog *log)
{
	EventSite  *site = log->pool->site;

	if (log->last)
		log->limit = block_limit(log);
	if (log->free == log->limit)
		add_block(log);
	if (site->integer_size == 0 && log->table == NULL)
	{
		log->table = customer_table_create(log->context, site->type);
		eventlog_look_at_budget(log);
		Assert(log->last != NULL);
		log->limit = block_limit(log);
	}
}
