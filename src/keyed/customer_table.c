/*
 * customer_table.c
 *		Numbers for the images of customers: an open-addressing table.
 *
 * A place holds half of the hash beside the number, so that hardly any image is
 * looked at in vain.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "keyed/customer.h"
#include "type/array.h"

#define FIRST_ROOM		8
#define PLACES_PER_KEY	2
#define FIRST_BLOCK		256
#define LARGEST_BLOCK	(64 * 1024)

typedef struct CustomerBlock
{
	struct CustomerBlock *next;
	Size		size;
} CustomerBlock;

#define BLOCK_HEADER	MAXALIGN(sizeof(CustomerBlock))

static inline Size
room_size(Size room)
{
	return room * (sizeof(CustomerImage) + PLACES_PER_KEY * sizeof(uint64));
}

CustomerTable *
customer_table_create(MemoryContext context, CustomerType *type)
{
	CustomerTable *table = MemoryContextAllocZero(context, sizeof(CustomerTable));

	table->type = type;
	table->context = context;
	table->room = FIRST_ROOM;
	table->mask = FIRST_ROOM * PLACES_PER_KEY - 1;
	table->place = MemoryContextAllocZero(context, (table->mask + 1) * sizeof(uint64));
	table->image = MemoryContextAlloc(context, FIRST_ROOM * sizeof(CustomerImage));
	table->bytes = sizeof(CustomerTable) + room_size(FIRST_ROOM);
	return table;
}

void
customer_table_free(CustomerTable *table)
{
	while (table->block != NULL)
	{
		CustomerBlock *block = table->block;

		table->block = block->next;
		pfree(block);
	}
	pfree(table->place);
	pfree(table->image);
	pfree(table);
}

/* Doubles the room. */
static void
grow(CustomerTable *table)
{
	Size		room = (Size) table->room * 2;
	uint64	   *place;

	if (room > PG_UINT32_MAX / PLACES_PER_KEY)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many customers in memory"),
				 errhint("Reduce work_mem, so that they are worked off in smaller parts.")));
	table->image = array_realloc(table->image, room, sizeof(CustomerImage));
	place = MemoryContextAllocExtended(table->context,
									   array_size(room, PLACES_PER_KEY * sizeof(uint64)),
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	pfree(table->place);
	table->place = place;
	table->bytes += room_size(room) - room_size(table->room);
	table->room = room;
	table->mask = room * PLACES_PER_KEY - 1;
	for (uint32 number = 0; number < table->count; number++)
	{
		uint64		hash = table->image[number].hash;
		uint32		i = (uint32) hash & table->mask;

		while (place[i] != 0)
			i = (i + 1) & table->mask;
		place[i] = (hash & UINT64CONST(0xFFFFFFFF00000000)) | (number + 1);
	}
}

/* A copy of an image's bytes, aligned for any type. */
static char *
store(CustomerTable *table, const char *data, uint32 length)
{
	Size		size = MAXALIGN(length);
	char	   *copy;

	if (size > table->free_size || table->block == NULL)
	{
		Size		block_size = table->block ? table->block->size * 2 : FIRST_BLOCK;
		CustomerBlock *block;

		block_size = Max(Min(block_size, LARGEST_BLOCK), size + BLOCK_HEADER);
		block = MemoryContextAllocHuge(table->context, block_size);
		block->next = table->block;
		block->size = Min(block_size, LARGEST_BLOCK);
		table->block = block;
		table->free = (char *) block + BLOCK_HEADER;
		table->free_size = block_size - BLOCK_HEADER;
		table->bytes += block_size;
	}
	copy = table->free;
	memcpy(copy, data, length);
	table->free += size;
	table->free_size -= size;
	return copy;
}

/* The number of an image, which is copied into the table when it is new. */
uint32
customer_table_number(CustomerTable *table, const CustomerImage *image)
{
	uint64		tag = image->hash & UINT64CONST(0xFFFFFFFF00000000);
	uint32		number;
	uint32		i;

	for (i = (uint32) image->hash & table->mask; table->place[i] != 0; i = (i + 1) & table->mask)
	{
		if ((table->place[i] & UINT64CONST(0xFFFFFFFF00000000)) != tag)
			continue;
		number = (uint32) table->place[i] - 1;
		if (table->image[number].hash == image->hash &&
			customer_same(table->type, &table->image[number], image))
			return number;
	}

	number = table->count;
	if (number == table->room)
	{
		grow(table);
		for (i = (uint32) image->hash & table->mask; table->place[i] != 0;)
			i = (i + 1) & table->mask;
	}
	table->image[number].data = store(table, image->data, image->length);
	table->image[number].length = image->length;
	table->image[number].hash = image->hash;
	table->place[i] = tag | (number + 1);
	table->count++;
	return number;
}
