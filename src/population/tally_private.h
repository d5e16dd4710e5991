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
extern TallyCell *tally_find_cell(const Tally *tally, uint64 key);
extern void tally_grow_cells(Tally **tally);

/* definition.c */
extern uint32 tally_find_shape(const TallyDefinition *definition, const char *name);
extern uint32 tally_find_slot(const TallySlot *slot, uint32 slots, const char *name);

#endif							/* JOURNEY_POPULATION_TALLY_PRIVATE_H */
