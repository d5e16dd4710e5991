/*
 * customer_private.h
 *		What the parts of the customer room share.
 */
#ifndef JOURNEY_KEYED_CUSTOMER_PRIVATE_H
#define JOURNEY_KEYED_CUSTOMER_PRIVATE_H

#include "access/tupdesc.h"
#include "utils/typcache.h"

#include "keyed/customer.h"

/* How values of a type are told apart. */
typedef enum CustomerRule
{
	RULE_INTEGER,
	RULE_BYTES,
	RULE_FUNCTION
} CustomerRule;

typedef struct CustomerColumn
{
	Oid			type;
	CustomerRule rule;
	int16		size;			/* typlen */
	bool		by_value;
	TypeCacheEntry *entry;		/* RULE_FUNCTION: hash and equality */
	bool		can_send;		/* those below are set */
	bool		as_text;		/* the type has no binary form */
	FmgrInfo	send;
	FmgrInfo	receive;
	Oid			receive_argument;
	/* the value at hand */
	bool		isnull;
	uint32		length;
	const char *data;
	int64		number;			/* where data points to one */
} CustomerColumn;

struct CustomerType
{
	MemoryContext context;
	bool		is_row;
	bool		by_bytes;		/* images are equal if their bytes are */
	int			columns;
	CustomerColumn *column;
	/* rows: what the one before was */
	Oid			row_type;
	int32		row_typmod;
	TupleDesc	desc;
	Datum	   *values;
	bool	   *nulls;
	char	   *image;
	Size		image_room;
};

#define NULL_LENGTH		PG_UINT32_MAX
#define COLUMN_HEADER	8		/* of a row's image: length, and four zero bytes */

extern CustomerType *customer_create(MemoryContext context, bool is_row, int columns);
extern void customer_describe_column(CustomerColumn *column, Oid type, const char *name);
extern void customer_note_rules(CustomerType *type);
extern void customer_set_payload(CustomerColumn *column, Datum value);
extern Datum customer_payload_datum(const CustomerColumn *column, const char *data);
extern void customer_make_image(CustomerType *type, CustomerImage *image);

#endif							/* JOURNEY_KEYED_CUSTOMER_PRIVATE_H */
