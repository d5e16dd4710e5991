/*
 * tally.h
 *		The state of every population answer: typed counters that merge,
 *		serialise and print.  It is the SQL type journey_tally.
 *
 * A tally says which analysis it belongs to, with which configuration, and what
 * it counts: its definition.  Counters are slots of rows, and rows are of
 * shapes.  A shape says how many labels the keys of its rows have, which may be
 * any number (the steps of a path, say), and which slots they have, with names and
 * types.  A shape without labels has one row, which is always there; any other
 * gets a row when somebody asks for its key.  Nothing here knows what the slots
 * mean.
 *
 * All of it is one flat value without pointers, updated in place.  It is made
 * with room to grow, and what it has not used yet is zero.  Functions that may
 * have to grow it take a Tally **: the larger value is allocated in the current
 * memory context and replaces *tally, while the old one is left as it is,
 * because within an aggregate it belongs to the executor.  Pointers to slots do
 * not survive such a call; numbers of rows do.
 */
#ifndef JOURNEY_POPULATION_TALLY_H
#define JOURNEY_POPULATION_TALLY_H

#include "common/int.h"
#include "fmgr.h"
#include "port/pg_bitutils.h"

#include "compat.h"
#include "type/labels.h"

/* What a slot holds; two of a kind merge by adding up unless said otherwise. */
typedef enum TallyType
{
	TALLY_COUNT,				/* int64, never negative */
	TALLY_LATEST,				/* int64 or TALLY_NOTHING; merges to the larger */
	TALLY_EARLIEST,				/* likewise; to the smaller */
	TALLY_DURATION,				/* TallyDuration: how many, and their sum */
	TALLY_SUM,					/* TallySum: of numbers */
	TALLY_DURATIONS,			/* a distribution of durations */
	TALLY_NUMBERS				/* a distribution of finite numbers */
} TallyType;

#define TALLY_TYPES		(TALLY_NUMBERS + 1)

#define TALLY_IS_DISTRIBUTION(type) \
	((type) == TALLY_DURATIONS || (type) == TALLY_NUMBERS)

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
 * One bucket of one distribution.  Borders are fixed, so that no plan changes a
 * percentile.  Of durations, every power of two microseconds is cut into 64
 * buckets, and below 64 a bucket is one microsecond, so zero has one of its own.
 * Of numbers, every power of two is cut into 128, on either side of zero,
 * which has one of its own.  The smallest and the largest of a bucket make
 * percentiles exact where they are equal, and bound the error of the others by 1/128
 * and 1/256.
 */
typedef struct TallyCell
{
	uint64		key;			/* distribution and bucket */
	int64		count;			/* 0: a free place */
	uint64		smallest;		/* of numbers, in the order of tally_number_order */
	uint64		largest;
} TallyCell;

/* ----------
 * Definition: what two tallies must have in common to be added up
 * ----------
 */

typedef struct TallySlot
{
	const char *name;
	TallyType	type;
} TallySlot;

#define TALLY_ANY_LABELS	PG_UINT32_MAX

/*
 * A row has the slots, and behind them as many repeats of the repeated ones as are
 * said: those of each step of a funnel, say.
 */
typedef struct TallyShape
{
	const char *name;
	uint32		labels;			/* of a key, or TALLY_ANY_LABELS */
	uint32		slots;
	const TallySlot *slot;
	uint32		repeats;
	uint32		repeated_slots;
	const TallySlot *repeated_slot;
} TallyShape;

/* How many slots has a row? */
static inline uint64
tally_shape_slots(const TallyShape *shape)
{
	return shape->slots + (uint64) shape->repeats * shape->repeated_slots;
}

static inline const TallySlot *
tally_shape_slot(const TallyShape *shape, uint32 slot)
{
	return slot < shape->slots ? &shape->slot[slot] :
		&shape->repeated_slot[(slot - shape->slots) % shape->repeated_slots];
}

/* An argument of the analysis that is not what it usually is. */
typedef struct TallyArgument
{
	const char *name;
	const char *text;			/* not terminated */
	uint32		length;
} TallyArgument;

typedef struct TallyDefinition
{
	const char *analysis;
	int32		version;		/* of what the analysis does with its slots */
	uint32		arguments;
	const TallyArgument *argument;
	uint32		shapes;
	const TallyShape *shape;
} TallyDefinition;

/* ----------
 * The value
 *
 * Sections are found by their distance in bytes from its start.  Only the files
 * of the tally and the inline functions below look inside.
 * ----------
 */

typedef struct Tally
{
	char		vl_len_[4];		/* varlena header */
	uint32		format;			/* TALLY_FORMAT */
	uint32		seed;			/* of the hashes of keys and cells */
	uint32		shapes;
	uint32		rows;
	uint32		rows_room;		/* a power of two */
	uint32		block_used;
	uint32		block_room;
	uint32		key_used;
	uint32		key_room;
	uint32		cells;
	uint32		cells_room;		/* a power of two */
	uint32		distributions;	/* of all rows */
	uint32		definition_at;	/* in one piece, see definition.c */
	uint32		shape_at;		/* TallyLayout per shape */
	uint32		slot_at;		/* TallyPlace per slot of each shape */
	uint32		row_at;			/* TallyRow per row, in order of arrival */
	uint32		block_at;		/* slots of the rows */
	uint32		index_at;		/* uint32 per place, twice as many as rows: row
								 * + 1, or 0 when free */
	uint32		cell_at;		/* places for cells */
	uint32		key_at;			/* of each row: lengths of its labels, then their bytes */
	uint32		number;			/* of this process, see row_memo.h; 0: none yet */
} Tally;

/* What 0.1.0 wrote was format 1, which nobody reads any more. */
#define TALLY_FORMAT	2

typedef struct TallyLayout
{
	uint32		labels;
	uint32		slots;
	uint32		first_slot;		/* in the section of slots */
	uint32		block_size;		/* of a row */
	uint32		distributions;	/* of a row */
	uint32		hint;			/* the row asked for last + 1, or 0 */
} TallyLayout;

/*
 * Where a slot lies in a row's block, or the distribution's number among the row's,
 * and its type: the former is a multiple of eight, or is made one, and so has room for the latter.
 */
typedef uint32 TallyPlace;

#define TALLY_PLACE(at, type)	((at) | (type))
#define TALLY_PLACE_TYPE(place)	((TallyType) ((place) & 7))
#define TALLY_PLACE_AT(place)	((place) & ~(uint32) 7)
#define TALLY_PLACE_NUMBER(place)	((place) >> 3)

typedef struct TallyRow
{
	uint32		shape;
	uint32		labels;
	uint32		hash;
	uint32		key;			/* in the section of keys */
	uint32		block;			/* in the section of blocks */
	uint32		place_at;		/* TallyPlace per slot, which no growing moves */
	uint32		distribution;	/* its first one */
} TallyRow;

/* definition.c */
extern Tally *tally_define(const TallyDefinition *definition);
extern void tally_definition(const Tally *tally, TallyDefinition *definition);
extern bool tally_same_definition(const Tally *a, const Tally *b);
extern bool tally_find_place(const Tally *tally, const char *shape_name, uint32 labels,
							 const char *slot_name, TallyType type, uint32 *shape, uint32 *slot);

/* tally.c: making, and rows */
extern Tally *tally_create(const Tally *empty);
extern Tally *tally_from_datum(Datum datum);
extern uint32 tally_only_row(const Tally *tally, uint32 shape);
extern uint32 tally_row(Tally **tally, uint32 shape, const Label *key, uint32 labels);
extern void tally_key(const Tally *tally, uint32 row, Label *key);
extern void tally_overflow(const char *what) pg_attribute_noreturn();

/* tally_add.c: adding up */
extern void tally_add_value(Tally *tally, uint32 row, uint32 slot, double value);
extern void tally_add_cell(Tally **tally, uint32 row, uint32 slot, const TallyCell *cell);
extern void tally_add_time(Tally **tally, uint32 row, uint32 slot, uint64 microseconds);
extern void tally_add_number(Tally **tally, uint32 row, uint32 slot, double number);
extern bool tally_covers(const TallyDefinition *definition, const TallyDefinition *other);
extern void tally_merge(Tally **into, const Tally *other);
extern void tally_fold(Tally **into, const Tally *other, const uint32 *to);
extern void tally_sum_add(TallySum *sum, double value);

/* tally_read.c: looking at what was added up */
typedef struct TallyCells
{
	uint32		count;
	TallyCell  *cell;			/* by row, slot and bucket */
} TallyCells;

#define TALLY_EVERY_SHAPE	PG_UINT32_MAX

/* The order of the labels of keys: that of bytes, the null label last. */
extern int	tally_compare_labels(const Label *a, const Label *b);

extern uint32 *tally_rows(const Tally *tally, uint32 shape, uint32 *rows);
extern uint32 *tally_largest(const Tally *tally, const uint32 *row, uint32 rows, uint32 slot,
							 uint32 most);
extern double tally_duration_total(const TallyDuration *duration);
extern double tally_sum_total(const TallySum *sum);
extern void tally_sort_cells(const Tally *tally, TallyCells *cells);
extern uint32 tally_find_cells(const Tally *tally, const TallyCells *cells,
							   uint32 row, uint32 slot, const TallyCell **first);
extern bool tally_percentile(const Tally *tally, const TallyCells *cells,
							 uint32 row, uint32 slot, int percent, double *result);

/* ----------
 * Slots: each type has its own access
 * ----------
 */

static inline const TallyRow *
tally_row_entry(const Tally *tally, uint32 row)
{
	Assert(row < tally->rows);
	return (const TallyRow *) ((const char *) tally + tally->row_at) + row;
}

static inline const TallyLayout *
tally_layout(const Tally *tally, uint32 shape)
{
	Assert(shape < tally->shapes);
	return (const TallyLayout *) ((const char *) tally + tally->shape_at) + shape;
}

static inline TallyPlace
tally_place(const Tally *tally, const TallyRow *row, uint32 slot)
{
	Assert(slot < tally_layout(tally, row->shape)->slots);
	return ((const TallyPlace *) ((const char *) tally + row->place_at))[slot];
}

static inline TallyType
tally_type(const Tally *tally, uint32 row, uint32 slot)
{
	return TALLY_PLACE_TYPE(tally_place(tally, tally_row_entry(tally, row), slot));
}

/* For the functions below alone. */
static inline void *
tally_slot(const Tally *tally, uint32 row, uint32 slot, TallyType type)
{
	const TallyRow *entry = tally_row_entry(tally, row);
	TallyPlace	place = tally_place(tally, entry, slot);

	Assert(TALLY_PLACE_TYPE(place) == type);
	return (char *) tally + tally->block_at + entry->block + TALLY_PLACE_AT(place);
}

static inline int64
tally_count(const Tally *tally, uint32 row, uint32 slot)
{
	return *(const int64 *) tally_slot(tally, row, slot, TALLY_COUNT);
}

static inline int64
tally_latest(const Tally *tally, uint32 row, uint32 slot)
{
	return *(const int64 *) tally_slot(tally, row, slot, TALLY_LATEST);
}

static inline int64
tally_earliest(const Tally *tally, uint32 row, uint32 slot)
{
	return *(const int64 *) tally_slot(tally, row, slot, TALLY_EARLIEST);
}

static inline const TallyDuration *
tally_duration(const Tally *tally, uint32 row, uint32 slot)
{
	return (const TallyDuration *) tally_slot(tally, row, slot, TALLY_DURATION);
}

static inline const TallySum *
tally_sum(const Tally *tally, uint32 row, uint32 slot)
{
	return (const TallySum *) tally_slot(tally, row, slot, TALLY_SUM);
}

/* A slot that is a distribution: its number among those of all rows. */
static inline uint64
tally_distribution(const Tally *tally, uint32 row, uint32 slot)
{
	const TallyRow *entry = tally_row_entry(tally, row);
	TallyPlace	place = tally_place(tally, entry, slot);

	Assert(TALLY_IS_DISTRIBUTION(TALLY_PLACE_TYPE(place)));
	return (uint64) entry->distribution + TALLY_PLACE_NUMBER(place);
}

/* Adds counts: sums, for somebody's own use, too. */
static inline void
tally_sum_counts(int64 *sum, int64 count)
{
	if (unlikely(pg_add_s64_overflow(*sum, count, sum)))
		tally_overflow("count");
}

static inline void
tally_add_count(Tally *tally, uint32 row, uint32 slot, int64 count)
{
	tally_sum_counts((int64 *) tally_slot(tally, row, slot, TALLY_COUNT), count);
}

static inline void
tally_add_latest(Tally *tally, uint32 row, uint32 slot, int64 value)
{
	int64	   *latest = (int64 *) tally_slot(tally, row, slot, TALLY_LATEST);

	if (value > *latest)
		*latest = value;
}

static inline void
tally_add_earliest(Tally *tally, uint32 row, uint32 slot, int64 value)
{
	int64	   *earliest = (int64 *) tally_slot(tally, row, slot, TALLY_EARLIEST);

	if (*earliest == TALLY_NOTHING || (value < *earliest && value != TALLY_NOTHING))
		*earliest = value;
}

/* Adds "count" durations whose sum is high * 2^64 + low. */
static inline void
tally_add_durations(Tally *tally, uint32 row, uint32 slot, int64 count, uint64 low, int64 high)
{
	TallyDuration *duration = (TallyDuration *) tally_slot(tally, row, slot, TALLY_DURATION);

	duration->low += low;
	if (unlikely(pg_add_s64_overflow(high, duration->low < low, &high) ||
				 pg_add_s64_overflow(duration->high, high, &duration->high) ||
				 pg_add_s64_overflow(duration->count, count, &duration->count)))
		tally_overflow("sum of durations");
}

/* Adds one. */
static inline void
tally_add_duration(Tally *tally, uint32 row, uint32 slot, uint64 microseconds)
{
	tally_add_durations(tally, row, slot, 1, microseconds, 0);
}

/* ----------
 * Buckets
 * ----------
 */

#define TALLY_BUCKET_BITS	20

/* See TallyCell: 64 buckets for every power of two, 58 powers beyond 63. */
static inline uint32
tally_duration_bucket(uint64 microseconds)
{
	int			power;

	if (microseconds < 64)
		return microseconds;
	power = pg_leftmost_one_pos64(microseconds);
	return (power - 5) * 64 + ((microseconds >> (power - 6)) & 63);
}

/* Whole numbers that are in the order of the finite numbers they stand for. */
static inline uint64
tally_number_order(double number)
{
	uint64		bits;

	number += 0.0;				/* of two zeros one */
	memcpy(&bits, &number, sizeof(bits));
	return bits >> 63 ? ~bits : bits | UINT64CONST(1) << 63;
}

static inline double
tally_number_of_order(uint64 order)
{
	uint64		bits = order >> 63 ? order & ~(UINT64CONST(1) << 63) : ~order;
	double		number;

	memcpy(&number, &bits, sizeof(number));
	return number;
}

/* Sign, exponent, and seven bits of the fraction; zero is a bucket of its own. */
static inline uint32
tally_number_bucket(uint64 order)
{
	return (order >> 45) + (order > UINT64CONST(1) << 63);
}

static inline uint32
tally_bucket(TallyType type, uint64 value)
{
	return type == TALLY_NUMBERS ? tally_number_bucket(value) : tally_duration_bucket(value);
}

#endif							/* JOURNEY_POPULATION_TALLY_H */
