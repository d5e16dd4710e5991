/*
 * tally.h
 *		The state of every population answer: typed counters that merge,
 *		serialise and print.  It is the SQL type journey_tally.
 *
 * A tally says which analysis it belongs to, with which configuration, and of
 * which types its slots are: its definition.  It has one block of common slots
 * and one row, a block of slots too, per label; an analysis without a
 * breakdown uses one row with a null label.  Nothing here knows what the slots
 * mean.
 *
 * All of it is one flat value without pointers, updated in place.  It is made
 * with room to grow, and what it has not used yet is zero.  Functions that may
 * have to grow it take a Tally **: the larger value is allocated in the current
 * memory context and replaces *tally, while the old one is left as it is,
 * because within an aggregate it belongs to the executor.  Pointers to slots do
 * not survive such a call.
 */
#ifndef JOURNEY_POPULATION_TALLY_H
#define JOURNEY_POPULATION_TALLY_H

#include "common/int.h"
#include "fmgr.h"
#include "port/pg_bitutils.h"

#include "compat.h"

/* What a slot holds; two of a kind merge by adding up unless said otherwise. */
typedef enum TallyType
{
	TALLY_COUNT,				/* int64, never negative */
	TALLY_LATEST,				/* int64 or TALLY_NOTHING; merges to the larger */
	TALLY_DURATION,				/* TallyDuration */
	TALLY_SUM,					/* TallySum */
	TALLY_DISTRIBUTION			/* durations in buckets; in rows only */
} TallyType;

#define TALLY_TYPES		(TALLY_DISTRIBUTION + 1)

#define TALLY_NOTHING	PG_INT64_MIN

extern const char *const tally_type_names[TALLY_TYPES];

typedef struct TallyDuration
{
	int64		count;
	uint64		low;			/* words of the sum, in microseconds */
	int64		high;			/* never negative */
} TallyDuration;

typedef struct TallySum
{
	int64		count;
	double		sum;
	double		rest;			/* what rounding took from the sum */
} TallySum;

/*
 * One bucket of one distribution.  Borders are fixed: every power of two
 * microseconds is cut into 64 buckets, and below 64 a bucket is one
 * microsecond, so zero has one of its own.  The smallest and the largest
 * duration make percentiles exact where few share a bucket, and bound the
 * error of the others by 1/128.
 */
typedef struct TallyCell
{
	uint64		key;			/* distribution and bucket */
	int64		count;			/* 0: a free place */
	uint64		smallest;
	uint64		largest;
} TallyCell;

typedef struct TallyText
{
	const char *text;			/* not terminated */
	uint32		length;
} TallyText;

/* What two tallies must have in common to be added up. */
typedef struct TallyDefinition
{
	TallyText	analysis;		/* a name */
	int32		version;		/* of what the analysis does with its slots */
	uint32		texts;			/* the configuration */
	const TallyText *text;
	uint32		common_slots;
	uint32		row_slots;
	const uint8 *type;			/* of the common slots, then of a row's */
} TallyDefinition;

/* The same in one piece, so that comparing is one memcmp. */
typedef struct TallyKey TallyKey;

/*
 * The value.  Sections are found by their distance in bytes from its start.
 * Only tally.c, tally_read.c and the inline functions below look inside.
 */
typedef struct Tally
{
	char		vl_len_[4];		/* varlena header */
	uint32		format;			/* TALLY_FORMAT */
	uint32		common_slots;
	uint32		row_slots;
	uint32		row_size;
	uint32		distributions;	/* of a row */
	uint32		rows;
	uint32		rows_room;
	uint32		text_used;
	uint32		text_room;
	uint32		cells;
	uint32		cells_room;		/* a power of two */
	uint32		key_at;			/* TallyKey */
	uint32		slot_at;		/* uint32 per slot: distance from its block's
								 * start; of a distribution its number */
	uint32		common_at;		/* block of common slots */
	uint32		row_at;			/* blocks of rows, in order of arrival */
	uint32		label_at;		/* TallyLabel per row */
	uint32		index_at;		/* uint32 per place, twice as many as rows: row
								 * + 1, or 0 when free */
	uint32		cell_at;		/* places for cells */
	uint32		text_at;		/* bytes of the labels */
} Tally;

#define TALLY_FORMAT	1

#define TALLY_BUCKET_BITS	12

/* tally.c: making and adding up */
extern TallyKey *tally_key(const TallyDefinition *definition);
extern void tally_definition(const Tally *tally, TallyDefinition *definition);
extern bool tally_has_key(const Tally *tally, const TallyKey *key);
extern bool tally_same_key(const Tally *a, const Tally *b);
extern Tally *tally_create(const TallyKey *key);
extern Tally *tally_from_datum(Datum datum);
extern uint32 tally_row(Tally **tally, const char *label, uint32 length);
extern const char *tally_label(const Tally *tally, uint32 row, uint32 *length);
extern void tally_add_sum(TallySum *slot, double value);
extern void tally_add_distribution(Tally **tally, uint32 row, uint32 slot, uint64 microseconds);
extern void tally_add_cell(Tally **tally, uint32 row, uint32 slot, const TallyCell *cell);
extern void tally_merge(Tally **into, const Tally *other);
extern void tally_overflow(const char *what) pg_attribute_noreturn();

/* tally_read.c: looking at what was added up */
typedef struct TallyCells
{
	uint32		count;
	TallyCell  *cell;			/* by row, slot and bucket */
} TallyCells;

extern uint32 *tally_rows_by_label(const Tally *tally);
extern double tally_duration_total(const TallyDuration *slot);
extern void tally_sort_cells(const Tally *tally, TallyCells *cells);
extern uint32 tally_find_cells(const Tally *tally, const TallyCells *cells,
							   uint32 row, uint32 slot, const TallyCell **first);
extern bool tally_percentile(const Tally *tally, const TallyCells *cells,
							 uint32 row, uint32 slot, int percent, double *microseconds);

static inline const uint32 *
tally_slot_table(const Tally *tally)
{
	return (const uint32 *) ((const char *) tally + tally->slot_at);
}

/* A common slot: an int64, a TallyDuration or a TallySum. */
static inline void *
tally_common(const Tally *tally, uint32 slot)
{
	Assert(slot < tally->common_slots);
	return (char *) tally + tally->common_at + tally_slot_table(tally)[slot];
}

/* A slot of a row: likewise. */
static inline void *
tally_slot(const Tally *tally, uint32 row, uint32 slot)
{
	Assert(row < tally->rows && slot < tally->row_slots);
	return (char *) tally + tally->row_at + (Size) row * tally->row_size +
		tally_slot_table(tally)[tally->common_slots + slot];
}

/* A slot of a row that is a distribution: its number among all rows'. */
static inline uint64
tally_distribution(const Tally *tally, uint32 row, uint32 slot)
{
	Assert(row < tally->rows && slot < tally->row_slots);
	return (uint64) row * tally->distributions +
		tally_slot_table(tally)[tally->common_slots + slot];
}

/* See TallyCell: 64 buckets for every power of two, 58 powers beyond 63. */
static inline uint32
tally_bucket(uint64 microseconds)
{
	int			power;

	if (microseconds < 64)
		return microseconds;
	power = pg_leftmost_one_pos64(microseconds);
	return (power - 5) * 64 + ((microseconds >> (power - 6)) & 63);
}

static inline void
tally_add_count(int64 *slot, int64 count)
{
	if (unlikely(pg_add_s64_overflow(*slot, count, slot)))
		tally_overflow("count");
}

static inline void
tally_add_latest(int64 *slot, int64 value)
{
	if (value > *slot)
		*slot = value;
}

/* Adds "count" durations whose sum is high * 2^64 + low. */
static inline void
tally_add_durations(TallyDuration *slot, int64 count, uint64 low, int64 high)
{
	slot->low += low;
	if (unlikely(pg_add_s64_overflow(high, slot->low < low, &high) ||
				 pg_add_s64_overflow(slot->high, high, &slot->high) ||
				 pg_add_s64_overflow(slot->count, count, &slot->count)))
		tally_overflow("sum of durations");
}

#endif							/* JOURNEY_POPULATION_TALLY_H */
