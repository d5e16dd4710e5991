/*
 * tally.c
 *		The state of every population answer: how it lies in memory, how it
 *		grows, and how two of them merge.
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "compat.h"
#include "population/tally.h"

/* Never small enough for a varlena header of one byte, whatever the sections. */
#define SMALLEST_TALLY		((Size) 256)

#define FIRST_TEXT_ROOM		64
#define FIRST_CELLS_ROOM	8

#define NULL_LABEL			PG_UINT32_MAX

#define KEY_OF(distribution, microseconds) \
	(((distribution) << TALLY_BUCKET_BITS) | tally_bucket(microseconds))

#define CANCEL_EVERY		1024

typedef struct TallyLabel
{
	uint32		offset;			/* in the section of texts */
	uint32		length;			/* or NULL_LABEL */
} TallyLabel;

struct TallyKey
{
	uint32		size;			/* of all of it */
	int32		version;
	uint32		texts;
	uint32		common_slots;
	uint32		row_slots;
	uint32		analysis_length;
	uint32		text_length[FLEXIBLE_ARRAY_MEMBER];
	/* then types, analysis, texts */
};

#define KEY_SIZE(texts) \
	(offsetof(TallyKey, text_length) + (Size) (texts) * sizeof(uint32))

#define SECTION(tally, member, type) \
	((type *) ((char *) (tally) + (tally)->member))
#define KEY(tally)			SECTION(tally, key_at, TallyKey)
#define KEY_TYPES(key)		((uint8 *) (key) + KEY_SIZE((key)->texts))
#define LABELS(tally)		SECTION(tally, label_at, TallyLabel)
#define INDEX(tally)		SECTION(tally, index_at, uint32)
#define CELLS(tally)		SECTION(tally, cell_at, TallyCell)

#define INDEX_ROOM(tally)	((tally)->rows_room * 2)

/* Bytes that a slot of each type takes in its block. */
static const uint32 slot_size[TALLY_TYPES] = {
	sizeof(int64), sizeof(int64), sizeof(TallyDuration), sizeof(TallySum), 0
};

void
tally_overflow(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("%s is out of range", what)));
}

static void
too_large(uint32 rows, uint32 cells)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("report is too large"),
			 errdetail("Its state would exceed 1 GB, with room for %u labels and %u buckets of times.",
					   rows, cells),
			 errhint("Break down by something that has fewer different values.")));
}

/* ----------
 * Definition
 * ----------
 */

/* The definition in one piece, palloc'd. */
TallyKey *
tally_key(const TallyDefinition *definition)
{
	Size		slots = (Size) definition->common_slots + definition->row_slots;
	Size		size = KEY_SIZE(definition->texts) + slots + definition->analysis.length;
	TallyKey   *key;
	char	   *to;

	for (uint32 i = 0; i < definition->texts; i++)
		size += definition->text[i].length;
	/* so many slots would not fit with their values */
	if (!AllocSizeIsValid(size) || slots > MaxAllocSize / sizeof(TallyDuration))
		too_large(0, 0);
	key = palloc0(size);
	key->size = size;
	key->version = definition->version;
	key->texts = definition->texts;
	key->common_slots = definition->common_slots;
	key->row_slots = definition->row_slots;
	key->analysis_length = definition->analysis.length;

	to = (char *) KEY_TYPES(key);
	memcpy(to, definition->type, slots);
	to += slots;
	memcpy(to, definition->analysis.text, definition->analysis.length);
	to += definition->analysis.length;
	for (uint32 i = 0; i < definition->texts; i++)
	{
		key->text_length[i] = definition->text[i].length;
		memcpy(to, definition->text[i].text, definition->text[i].length);
		to += definition->text[i].length;
	}
	return key;
}

/* What a tally says about itself; all of it points into the tally. */
void
tally_definition(const Tally *tally, TallyDefinition *definition)
{
	const TallyKey *key = KEY(tally);
	TallyText  *text = palloc(Max(key->texts, 1) * sizeof(TallyText));
	const char *from;

	definition->version = key->version;
	definition->texts = key->texts;
	definition->text = text;
	definition->common_slots = key->common_slots;
	definition->row_slots = key->row_slots;
	definition->type = KEY_TYPES(key);
	from = (const char *) KEY_TYPES(key) + key->common_slots + key->row_slots;
	definition->analysis.text = from;
	definition->analysis.length = key->analysis_length;
	from += key->analysis_length;
	for (uint32 i = 0; i < key->texts; i++)
	{
		text[i].text = from;
		text[i].length = key->text_length[i];
		from += key->text_length[i];
	}
}

bool
tally_has_key(const Tally *tally, const TallyKey *key)
{
	const TallyKey *own = KEY(tally);

	return own->size == key->size && memcmp(own, key, own->size) == 0;
}

/* Can one be added to the other? */
bool
tally_same_key(const Tally *a, const Tally *b)
{
	return tally_has_key(a, KEY(b));
}

/* ----------
 * Making and growing
 * ----------
 */

static Size
place(uint32 *at, Size end, Size size)
{
	*at = end;
	return end + MAXALIGN(size);
}

/* Places the sections for the rooms that are set; returns the size of it all. */
static Size
lay_out(Tally *tally, Size key_size, Size common_size)
{
	Size		end = MAXALIGN(sizeof(Tally));
	Size		slots = (Size) tally->common_slots + tally->row_slots;

	end = place(&tally->key_at, end, key_size);
	end = place(&tally->slot_at, end, slots * sizeof(uint32));
	end = place(&tally->common_at, end, common_size);
	end = place(&tally->row_at, end, (Size) tally->rows_room * tally->row_size);
	end = place(&tally->label_at, end, (Size) tally->rows_room * sizeof(TallyLabel));
	end = place(&tally->index_at, end, (Size) tally->rows_room * 2 * sizeof(uint32));
	end = place(&tally->cell_at, end, (Size) tally->cells_room * sizeof(TallyCell));
	end = place(&tally->text_at, end, tally->text_room);
	if (!AllocSizeIsValid(end))
		too_large(tally->rows_room, tally->cells_room);
	return Max(end, SMALLEST_TALLY);
}

/* Sets the slots of a new block, which is zero, to what they begin with. */
static void
begin_block(char *block, const uint8 *type, const uint32 *slot_at, uint32 slots)
{
	for (uint32 i = 0; i < slots; i++)
		if (type[i] == TALLY_LATEST)
			*(int64 *) (block + slot_at[i]) = TALLY_NOTHING;
}

/* Fills the slot table of a block; returns the block's size. */
static Size
measure_block(const uint8 *type, uint32 *slot_at, uint32 slots, uint32 *distributions)
{
	Size		size = 0;

	for (uint32 i = 0; i < slots; i++)
	{
		if (type[i] == TALLY_DISTRIBUTION)
			slot_at[i] = (*distributions)++;
		else
			slot_at[i] = size;
		size += slot_size[type[i]];
	}
	return size;
}

/*
 * A tally without rows, palloc'd.  Distributions cannot be common slots, which is
 * for the maker of the key to see to.
 */
Tally *
tally_create(const TallyKey *key)
{
	Size		slots = (Size) key->common_slots + key->row_slots;
	const uint8 *type = KEY_TYPES(key);
	uint32	   *slot_at = palloc(Max(slots, 1) * sizeof(uint32));
	Tally		start = {.format = TALLY_FORMAT};
	Tally	   *tally;
	Size		common_size;
	Size		size;

	common_size = measure_block(type, slot_at, key->common_slots, &start.distributions);
	Assert(start.distributions == 0);
	start.row_size = measure_block(type + key->common_slots, slot_at + key->common_slots,
								   key->row_slots, &start.distributions);
	start.common_slots = key->common_slots;
	start.row_slots = key->row_slots;
	start.rows_room = 1;
	start.cells_room = FIRST_CELLS_ROOM;
	size = lay_out(&start, key->size, common_size);

	tally = palloc0(size);
	*tally = start;
	SET_VARSIZE(tally, size);
	memcpy(KEY(tally), key, key->size);
	memcpy(SECTION(tally, slot_at, uint32), slot_at, slots * sizeof(uint32));
	begin_block(SECTION(tally, common_at, char), type, slot_at, key->common_slots);
	pfree(slot_at);
	return tally;
}

/*
 * A tally that can be read, and within an aggregate updated, in place: with a
 * header of four bytes and aligned, whatever way the datum came.
 */
Tally *
tally_from_datum(Datum datum)
{
	struct varlena *value = PG_DETOAST_DATUM(datum);
	Tally	   *tally = (Tally *) value;

	if (MAXALIGN((uintptr_t) value) != (uintptr_t) value)
	{
		tally = palloc(VARSIZE(value));
		memcpy(tally, value, VARSIZE(value));
	}
	if (VARSIZE(tally) < SMALLEST_TALLY || tally->format != TALLY_FORMAT)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("journey_tally has an unknown format")));
	return tally;
}

static inline uint32
first_place(uint64 key, uint32 room)
{
	return ((key * UINT64CONST(0x9E3779B97F4A7C15)) >> 32) & (room - 1);
}

/* The cell with this key, or the free place where it belongs. */
static TallyCell *
find_cell(const Tally *tally, uint64 key)
{
	TallyCell  *cells = CELLS(tally);
	uint32		i = first_place(key, tally->cells_room);

	while (cells[i].count != 0 && cells[i].key != key)
		i = (i + 1) & (tally->cells_room - 1);
	return &cells[i];
}

/* The place of a label in the index: of its row, or the free one for it. */
static uint32 *
find_row(const Tally *tally, const char *label, uint32 length)
{
	const TallyLabel *labels = LABELS(tally);
	const char *text = SECTION(tally, text_at, char);
	uint32	   *index = INDEX(tally);
	uint32		mask = INDEX_ROOM(tally) - 1;
	uint32		i = label ? hash_bytes((const unsigned char *) label, length) & mask : 0;

	for (; index[i] != 0; i = (i + 1) & mask)
	{
		const TallyLabel *other = &labels[index[i] - 1];

		if (other->length == length &&
			(label == NULL || memcmp(text + other->offset, label, length) == 0))
			break;
	}
	return &index[i];
}

/* A tally with more room and the same contents takes the place of *tally. */
static void
grow(Tally **tally, uint32 rows_room, uint32 text_room, uint32 cells_room)
{
	const Tally *from = *tally;
	Tally		start = *from;
	Tally	   *to;
	Size		common_size = from->row_at - from->common_at;
	Size		size;

	start.rows_room = rows_room;
	start.text_room = text_room;
	start.cells_room = cells_room;
	size = lay_out(&start, KEY(from)->size, common_size);
	to = palloc0(size);
	*to = start;
	SET_VARSIZE(to, size);
	/* key, slot table, common block and rows lie where they lay */
	memcpy((char *) to + to->key_at, (const char *) from + from->key_at,
		   from->row_at - from->key_at + (Size) from->rows * from->row_size);
	memcpy(LABELS(to), LABELS(from), from->rows * sizeof(TallyLabel));
	memcpy(SECTION(to, text_at, char), SECTION(from, text_at, char), from->text_used);
	for (uint32 row = 0; row < from->rows; row++)
	{
		uint32		length;
		const char *label = tally_label(to, row, &length);

		*find_row(to, label, length) = row + 1;
	}
	for (uint32 i = 0; i < from->cells_room; i++)
	{
		const TallyCell *cell = &CELLS(from)[i];

		if (cell->count != 0)
			*find_cell(to, cell->key) = *cell;
	}
	*tally = to;
}

/* ----------
 * Rows
 * ----------
 */

/* The label of a row, not terminated; NULL for the null label. */
const char *
tally_label(const Tally *tally, uint32 row, uint32 *length)
{
	const TallyLabel *label = &LABELS(tally)[row];

	*length = label->length;
	return label->length == NULL_LABEL ? NULL : SECTION(tally, text_at, char) + label->offset;
}

static void
make_row_room(Tally **tally, uint32 length)
{
	uint32		rows_room = (*tally)->rows_room;
	Size		text_room = (*tally)->text_room;
	Size		text_needed = (Size) (*tally)->text_used + length;

	if ((*tally)->rows < rows_room && text_needed <= text_room)
		return;
	if ((*tally)->rows == rows_room)
		rows_room *= 2;
	if (text_needed > text_room)
		text_room = Max(text_needed + text_room, FIRST_TEXT_ROOM);
	if (!AllocSizeIsValid(text_room))
		too_large(rows_room, (*tally)->cells);
	grow(tally, rows_room, text_room, (*tally)->cells_room);
}

/* The row of a label (NULL for the null label), which is added when new. */
uint32
tally_row(Tally **tally, const char *label, uint32 length)
{
	uint32		row;
	uint32	   *place;
	TallyLabel *new_label;

	if (label == NULL)
		length = NULL_LABEL;
	place = find_row(*tally, label, length);
	if (*place != 0)
		return *place - 1;

	make_row_room(tally, label ? length : 0);
	row = (*tally)->rows++;
	*find_row(*tally, label, length) = row + 1;
	new_label = &LABELS(*tally)[row];
	new_label->length = length;
	new_label->offset = (*tally)->text_used;
	if (label)
	{
		memcpy(SECTION(*tally, text_at, char) + new_label->offset, label, length);
		(*tally)->text_used += length;
	}
	begin_block(SECTION(*tally, row_at, char) + (Size) row * (*tally)->row_size,
				KEY_TYPES(KEY(*tally)) + (*tally)->common_slots,
				tally_slot_table(*tally) + (*tally)->common_slots, (*tally)->row_slots);
	return row;
}

/* ----------
 * Adding up
 * ----------
 */

/*
 * sum + rest is the sum with about twice the precision of a double (Neumaier's
 * variant of Kahan's summation), so that the order of rows and workers does
 * not show.
 */
static void
add_to_sum(TallySum *slot, int64 count, double value, double rest)
{
	double		sum = slot->sum + value;

	if (fabs(slot->sum) >= fabs(value))
		rest += (slot->sum - sum) + value;
	else
		rest += (value - sum) + slot->sum;
	slot->sum = sum;
	slot->rest += rest;
	/* an infinity anywhere made the rest NaN */
	if (unlikely(!isfinite(slot->sum + slot->rest) ||
				 pg_add_s64_overflow(slot->count, count, &slot->count)))
		tally_overflow("sum of values");
}

/* Adds a finite number. */
void
tally_add_sum(TallySum *slot, double value)
{
	add_to_sum(slot, 1, value, 0);
}

static void
add_cell(Tally **tally, uint64 key, const TallyCell *cell)
{
	TallyCell  *own = find_cell(*tally, key);

	if (own->count == 0)
	{
		if ((*tally)->cells >= (*tally)->cells_room / 4 * 3)
		{
			grow(tally, (*tally)->rows_room, (*tally)->text_room, (*tally)->cells_room * 2);
			own = find_cell(*tally, key);
		}
		*own = *cell;
		own->key = key;
		(*tally)->cells++;
		return;
	}
	tally_add_count(&own->count, cell->count);
	own->smallest = Min(own->smallest, cell->smallest);
	own->largest = Max(own->largest, cell->largest);
}

/* Adds the durations that a valid cell stands for; its key is not looked at. */
void
tally_add_cell(Tally **tally, uint32 row, uint32 slot, const TallyCell *cell)
{
	add_cell(tally, KEY_OF(tally_distribution(*tally, row, slot), cell->smallest), cell);
}

/* Adds one duration. */
void
tally_add_distribution(Tally **tally, uint32 row, uint32 slot, uint64 microseconds)
{
	TallyCell	cell = {0, 1, microseconds, microseconds};

	tally_add_cell(tally, row, slot, &cell);
}

static void
merge_slot(TallyType type, void *into, const void *other)
{
	switch (type)
	{
		case TALLY_COUNT:
			tally_add_count(into, *(const int64 *) other);
			break;
		case TALLY_LATEST:
			tally_add_latest(into, *(const int64 *) other);
			break;
		case TALLY_DURATION:
			{
				const TallyDuration *from = other;

				tally_add_durations(into, from->count, from->low, from->high);
			}
			break;
		case TALLY_SUM:
			{
				const TallySum *from = other;

				add_to_sum(into, from->count, from->sum, from->rest);
			}
			break;
		case TALLY_DISTRIBUTION:
			break;				/* lies in the cells */
	}
}

/* Adds another tally with the same key, row by row. */
void
tally_merge(Tally **into, const Tally *other)
{
	const uint8 *type = KEY_TYPES(KEY(other));
	uint32	   *row_of = palloc(Max(other->rows, 1) * sizeof(uint32));

	for (uint32 slot = 0; slot < other->common_slots; slot++)
		merge_slot(type[slot], tally_common(*into, slot), tally_common(other, slot));
	type += other->common_slots;
	for (uint32 row = 0; row < other->rows; row++)
	{
		uint32		length;
		const char *label = tally_label(other, row, &length);

		if (row % CANCEL_EVERY == 0)
			CHECK_FOR_INTERRUPTS();
		row_of[row] = tally_row(into, label, length);
		for (uint32 slot = 0; slot < other->row_slots; slot++)
			if (type[slot] != TALLY_DISTRIBUTION)
				merge_slot(type[slot], tally_slot(*into, row_of[row], slot),
						   tally_slot(other, row, slot));
	}
	for (uint32 i = 0; i < other->cells_room; i++)
	{
		const TallyCell *cell = &CELLS(other)[i];
		uint64		distribution = cell->key >> TALLY_BUCKET_BITS;

		if (i % CANCEL_EVERY == 0)
			CHECK_FOR_INTERRUPTS();
		if (cell->count == 0)
			continue;
		distribution = (uint64) row_of[distribution / other->distributions] *
			other->distributions + distribution % other->distributions;
		add_cell(into, KEY_OF(distribution, cell->smallest), cell);
	}
	pfree(row_of);
}
