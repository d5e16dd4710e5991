/*
 * append.h
 *		Appending a row to an event log: on the path of every row, hence inline.
 */
#ifndef JOURNEY_KEYED_APPEND_H
#define JOURNEY_KEYED_APPEND_H

#include "keyed/eventlog.h"

/*
 * Appending is three calls in this order, since making room may spill the log,
 * which forgets the keys of images.
 */
static inline void
eventlog_reserve(EventLog *log)
{
	if (unlikely(log->free == log->limit))
		eventlog_make_room(log);
}

/* The key of a customer that is not its own key. */
static inline int64
eventlog_image_key(EventLog *log, const CustomerImage *image)
{
	int64		key = customer_table_number(log->table, image);

	if (unlikely(log->table->bytes != log->table_memory))
		eventlog_look_at_budget(log);
	return key;
}

static inline int64
eventlog_key(EventLog *log, Datum customer)
{
	const EventSite *site = log->pool->site;
	CustomerImage image;

	if (likely(site->integer_size > 0))
		return customer_integer(site->integer_size, customer);
	customer_image(site->type, customer, &image);
	return eventlog_image_key(log, &image);
}

static inline void
eventlog_append(EventLog *log, int64 key, TimestampTz at, uint32 event, uint32 channel,
				double value, double score)
{
	EventRecord *record = (EventRecord *) log->free;
	double	   *number = TOUCHPOINT_NUMBERS(&record->touchpoint);

	record->key = key;
	record->touchpoint = (Touchpoint) {at, event, channel};
	if (log->columns & COLUMN_VALUE)
		*number++ = value;
	if (log->columns & COLUMN_SCORE)
		*number++ = score;
	log->free += log->width;
}

#endif							/* JOURNEY_KEYED_APPEND_H */
