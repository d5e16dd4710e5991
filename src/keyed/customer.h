/*
 * customer.h
 *		Keys of customers, of any type that can be hashed.
 *
 * A value of a type that is a whole number inside (integers, dates, times, oid,
 * boolean, enums) is its own key.  Any other customer has an image, bytes that
 * stand for it wherever they are kept: text and uuid are compared as bytes,
 * other types by the equality function that belongs to their hash function, and
 * a row column by column, nulls being equal to one another as in GROUP BY.  A
 * table gives images small numbers, and those are the keys then.
 */
#ifndef JOURNEY_KEYED_CUSTOMER_H
#define JOURNEY_KEYED_CUSTOMER_H

#include "fmgr.h"

#include "type/labels.h"

/* What is known of a customer's type. */
typedef struct CustomerType CustomerType;

typedef struct CustomerImage
{
	const char *data;
	uint32		length;
	uint64		hash;
} CustomerImage;

typedef struct CustomerTable
{
	CustomerType *type;
	MemoryContext context;
	uint32		count;			/* numbers below this one are in use */
	uint32		room;
	uint32		mask;			/* number of places - 1 */
	uint64	   *place;			/* upper half of the hash, number + 1 */
	CustomerImage *image;		/* by number */
	struct CustomerBlock *block;	/* of image bytes, newest first */
	char	   *free;
	Size		free_size;
	Size		bytes;			/* memory held */
} CustomerTable;

/* customer.c */
extern CustomerType *customer_type_create(MemoryContext context, Oid type);
extern int	customer_type_integer_size(const CustomerType *type);
extern void customer_image(CustomerType *type, Datum customer, CustomerImage *image);
extern bool customer_same(const CustomerType *type, const CustomerImage *a, const CustomerImage *b);

/* customer_table.c */
extern CustomerTable *customer_table_create(MemoryContext context, CustomerType *type);
extern uint32 customer_table_number(CustomerTable *table, const CustomerImage *image);
extern void customer_table_free(CustomerTable *table);

/*
 * Spreads a key over 64 bits; different keys stay different.  Customers may choose
 * what they are called, but not so that many meet in one place.
 */
static inline uint64
customer_mix(uint64 key)
{
	key ^= key >> 32;
	key *= labels_multiplier;
	key ^= key >> 32;
	key *= UINT64CONST(0xD6E8FEB86659FD93);
	return key ^ (key >> 32);
}

/* The whole number inside a value of an integer type of that size. */
static inline int64
customer_integer(int size, Datum customer)
{
	switch (size)
	{
		case sizeof(int64):
			return DatumGetInt64(customer);
		case sizeof(int32):
			return DatumGetInt32(customer);
		case sizeof(int16):
			return DatumGetInt16(customer);
		default:
			return DatumGetUInt8(customer);
	}
}

#endif							/* JOURNEY_KEYED_CUSTOMER_H */
