/*
 * eventlog.h
 *		Rows of an events table, collected in any order and given back customer
 *		by customer, as the columns that analyses read.
 *
 * There is one log for each group of an aggregation.  A row is one flat record;
 * records are appended to blocks, and sorted when they are asked for.  All logs
 * of a call site share one budget of memory, get_hash_memory_limit(), of which
 * half is kept for sorting.  When they exceed it, the largest log writes its
 * records to temporary files, divided by customer, and the parts are worked off
 * one after another in the end: memory is bounded by the budget and by the
 * largest customer.
 */
#ifndef JOURNEY_KEYED_EVENTLOG_H
#define JOURNEY_KEYED_EVENTLOG_H

#include "fmgr.h"
#include "lib/ilist.h"
#include "utils/logtape.h"

#include "keyed/customer.h"
#include "type/touchpoint.h"

/* What the logs of a call site share. */
typedef struct EventSite
{
	MemoryContext context;		/* outlives all logs */
	Labels	   *labels;			/* in a context of their own */
	CustomerType *type;			/* NULL: not yet known */
	int			integer_size;	/* of customers that are their own keys, or 0 */
	Size		budget;			/* for records and keys */
	Size		used;
	Size		largest_block;
	dlist_head	pools;
	dlist_head	large;			/* logs that are worth spilling */
} EventSite;

/* What the logs of one memory context of the executor share. */
typedef struct EventPool
{
	dlist_node	node;
	EventSite  *site;
	MemoryContext context;
	Size		used;
	LogicalTapeSet *tapes;
} EventPool;

/* Value and score follow if the log has them. */
typedef struct EventRecord
{
	int64		key;			/* of the customer */
	Touchpoint	touchpoint;
} EventRecord;

typedef struct EventBlock
{
	struct EventBlock *next;
	char	   *end;			/* of the records */
	Size		size;
} EventBlock;

#define EVENT_BLOCK_RECORDS(block)	((char *) (block) + MAXALIGN(sizeof(EventBlock)))

typedef struct EventLog
{
	char	   *free;			/* where the next record goes */
	char	   *limit;			/* no further than here without a look at the budget */
	int			width;			/* of a record */
	int			columns;		/* COLUMN_VALUE, COLUMN_SCORE: what follows */
	CustomerTable *table;		/* unless customers are their own keys */
	EventPool  *pool;
	MemoryContext context;
	EventBlock *first;
	EventBlock *last;
	Size		memory;
	Size		table_memory;	/* that part of it which is the table's */
	Size		spill_at;		/* too few customers to divide below this */
	bool		is_large;		/* on the site's list */
	dlist_node	node;
	int			level;			/* how often its records were divided */
	int			partitions;		/* 0: not spilled */
	LogicalTape **tape;			/* NULL: nothing there */
} EventLog;

/* Takes one customer's columns, valid during the call. */
typedef void (*EventCustomer) (void *argument, const JourneyColumns *columns);

/* Takes a log whose records are all in memory. */
typedef void (*EventPart) (void *argument, EventLog *log);

/* eventlog.c */
extern EventSite *eventlog_site_create(MemoryContext context);
extern void eventlog_site_type(EventSite *site, CustomerType *type);
extern bool eventlog_renew_labels(EventSite *site);
extern EventPool *eventlog_find_pool(EventSite *site, MemoryContext context);
extern EventPool *eventlog_create_pool(EventSite *site, MemoryContext context);
extern void eventlog_close_pool(EventPool *pool);
extern EventLog *eventlog_create(EventPool *pool, MemoryContext context, int columns);
extern void eventlog_account(EventPool *pool, Size more, Size less);
extern void eventlog_add_room(EventLog *log);
extern void eventlog_look_at_budget(EventLog *log);
extern void eventlog_clear(EventLog *log);
extern int64 eventlog_count(const EventLog *log);

/* sort.c */
extern void eventlog_customers(EventLog *log, int columns, EventCustomer callback, void *argument);

/* spill.c; append.h calls the first */
extern void eventlog_make_room(EventLog *log);
extern void eventlog_write(EventLog *log);

/* parts.c */
extern void eventlog_parts(EventLog *log, EventPart callback, void *argument);

#endif							/* JOURNEY_KEYED_EVENTLOG_H */
