/*
 * tally_private.h
 *		What the files of the tally share.
 */
#ifndef JOURNEY_POPULATION_TALLY_PRIVATE_H
#define JOURNEY_POPULATION_TALLY_PRIVATE_H

#include "population/tally.h"

/* The definition's beginning; definition.c says what follows. */
typedef struct TallyHead
{
	uint32		size;			/* of the whole definition */
	int32		version;
	uint32		arguments;
	uint32		shapes;
} TallyHead;

#define TALLY_SECTION(tally, member, type) \
	((type *) ((char *) (tally) + (tally)->member))
#define TALLY_HEAD(tally)		TALLY_SECTION(tally, definition_at, TallyHead)
#define TALLY_LAYOUTS(tally)	TALLY_SECTION(tally, shape_at, TallyLayout)
#define TALLY_PLACES(tally)		TALLY_SECTION(tally, slot_at, TallyPlace)
#define TALLY_ROWS(tally)		TALLY_SECTION(tally, row_at, TallyRow)
#define TALLY_CELLS(tally)		TALLY_SECTION(tally, cell_at, TallyCell)

/* Items after which a loop looks whether it was cancelled. */
#define TALLY_CANCEL_EVERY	1024

extern void tally_too_large(uint32 rows, uint32 cells) pg_attribute_noreturn();

/* tally.c: for definition.c, and for tally_add.c to grow */
extern Tally *tally_allocate(uint32 shapes, Size slots, Size definition_size, uint32 rows,
							 Size blocks);
extern void tally_grow_cells(Tally **tally);

/*
 * Where the search for a cell begins.  As with keys of rows, strangers may choose
 * which ones there are, but cannot know the seed.
 */
static inline uint32
tally_first_place(const Tally *tally, uint64 key)
{
	uint64		hash = (key ^ tally->seed) * UINT64CONST(0x9E3779B97F4A7C15);

	hash = (hash ^ (hash >> 32)) *
		(UINT64CONST(0xD6E8FEB86659FD93) ^ ((uint64) tally->seed << 32));
	return (hash >> 32) & (tally->cells_room - 1);
}

/* The cell with this key, or the free place where it belongs. */
static inline TallyCell *
tally_find_cell(const Tally *tally, uint64 key)
{
	TallyCell  *cells = TALLY_CELLS(tally);
	uint32		i = tally_first_place(tally, key);

	while (cells[i].count != 0 && cells[i].key != key)
		i = (i + 1) & (tally->cells_room - 1);
	return &cells[i];
}

/* definition.c */
extern uint32 tally_find_shape(const TallyDefinition *definition, const char *name);
extern uint32 tally_find_slot(const TallySlot *slot, uint32 slots, const char *name);

#endif							/* JOURNEY_POPULATION_TALLY_PRIVATE_H */
