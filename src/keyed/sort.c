/*
 * sort.c
 *		Rows of an events table: sorting, and one customer's columns after
 *		another.
 *
 * Records are first dealt out to buckets by the upper bits of the mixed key,
 * few enough buckets that writing to all of them at once is fast, and enough that
 * a bucket fits the processor's cache.  Within it they are dealt out once more,
 * to about as many slots as there are customers.  Both keep the order of
 * arrival, so that what is left is mostly a check: a customer's rows tend to
 * arrive in the order of time.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

#include "keyed/eventlog.h"
#include "type/array.h"

#define MAX_BUCKET_BITS		12
#define MAX_SLOT_BITS		16
#define BUCKET_RECORDS		4096	/* about so many a bucket */
#define SLOT_RECORDS		2		/* about so many a slot */
#define SMALL_BUCKET		16		/* not worth slots */

/* By customer, then in the canonical order of touchpoints. */
static pg_attribute_always_inline int
compare_records(const EventRecord *a, const EventRecord *b, const Labels *labels,
				const int numbers)
{
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return touchpoint_compare(&a->touchpoint, &b->touchpoint, labels, numbers);
}

#define SORT_RECORD			EventRecord
#define SORT_COMPARE		compare_records
#define SORT_BUDGET			16
#include "type/touchpoint_sort.h"

typedef struct EventSorter
{
	const Labels *labels;
	int			width;
	int			columns;		/* of the records */
	int			wanted;			/* of those, and of channels, by the callback */
	EventCustomer callback;
	void	   *argument;
	MemoryContext work;
	char	   *records;		/* by bucket */
	int64	   *bucket;			/* where each begins; one more */
	int			bucket_bits;
	char	   *scratch;		/* one bucket, by slot */
	Size		scratch_room;
	uint32	   *slot;
	uint32		slot_room;
	char	   *column_memory;	/* one customer */
	int64		column_room;
} EventSorter;

/* ----------
 * Buckets
 * ----------
 */

static inline uint64
record_hash(const char *record)
{
	return customer_mix((uint64) ((const EventRecord *) record)->key);
}

/* Which of 2^bits buckets?  A shift by 64 is not defined. */
static inline uint32
bucket_of(uint64 hash, int bits)
{
	return (uint32) ((hash >> 32) >> (32 - bits));
}

static const char *
records_end(const EventLog *log, const EventBlock *block)
{
	return block->next ? block->end : log->free;
}

static void
count_buckets(EventSorter *sorter, const EventLog *log)
{
	int64		next = 0;
	uint32		buckets = UINT32_C(1) << sorter->bucket_bits;

	sorter->bucket = palloc0((buckets + 1) * sizeof(int64));
	for (EventBlock *block = log->first; block; block = block->next)
	{
		const char *end = records_end(log, block);

		CHECK_FOR_INTERRUPTS();
		for (const char *r = EVENT_BLOCK_RECORDS(block); r < end; r += sorter->width)
			sorter->bucket[bucket_of(record_hash(r), sorter->bucket_bits)]++;
	}
	for (uint32 b = 0; b <= buckets; b++)
	{
		int64		count = sorter->bucket[b];

		sorter->bucket[b] = next;
		next += count;
	}
}

static pg_attribute_always_inline void
deal_block(EventSorter *sorter, const char *r, const char *end, const int width)
{
	int64	   *bucket = sorter->bucket;
	int			bits = sorter->bucket_bits;

	for (; r < end; r += width)
		memcpy(sorter->records + bucket[bucket_of(record_hash(r), bits)]++ * width, r, width);
}

/* Deals the records out to buckets, and takes them from the log. */
static void
deal_records(EventSorter *sorter, EventLog *log)
{
	int64		count = eventlog_count(log);
	int64	   *bucket;
	uint32		buckets;

	while (sorter->bucket_bits < MAX_BUCKET_BITS &&
		   (count >> sorter->bucket_bits) > BUCKET_RECORDS)
		sorter->bucket_bits++;
	buckets = UINT32_C(1) << sorter->bucket_bits;
	count_buckets(sorter, log);
	sorter->records = array_alloc(sorter->work, count + 1, sorter->width);
	for (EventBlock *block = log->first; block; block = log->first)
	{
		const char *r = EVENT_BLOCK_RECORDS(block);
		const char *end = records_end(log, block);

		CHECK_FOR_INTERRUPTS();
		if (sorter->width == sizeof(EventRecord))
			deal_block(sorter, r, end, sizeof(EventRecord));
		else if (sorter->width == sizeof(ValueRecord))
			deal_block(sorter, r, end, sizeof(ValueRecord));
		else
			deal_block(sorter, r, end, sizeof(ScoreRecord));
		log->first = block->next;
		pfree(block);
	}
	eventlog_clear(log);

	/* every bucket's beginning has moved to its end */
	bucket = sorter->bucket;
	memmove(bucket + 1, bucket, buckets * sizeof(int64));
	bucket[0] = 0;
}

/* ----------
 * Customers
 * ----------
 */

static void
reserve_columns(EventSorter *sorter, int64 count)
{
	if (count <= sorter->column_room)
		return;
	sorter->column_room = Max(count, Max(sorter->column_room * 2, 256));
	sorter->column_memory = array_renew(sorter->work, sorter->column_memory,
										sorter->column_room, sizeof(ScoreRecord));
}

/* Copies "count" sorted records of one customer to columns and hands them over. */
static pg_attribute_always_inline void
give_customer(EventSorter *sorter, const char *records, int64 count, const int width)
{
	JourneyColumns columns = {0};
	TimestampTz *at;
	uint32	   *event;
	uint32	   *channel;
	double	   *value;
	double	   *score;
	bool		has_channel = false;
	bool		with_channel = (sorter->wanted & COLUMN_CHANNEL) != 0;
	bool		has_value = false;
	bool		has_score = false;

	reserve_columns(sorter, count);
	at = (TimestampTz *) sorter->column_memory;
	value = (double *) (at + count);
	score = value + count;
	event = (uint32 *) (score + count);
	channel = event + count;
	for (int64 i = 0; i < count; i++)
	{
		const EventRecord *record = (const EventRecord *) (records + i * width);
		const Touchpoint *touchpoint = &record->touchpoint;
		const double *number = TOUCHPOINT_NUMBERS(touchpoint);

		if ((i & 0xFFFFF) == 0xFFFFF)
			CHECK_FOR_INTERRUPTS();
		at[i] = touchpoint->at;
		event[i] = touchpoint->event;
		channel[i] = touchpoint->channel;
		has_channel |= touchpoint->channel != LABEL_NONE;
		if (width > sizeof(EventRecord))
		{
			value[i] = number[0];
			has_value |= !isnan(number[0]);
		}
		if (width == sizeof(ScoreRecord))
		{
			score[i] = number[1];
			has_score |= !isnan(number[1]);
		}
	}
	columns.count = count;
	columns.at = at;
	columns.event = event;
	columns.channel = has_channel && with_channel ? channel : NULL;
	columns.labels = sorter->labels;
	if (width == sizeof(ValueRecord) && (sorter->columns & COLUMN_SCORE))
		columns.score = has_value ? value : NULL;
	else
	{
		columns.value = has_value ? value : NULL;
		columns.score = has_score ? score : NULL;
	}
	sorter->callback(sorter->argument, &columns);
}

/* Sorts records of few customers and hands those over. */
static pg_attribute_always_inline void
sort_customers(EventSorter *sorter, char *records, int64 count, const int width)
{
	int64		from = 0;

	sort_records(records, count, sorter->labels, width);
	while (from < count)
	{
		int64		key = ((EventRecord *) (records + from * width))->key;
		int64		to = from + 1;

		while (to < count && ((EventRecord *) (records + to * width))->key == key)
			to++;
		give_customer(sorter, records + from * width, to - from, width);
		from = to;
	}
}

static void
reserve_scratch(EventSorter *sorter, Size size)
{
	if (size <= sorter->scratch_room)
		return;
	sorter->scratch_room = array_size((uint64) size + size / 4, 1);
	sorter->scratch = array_renew(sorter->work, sorter->scratch, sorter->scratch_room, 1);
}

static uint32 *
reserve_slots(EventSorter *sorter, uint32 slots)
{
	if (slots > sorter->slot_room)
	{
		sorter->slot = array_renew(sorter->work, sorter->slot, slots, sizeof(uint32));
		sorter->slot_room = slots;
	}
	return sorter->slot;
}

/*
 * Deals a bucket out to slots, by the bits of the hash below those that all of
 * the bucket share.  False: all of it belongs to one slot, and stays where it is.
 */
static pg_attribute_always_inline bool
deal_slots(EventSorter *sorter, const char *records, uint32 count, int slot_bits, const int width)
{
	int			shift = 64 - sorter->bucket_bits - slot_bits;
	uint32		mask = (UINT32_C(1) << slot_bits) - 1;
	uint32	   *slot = reserve_slots(sorter, mask + 1);
	uint32		next = 0;

	memset(slot, 0, (mask + 1) * sizeof(uint32));
	for (uint32 i = 0; i < count; i++)
	{
		if ((i & 0xFFFFF) == 0xFFFFF)
			CHECK_FOR_INTERRUPTS();
		slot[(record_hash(records + (Size) i * width) >> shift) & mask]++;
	}
	if (slot[(record_hash(records) >> shift) & mask] == count)
		return false;
	for (uint32 s = 0; s <= mask; s++)
	{
		uint32		n = slot[s];

		slot[s] = next;
		next += n;
	}
	reserve_scratch(sorter, (Size) count * width);
	for (uint32 i = 0; i < count; i++)
	{
		const char *r = records + (Size) i * width;

		if ((i & 0xFFFFF) == 0xFFFFF)
			CHECK_FOR_INTERRUPTS();
		memcpy(sorter->scratch + (Size) slot[(record_hash(r) >> shift) & mask]++ * width, r, width);
	}
	return true;
}

static pg_attribute_always_inline void
work_off_bucket(EventSorter *sorter, char *records, int64 count, const int width)
{
	int			bits = 1;
	uint32		from = 0;

	while (bits < MAX_SLOT_BITS && (count >> bits) > SLOT_RECORDS)
		bits++;
	if (count <= SMALL_BUCKET || count > PG_UINT32_MAX ||
		!deal_slots(sorter, records, count, bits, width))
	{
		sort_customers(sorter, records, count, width);
		return;
	}
	/* every slot's beginning has moved to its end */
	for (uint32 s = 0; s < UINT32_C(1) << bits; s++)
	{
		uint32		to = sorter->slot[s];

		if (to > from)
			sort_customers(sorter, sorter->scratch + (Size) from * width, to - from, width);
		from = to;
	}
}

/* A part of a log that is in memory. */
static void
work_off(void *argument, EventLog *log)
{
	EventSorter sorter = *(EventSorter *) argument;
	MemoryContext before = CurrentMemoryContext;

	sorter.work = AllocSetContextCreate(before, "journey sort", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(sorter.work);
	deal_records(&sorter, log);
	for (uint32 b = 0; b < UINT32_C(1) << sorter.bucket_bits; b++)
	{
		char	   *records = sorter.records + sorter.bucket[b] * sorter.width;
		int64		count = sorter.bucket[b + 1] - sorter.bucket[b];

		CHECK_FOR_INTERRUPTS();
		if (sorter.width == sizeof(EventRecord))
			work_off_bucket(&sorter, records, count, sizeof(EventRecord));
		else if (sorter.width == sizeof(ValueRecord))
			work_off_bucket(&sorter, records, count, sizeof(ValueRecord));
		else
			work_off_bucket(&sorter, records, count, sizeof(ScoreRecord));
	}
	MemoryContextSwitchTo(before);
	MemoryContextDelete(sorter.work);
}

/*
 * Hands over all customers, each with its touchpoints in the canonical order,
 * customers in no order that means anything; channels only if they are among
 * the wanted columns.  The log is empty afterwards.  The
 * callback runs in a memory context that goes when this returns, or earlier.
 */
void
eventlog_customers(EventLog *log, int columns, EventCustomer callback, void *argument)
{
	EventSorter sorter = {0};

	sorter.labels = log->pool->site->labels;
	sorter.width = log->width;
	sorter.columns = log->columns;
	sorter.wanted = columns;
	sorter.callback = callback;
	sorter.argument = argument;
	eventlog_parts(log, work_off, &sorter);
}
