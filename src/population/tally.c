/*
 * tally.c
 *		The state of every population answer: how it lies in memory, how it
 *		grows, and how rows are found.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/memutils.h"

#include "population/tally_private.h"

/* Never small enough for a varlena header of one byte, whatever the sections. */
#define SMALLEST_TALLY		((Size) 256)

#define FIRST_KEY_ROOM		16
#define FIRST_CELLS_ROOM	4

#define NULL_LABEL			PG_UINT32_MAX	/* instead of a length */

#define KEYS(tally)			TALLY_SECTION(tally, key_at, char)
#define BLOCKS(tally)		TALLY_SECTION(tally, block_at, char)
#define INDEX(tally)		TALLY_SECTION(tally, index_at, uint32)
#define INDEX_ROOM(tally)	((tally)->rows_room * 2)

void
tally_too_large(uint32 rows, uint32 cells)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("report is too large"),
			 errdetail("Its state would exceed 1 GB, with room for %u rows and %u buckets of distributions.",
					   rows, cells),
			 errhint("Break down by something that has fewer different values; any number of paths is counted by GROUP BY event_path(journey), which spills.")));
}

void
tally_overflow(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("%s is out of range", what)));
}

/* ----------
 * Making and growing
 * ----------
 */

static uint64
place(uint32 *at, uint64 end, uint64 size)
{
	*at = (uint32) end;
	return end + MAXALIGN64(size);
}

/*
 * Places the sections that follow the fixed ones, for the rooms that are set;
 * returns where they end.
 */
static uint64
place_sections(Tally *tally, uint64 end)
{
	end = place(&tally->row_at, end, (uint64) tally->rows_room * sizeof(TallyRow));
	end = place(&tally->block_at, end, tally->block_room);
	end = place(&tally->index_at, end, (uint64) INDEX_ROOM(tally) * sizeof(uint32));
	end = place(&tally->cell_at, end, (uint64) tally->cells_room * sizeof(TallyCell));
	return place(&tally->key_at, end, tally->key_room);
}

/* The same; returns the size of it all. */
static Size
lay_out(Tally *tally, uint64 end)
{
	end = place_sections(tally, end);
	if (end > MaxAllocSize)
		tally_too_large(tally->rows_room, tally->cells_room);
	return Max(end, SMALLEST_TALLY);
}

/*
 * An empty tally, palloc'd, with places for a definition and for what follows
 * from it, and room for so many rows whose blocks have this size together.
 */
Tally *
tally_allocate(uint32 shapes, Size slots, Size definition_size, uint32 rows, Size blocks)
{
	Tally		start = {.format = TALLY_FORMAT, .shapes = shapes};
	Tally	   *tally;
	uint64		end = MAXALIGN(sizeof(Tally));
	Size		size;

	if (!pg_strong_random(&start.seed, sizeof(start.seed)))
		start.seed = 0;
	if (rows > MaxAllocSize / sizeof(TallyRow) || !AllocSizeIsValid(blocks))
		tally_too_large(rows, 0);
	start.rows_room = pg_nextpower2_32(Max(rows, 1));
	start.block_room = blocks;
	start.cells_room = FIRST_CELLS_ROOM;
	end = place(&start.definition_at, end, definition_size);
	end = place(&start.shape_at, end, (uint64) shapes * sizeof(TallyLayout));
	end = place(&start.slot_at, end, (uint64) slots * sizeof(TallyPlace));
	size = lay_out(&start, end);
	tally = palloc0(size);
	*tally = start;
	SET_VARSIZE(tally, size);
	return tally;
}

/* A tally that has counted nothing, like the one given. */
Tally *
tally_create(const Tally *empty)
{
	return memcpy(palloc(VARSIZE(empty)), empty, VARSIZE(empty));
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

/* The place in the index for a row with this hash that is not there. */
static uint32 *
free_place(const Tally *tally, uint32 hash)
{
	uint32	   *index = INDEX(tally);
	uint32		mask = INDEX_ROOM(tally) - 1;
	uint32		i = hash & mask;

	while (index[i] != 0)
		i = (i + 1) & mask;
	return &index[i];
}

/*
 * Growing copies everything, so whatever is more than half full gets more room along
 * with what has none; unless the whole is near its limit.
 */
static void
widen(const Tally *from, Tally *start)
{
	Tally		wide = *start;

	if (from->rows > from->rows_room / 2)
		wide.rows_room = Max(wide.rows_room, from->rows_room * 2);
	if (from->block_used > from->block_room / 2)
		wide.block_room = Max(wide.block_room, MAXALIGN(from->block_used) * 2);
	if (from->cells > from->cells_room * 3 / 8)
		wide.cells_room = Max(wide.cells_room, from->cells_room * 2);
	if (from->key_used > from->key_room / 2)
		wide.key_room = Max(wide.key_room, MAXALIGN(from->key_used) * 2);
	if (place_sections(&wide, from->row_at) <= MaxAllocSize / 2)
		*start = wide;
}

/* A tally with the rooms of "start" and the contents of *tally takes its place. */
static void
grow(Tally **tally, Tally *start)
{
	const Tally *from = *tally;
	Size		size;
	Tally	   *to;

	widen(from, start);
	size = lay_out(start, from->row_at);
	to = palloc0(size);
	/* what precedes the rows lies where it lay */
	memcpy(to, from, from->row_at);
	*to = *start;
	SET_VARSIZE(to, size);
	memcpy(TALLY_ROWS(to), TALLY_ROWS(from), from->rows * sizeof(TallyRow));
	memcpy(BLOCKS(to), BLOCKS(from), from->block_used);
	memcpy(KEYS(to), KEYS(from), from->key_used);
	if (to->rows_room == from->rows_room)
		memcpy(INDEX(to), INDEX(from), INDEX_ROOM(to) * sizeof(uint32));
	else
		for (uint32 row = 0; row < to->rows; row++)
			*free_place(to, TALLY_ROWS(to)[row].hash) = row + 1;
	if (to->cells_room == from->cells_room)
		memcpy(TALLY_CELLS(to), TALLY_CELLS(from), to->cells_room * sizeof(TallyCell));
	else
		for (uint32 i = 0; i < from->cells_room; i++)
		{
			const TallyCell *cell = &TALLY_CELLS(from)[i];

			if (cell->count != 0)
				*tally_find_cell(to, cell->key) = *cell;
		}
	*tally = to;
}

void
tally_grow_cells(Tally **tally)
{
	Tally		start = **tally;

	if (start.cells_room > MaxAllocSize / sizeof(TallyCell) / 2)
		tally_too_large(start.rows, start.cells_room);
	start.cells_room *= 2;
	grow(tally, &start);
}

/* So much is needed, and half as much again, of a section that has no more room. */
static uint32
more_room(const Tally *tally, uint32 room, Size needed)
{
	if (needed <= room)
		return room;
	if (!AllocSizeIsValid(needed))
		tally_too_large(tally->rows, tally->cells);
	return MAXALIGN(Max(needed + needed / 2, FIRST_KEY_ROOM));
}

/*
 * Makes room for a row with a block and a key of these sizes.  Where there is no
 * more, blocks get as much as all rows would take that there is room for.
 */
static void
make_row_room(Tally **tally, Size block_size, Size key_size)
{
	Tally		start = **tally;

	if (start.rows == start.rows_room)
		start.rows_room *= 2;
	if (start.block_used + block_size > start.block_room)
	{
		uint64		room = start.block_used +
			(uint64) block_size * (start.rows_room - start.rows);

		if (room > MaxAllocSize)
			tally_too_large(start.rows, start.cells);
		start.block_room = room;
	}
	start.key_room = more_room(*tally, start.key_room, start.key_used + key_size);
	if (start.rows_room != (*tally)->rows_room || start.block_room != (*tally)->block_room ||
		start.key_room != (*tally)->key_room)
		grow(tally, &start);
}

/* ----------
 * Keys
 * ----------
 */

static inline const uint32 *
key_lengths(const Tally *tally, const TallyRow *row)
{
	return (const uint32 *) (KEYS(tally) + row->key);
}

/* The labels of a row's key; the text of a null label is NULL. */
void
tally_key(const Tally *tally, uint32 row, Label *key)
{
	const TallyRow *entry = tally_row_entry(tally, row);
	const uint32 *length = key_lengths(tally, entry);
	const char *text = (const char *) (length + entry->labels);

	for (uint32 i = 0; i < entry->labels; i++)
	{
		bool		isnull = length[i] == NULL_LABEL;

		key[i].text = isnull ? NULL : text;
		key[i].length = isnull ? 0 : length[i];
		text += key[i].length;
	}
}

static bool
has_key(const Tally *tally, uint32 row, uint32 shape, const Label *key, uint32 labels)
{
	const TallyRow *entry = tally_row_entry(tally, row);
	const uint32 *length = key_lengths(tally, entry);
	const char *text = (const char *) (length + labels);

	if (entry->shape != shape || entry->labels != labels)
		return false;
	for (uint32 i = 0; i < labels; i++)
	{
		if (key[i].text == NULL)
		{
			if (length[i] != NULL_LABEL)
				return false;
			continue;
		}
		if (length[i] != key[i].length || memcmp(text, key[i].text, key[i].length) != 0)
			return false;
		text += key[i].length;
	}
	return true;
}

/* Labels may come from strangers, who cannot know the seed. */
static uint32
hash_key(const Tally *tally, uint32 shape, const Label *key, uint32 labels)
{
	uint64		hash = ((uint64) tally->seed << 32) | shape;

	for (uint32 i = 0; i < labels; i++)
	{
		if (key[i].text == NULL)
			hash = hash_combine64(hash, labels);
		else
			hash = hash_bytes_extended((const unsigned char *) key[i].text, key[i].length, hash);
	}
	return (uint32) (hash ^ (hash >> 32));
}

static Size
key_size(const Tally *tally, const Label *key, uint32 labels)
{
	Size		size = (Size) labels * sizeof(uint32);

	for (uint32 i = 0; i < labels; i++)
		if (key[i].text != NULL)
		{
			size += key[i].length;
			if (!AllocSizeIsValid(size))
				tally_too_large(tally->rows, tally->cells);
		}
	return INTALIGN(size);
}

static void
put_key(Tally *tally, uint32 at, const Label *key, uint32 labels)
{
	uint32	   *length = (uint32 *) (KEYS(tally) + at);
	char	   *text = (char *) (length + labels);

	for (uint32 i = 0; i < labels; i++)
	{
		length[i] = key[i].text ? key[i].length : NULL_LABEL;
		if (key[i].text)
		{
			memcpy(text, key[i].text, key[i].length);
			text += key[i].length;
		}
	}
}

/* ----------
 * Rows
 * ----------
 */

/* The only row of a shape without labels: they are made with the tally, in order. */
uint32
tally_only_row(const Tally *tally, uint32 shape)
{
	uint32		row = 0;

	for (uint32 before = 0; before < shape; before++)
		row += tally_layout(tally, before)->labels == 0;
	Assert(tally_row_entry(tally, row)->shape == shape);
	return row;
}

/* Sets the slots of a new block, which is zero, to what they begin with. */
static void
begin_block(Tally *tally, const TallyRow *row)
{
	const TallyLayout *layout = tally_layout(tally, row->shape);
	const TallyPlace *place = TALLY_PLACES(tally) + layout->first_slot;
	char	   *block = BLOCKS(tally) + row->block;

	for (uint32 i = 0; i < layout->slots; i++)
	{
		TallyType	type = TALLY_PLACE_TYPE(place[i]);

		if (type == TALLY_LATEST || type == TALLY_EARLIEST)
			*(int64 *) (block + TALLY_PLACE_AT(place[i])) = TALLY_NOTHING;
	}
}

static uint32
add_row(Tally **tally, uint32 shape, const Label *key, uint32 labels, uint32 hash)
{
	const TallyLayout *layout = tally_layout(*tally, shape);
	Size		block_size = layout->block_size;
	Size		size = key_size(*tally, key, labels);
	uint32		row = (*tally)->rows;
	TallyRow   *entry;

	if (layout->distributions > PG_UINT32_MAX - (*tally)->distributions)
		tally_too_large(row, (*tally)->cells);
	make_row_room(tally, block_size, size);
	*free_place(*tally, hash) = row + 1;
	entry = TALLY_ROWS(*tally) + row;
	entry->shape = shape;
	entry->labels = labels;
	entry->hash = hash;
	entry->key = (*tally)->key_used;
	entry->block = (*tally)->block_used;
	entry->place_at = (*tally)->slot_at +
		tally_layout(*tally, shape)->first_slot * sizeof(TallyPlace);
	entry->distribution = (*tally)->distributions;
	put_key(*tally, entry->key, key, labels);
	(*tally)->rows++;
	(*tally)->key_used += size;
	(*tally)->block_used += block_size;
	(*tally)->distributions += tally_layout(*tally, shape)->distributions;
	begin_block(*tally, entry);
	return row;
}

static uint32
look_up_row(Tally **tally, uint32 shape, const Label *key, uint32 labels)
{
	const uint32 *index = INDEX(*tally);
	uint32		mask = INDEX_ROOM(*tally) - 1;
	uint32		hash = hash_key(*tally, shape, key, labels);

	for (uint32 i = hash & mask; index[i] != 0; i = (i + 1) & mask)
		if (TALLY_ROWS(*tally)[index[i] - 1].hash == hash &&
			has_key(*tally, index[i] - 1, shape, key, labels))
			return index[i] - 1;
	return add_row(tally, shape, key, labels, hash);
}

/*
 * The row of a shape with this key, which is added when new.  The text of a null
 * label is NULL.  "labels" is how many there are, as the shape has it.
 */
uint32
tally_row(Tally **tally, uint32 shape, const Label *key, uint32 labels)
{
	uint32		hint = tally_layout(*tally, shape)->hint;
	uint32		row;

	Assert(labels == tally_layout(*tally, shape)->labels ||
		   tally_layout(*tally, shape)->labels == TALLY_ANY_LABELS);
	if (hint > 0 && has_key(*tally, hint - 1, shape, key, labels))
		return hint - 1;
	row = look_up_row(tally, shape, key, labels);
	TALLY_LAYOUTS(*tally)[shape].hint = row + 1;
	return row;
}
