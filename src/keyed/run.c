/*
 * run.c
 *		Rows of an events table on their way from a parallel worker to the
 *		leader.
 *
 * A run is one segment or more, one for each part of a log that was in memory:
 * the number of records, then the records in the order of arrival.  Keys and times are
 * differences from the record before, which are small where the table is in the
 * order of time.  Labels, and customers that are not their own keys, are
 * numbers given out in the order of first use (labels once a run, customers once
 * a segment), and the first use brings the text.
 *
 * The order of arrival is kept because the leader has to merge the runs of all
 * workers by customer anyway, and a sort there costs no more than a merge.
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "keyed/append.h"
#include "type/codec.h"
#include "type/touchpoint.h"

#define HAS_VALUE	1
#define HAS_SCORE	2
#define FLAG_BITS	2

/* A record without texts: key, time, event with flags, channel, two numbers. */
#define MAX_RECORD_SIZE	(4 * WIRE_MAX_NUMBER + 2 * sizeof(double))

/* ----------
 * Writing
 * ----------
 */

typedef struct RunWriter
{
	WireWriter *wire;
	const Labels *labels;
	uint64	   *label;			/* by code: the run it was given in last, and its number there */
	uint32		run;
	uint32		labels_given;
} RunWriter;

/* Labels are numbered from 1; no label is 0. */
static inline void
write_label(RunWriter *writer, uint32 code, int flags, int flag_bits)
{
	bool		isnew = code != LABEL_NONE && writer->label[code] >> 32 != writer->run;
	uint64		number = 0;

	if (isnew)
		writer->label[code] = ((uint64) writer->run << 32) | ++writer->labels_given;
	if (code != LABEL_NONE)
		number = writer->label[code] & PG_UINT32_MAX;
	wire_put_number(writer->wire, (number << flag_bits) | flags);
	if (isnew)
	{
		const Label *label = &writer->labels->label[code];

		wire_put_text(writer->wire, label->text, label->length);
		wire_reserve(writer->wire, MAX_RECORD_SIZE);
	}
}

static inline void
write_double(WireWriter *wire, double number)
{
	uint64		bits;

	memcpy(&bits, &number, sizeof(bits));
	bits = pg_hton64(bits);
	wire_put_bytes(wire, (char *) &bits, sizeof(bits));
}

static inline void
write_record(RunWriter *writer, EventLog *log, const EventRecord *record,
			 EventRecord *before, int64 *customers)
{
	WireWriter *wire = writer->wire;
	const double *number = (const double *) (record + 1);
	double		value = log->columns & COLUMN_VALUE ? *number++ : get_float8_nan();
	double		score = log->columns & COLUMN_SCORE ? *number : get_float8_nan();
	int			flags = (isnan(value) ? 0 : HAS_VALUE) | (isnan(score) ? 0 : HAS_SCORE);

	wire_reserve(wire, MAX_RECORD_SIZE);
	if (log->table == NULL)
		wire_put_number(wire, wire_fold((int64) ((uint64) record->key - (uint64) before->key)));
	else
	{
		wire_put_number(wire, record->key);
		if (record->key == *customers)
		{
			customer_write(log->pool->site->type, &log->table->image[record->key], wire);
			wire_reserve(wire, MAX_RECORD_SIZE);
			(*customers)++;
		}
	}
	wire_put_number(wire, wire_fold((int64) ((uint64) record->touchpoint.at -
											 (uint64) before->touchpoint.at)));
	write_label(writer, record->touchpoint.event, flags, FLAG_BITS);
	write_label(writer, record->touchpoint.channel, 0, 0);
	if (flags & HAS_VALUE)
		write_double(wire, value);
	if (flags & HAS_SCORE)
		write_double(wire, score);
	*before = *record;
}

static void
write_segment(void *argument, EventLog *log)
{
	RunWriter  *writer = argument;
	EventRecord before = {0};
	int64		customers = 0;
	int64		count = eventlog_count(log);

	if (count == 0)
		return;
	wire_reserve(writer->wire, WIRE_MAX_NUMBER);
	wire_put_number(writer->wire, count);
	for (EventBlock *block = log->first; block; block = block->next)
	{
		char	   *end = block->next ? block->end : log->free;

		CHECK_FOR_INTERRUPTS();
		for (char *r = EVENT_BLOCK_RECORDS(block); r < end; r += log->width)
			write_record(writer, log, (EventRecord *) r, &before, &customers);
	}
}

/*
 * The numbers of labels in a run.  There may be very many groups, each with a
 * run, and very many labels, of which each group has few: so all runs share an
 * array, in which the number of the run tells what belongs to it.
 */
static void
begin_labels(RunWriter *writer, EventSite *site)
{
	uint32		count = labels_count(site->labels);

	if (count > site->run_label_room)
	{
		uint32		room = Max(count, 2 * site->run_label_room);

		if (site->run_label)
			pfree(site->run_label);
		site->run_label_room = 0;
		site->run_label = MemoryContextAllocExtended(site->context, room * sizeof(uint64),
													 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
		site->run_label_room = room;
	}
	writer->labels = site->labels;
	writer->label = site->run_label;
	writer->run = ++site->runs;
}

/* Writes all records; the log is empty afterwards. */
void
eventlog_write_run(EventLog *log, WireWriter *wire)
{
	RunWriter	writer = {0};

	writer.wire = wire;
	begin_labels(&writer, log->pool->site);
	eventlog_parts(log, write_segment, &writer);
}

/* ----------
 * Reading
 * ----------
 */

/* What the log calls a customer of a segment, as long as it does not spill. */
typedef struct RunKey
{
	uint32		generation;
	int64		key;
} RunKey;

typedef struct RunReader
{
	WireReader *wire;
	Labels	   *labels;
	uint32	   *label;			/* by number in the run: code */
	uint32		labels_seen;	/* numbers up to this one have come */
	uint32		label_room;
	CustomerTable *customers;	/* of the segment */
	RunKey	   *key;			/* by number in it */
	Size		key_room;
	MemoryContext context;
	MemoryContext scratch;		/* what reading one customer leaves behind */
} RunReader;

static inline uint32
read_label(RunReader *reader, uint64 number)
{
	const char *text;
	uint32		length;

	if (likely(number <= reader->labels_seen))
		return reader->label[number];
	if (number != (uint64) reader->labels_seen + 1)
		wire_invalid("A label was not given.");
	text = wire_get_text(reader->wire, &length);
	journey_check_event(length);
	(void) pg_verifymbstr(text, length, false);
	if (number >= reader->label_room)
	{
		reader->label_room *= 2;
		reader->label = repalloc_huge(reader->label, reader->label_room * sizeof(uint32));
	}
	reader->label[number] = labels_intern(reader->labels, text, length);
	reader->labels_seen++;
	return reader->label[number];
}

static inline double
read_double(WireReader *wire, const char *what)
{
	uint64		bits;
	double		number;

	memcpy(&bits, wire_get_bytes(wire, sizeof(bits)), sizeof(bits));
	bits = pg_ntoh64(bits);
	memcpy(&number, &bits, sizeof(number));
	return journey_check_number(number, what);
}

/* The log's key of a customer given by number; room for a record was made. */
static int64
read_customer(RunReader *reader, EventLog *log)
{
	CustomerTable *customers = reader->customers;
	uint64		number = wire_get_below(reader->wire, (uint64) customers->count + 1,
										"A customer was not given.");
	RunKey	   *key;

	if (number == customers->count)
	{
		MemoryContext before = MemoryContextSwitchTo(reader->scratch);
		CustomerImage image;

		customer_read(log->pool->site->type, reader->wire, &image);
		if (customer_table_number(customers, &image) != number)
			wire_invalid("A customer was given twice.");
		MemoryContextSwitchTo(before);
		MemoryContextReset(reader->scratch);
		if (number >= reader->key_room)
		{
			reader->key_room *= 2;
			reader->key = repalloc_huge(reader->key, reader->key_room * sizeof(RunKey));
		}
		reader->key[number].generation = log->generation - 1;
	}
	key = &reader->key[number];
	if (key->generation != log->generation)
	{
		key->key = eventlog_image_key(log, &customers->image[number]);
		key->generation = log->generation;
	}
	return key->key;
}

static inline void
read_record(RunReader *reader, EventLog *log, EventRecord *before)
{
	WireReader *wire = reader->wire;
	double		value = get_float8_nan();
	double		score = get_float8_nan();
	uint64		event;

	eventlog_reserve(log);
	if (reader->customers)
		before->key = read_customer(reader, log);
	else
		before->key = (int64) ((uint64) before->key + (uint64) wire_unfold(wire_get_number(wire)));
	before->touchpoint.at = (int64) ((uint64) before->touchpoint.at +
									 (uint64) wire_unfold(wire_get_number(wire)));
	if (unlikely(!IS_VALID_TIMESTAMP(before->touchpoint.at)))
		journey_check_time(before->touchpoint.at);
	event = wire_get_number(wire);
	before->touchpoint.event = read_label(reader, event >> FLAG_BITS);
	if (before->touchpoint.event == LABEL_NONE)
		journey_check_event(0);
	before->touchpoint.channel = read_label(reader, wire_get_number(wire));
	if (event & HAS_VALUE)
		value = read_double(wire, "value");
	if (event & HAS_SCORE)
		score = read_double(wire, "score");
	eventlog_append(log, before->key, before->touchpoint.at, before->touchpoint.event,
					before->touchpoint.channel, value, score);
}

static void
read_segment(RunReader *reader, EventLog *log)
{
	uint64		count = wire_get_number(reader->wire);
	EventRecord before = {0};

	if (count == 0)
		wire_invalid("A part of it is empty.");
	if (log->pool->site->integer_size == 0)
	{
		reader->customers = customer_table_create(reader->context, log->pool->site->type);
		reader->key_room = 64;
		reader->key = MemoryContextAlloc(reader->context, reader->key_room * sizeof(RunKey));
	}
	for (uint64 i = 0; i < count; i++)
	{
		if ((i & 0xFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		read_record(reader, log, &before);
	}
	if (reader->customers)
	{
		customer_table_free(reader->customers);
		pfree(reader->key);
	}
}

/* Appends all records of a run, whose bytes end with it. */
void
eventlog_read_run(EventLog *log, WireReader *wire)
{
	RunReader	reader = {0};

	reader.wire = wire;
	reader.labels = log->pool->site->labels;
	reader.context = CurrentMemoryContext;
	reader.scratch = AllocSetContextCreate(CurrentMemoryContext, "journey run",
										   ALLOCSET_SMALL_SIZES);
	reader.label_room = 64;
	reader.label = palloc(reader.label_room * sizeof(uint32));
	reader.label[0] = LABEL_NONE;
	while (wire_left(wire) > 0)
		read_segment(&reader, log);
	MemoryContextDelete(reader.scratch);
	pfree(reader.label);
}
