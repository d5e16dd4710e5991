/*
 * customer.c
 *		Keys of customers, of any type that can be hashed.
 *
 * The image of a plain value is its payload: the bytes of a text or uuid, the
 * datum of another type.  That of a row is the payloads of its columns, each
 * behind its length and padded to keep the next one aligned.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "compat.h"
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
	int			columns;		/* -1: of an anonymous row, of which none has come */
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

/* ----------
 * Types
 * ----------
 */

static bool
is_integer(Oid type)
{
	switch (type)
	{
		case BOOLOID:
		case CHAROID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case OIDOID:
		case DATEOID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return true;
		default:
			return type_is_enum(type);
	}
}

/* The name of a row's column, NULL for a plain value, is for the error. */
static void
describe_column(CustomerColumn *column, Oid type, const char *name)
{
	Oid			base = getBaseType(type);

	column->type = base;
	get_typlenbyval(base, &column->size, &column->by_value);
	if (is_integer(base))
		column->rule = RULE_INTEGER;
	else if (base == TEXTOID || base == VARCHAROID || base == BYTEAOID || base == UUIDOID ||
			 base == UNKNOWNOID)
		column->rule = RULE_BYTES;
	else
	{
		column->rule = RULE_FUNCTION;
		column->entry = lookup_type_cache(base, TYPECACHE_HASH_PROC_FINFO |
										  TYPECACHE_HASH_EXTENDED_PROC_FINFO |
										  TYPECACHE_EQ_OPR_FINFO);
		if (OidIsValid(column->entry->hash_proc_finfo.fn_oid) &&
			OidIsValid(column->entry->eq_opr_finfo.fn_oid) && column->size != -2 &&
			!(name != NULL && base == RECORDOID))
			return;
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("customer cannot be of type %s", format_type_be(type)),
				 name ? errdetail("Column \"%s\" of the row is of that type, which has no hash function.",
								  name) :
				 errdetail("The type has no hash function."),
				 errhint("Use a type that GROUP BY can hash, or cast to text.")));
	}
}

static CustomerType *
create_type(MemoryContext context, bool is_row, int columns)
{
	CustomerType *type = MemoryContextAllocZero(context, sizeof(CustomerType));

	type->context = context;
	type->is_row = is_row;
	type->columns = columns;
	type->column = MemoryContextAllocZero(context, (columns + 1) * sizeof(CustomerColumn));
	return type;
}

static void
note_rules(CustomerType *type)
{
	type->by_bytes = true;
	for (int i = 0; i < type->columns; i++)
		type->by_bytes &= type->column[i].rule != RULE_FUNCTION;
}

/* Takes the columns from a row type; dropped ones do not count. */
static CustomerType *
create_row_type(MemoryContext context, TupleDesc desc)
{
	CustomerType *type = create_type(context, true, desc->natts);

	type->columns = 0;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (!attribute->attisdropped)
			describe_column(&type->column[type->columns++], attribute->atttypid,
							NameStr(attribute->attname));
	}
	note_rules(type);
	return type;
}

/*
 * What is known of a type of customers; an error if it cannot be hashed.  Of
 * an anonymous row the columns are found out when the first one comes.
 */
CustomerType *
customer_type_create(MemoryContext context, Oid type_oid)
{
	Oid			base;
	CustomerType *type;

	if (!OidIsValid(type_oid))
		ereport(ERROR,
				(errcode(ERRCODE_INDETERMINATE_DATATYPE),
				 errmsg("could not determine the type of customer")));
	base = getBaseType(type_oid);
	if (base == RECORDOID)
	{
		type = create_type(context, true, 0);
		type->columns = -1;
	}
	else if (get_typtype(base) == TYPTYPE_COMPOSITE)
	{
		TupleDesc	desc = lookup_rowtype_tupdesc(base, -1);

		type = create_row_type(context, desc);
		ReleaseTupleDesc(desc);
	}
	else
	{
		type = create_type(context, false, 1);
		describe_column(&type->column[0], type_oid, NULL);
		note_rules(type);
	}
	return type;
}

/* The size of an integer type, whose values are their own keys; 0: another type. */
int
customer_type_integer_size(const CustomerType *type)
{
	return !type->is_row && type->column[0].rule == RULE_INTEGER ? type->column[0].size : 0;
}

static bool
types_equal(const CustomerType *a, const CustomerType *b)
{
	if (a == b)
		return true;
	if (a->is_row != b->is_row || a->columns != b->columns)
		return false;
	for (int i = 0; i < a->columns; i++)
		if (a->column[i].type != b->column[i].type)
			return false;
	return true;
}

/* For messages. */
static char *
type_name(const CustomerType *type)
{
	StringInfoData name;

	if (!type->is_row)
		return format_type_be(type->column[0].type);
	initStringInfo(&name);
	for (int i = 0; i < type->columns; i++)
		appendStringInfo(&name, "%s%s", i ? ", " : "(", format_type_be(type->column[i].type));
	appendStringInfoChar(&name, ')');
	return name.data;
}

/* ----------
 * Images
 * ----------
 */

/* Points the column's payload to a value. */
static void
set_payload(CustomerColumn *column, Datum value)
{
	struct varlena *bytes;

	if (column->rule == RULE_INTEGER || column->by_value)
	{
		column->number = column->rule == RULE_INTEGER ?
			customer_integer(column->size, value) : (int64) value;
		column->data = (const char *) &column->number;
		column->length = sizeof(column->number);
	}
	else if (column->size > 0 || column->size == -2)
	{
		column->data = DatumGetPointer(value);
		column->length = column->size > 0 ? column->size : strlen(column->data);
	}
	else if (column->rule == RULE_BYTES)
	{
		bytes = PG_DETOAST_DATUM_PACKED(value);
		column->data = VARDATA_ANY(bytes);
		column->length = VARSIZE_ANY_EXHDR(bytes);
	}
	else
	{
		bytes = PG_DETOAST_DATUM(value);
		column->data = (const char *) bytes;
		column->length = VARSIZE(bytes);
	}
}

/* The value of a payload that is kept as a datum. */
static Datum
payload_datum(const CustomerColumn *column, const char *data)
{
	int64		number;

	if (!column->by_value)
		return PointerGetDatum(data);
	memcpy(&number, data, sizeof(number));
	return (Datum) number;
}

static uint64
hash_bytes64(const char *data, uint32 length)
{
	uint64		hash = length;
	uint64		word = 0;

	for (; length >= sizeof(word); length -= sizeof(word), data += sizeof(word))
	{
		memcpy(&word, data, sizeof(word));
		hash = customer_mix(hash + word);
	}
	word = 0;
	memcpy(&word, data, length);
	return customer_mix(hash + word);
}

static uint64
hash_payload(CustomerColumn *column)
{
	Datum		value;
	Datum		hash;

	if (column->rule != RULE_FUNCTION)
		return hash_bytes64(column->data, column->length);
	value = payload_datum(column, column->data);
	if (OidIsValid(column->entry->hash_extended_proc_finfo.fn_oid))
	{
		hash = FunctionCall2Coll(&column->entry->hash_extended_proc_finfo,
								 column->entry->typcollation, value,
								 Int64GetDatum((int64) labels_multiplier));
		return customer_mix(DatumGetUInt64(hash));
	}
	hash = FunctionCall1Coll(&column->entry->hash_proc_finfo, column->entry->typcollation, value);
	return customer_mix(DatumGetUInt32(hash));
}

static bool
same_payload(const CustomerColumn *column, const char *a, uint32 a_length,
			 const char *b, uint32 b_length)
{
	if (a_length == b_length && memcmp(a, b, a_length) == 0)
		return true;
	if (column->rule != RULE_FUNCTION)
		return false;
	return DatumGetBool(FunctionCall2Coll(&column->entry->eq_opr_finfo,
										  column->entry->typcollation,
										  payload_datum(column, a),
										  payload_datum(column, b)));
}

static char *
reserve_image(CustomerType *type, Size used, Size size)
{
	Size		room = used + size;

	if (!AllocSizeIsValid(room))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("customer is too large"),
				 errdetail("A row has more than %zu bytes.", used)));
	if (type->image == NULL)
		type->image = MemoryContextAlloc(type->context, type->image_room = Max(room, 256));
	else if (room > type->image_room)
	{
		room = Min(Max(room, type->image_room * 2), MaxAllocSize);
		type->image = repalloc(type->image, room);
		type->image_room = room;
	}
	return type->image + used;
}

/* The image of the payloads that the columns hold; valid until the next one. */
static void
make_image(CustomerType *type, CustomerImage *image)
{
	Size		used = 0;
	uint64		hash = 0;

	if (!type->is_row)
	{
		image->data = type->column[0].data;
		image->length = type->column[0].length;
		image->hash = hash_payload(&type->column[0]);
		return;
	}
	(void) reserve_image(type, 0, COLUMN_HEADER);	/* a row may have no columns */
	for (int i = 0; i < type->columns; i++)
	{
		CustomerColumn *column = &type->column[i];
		uint32		length = column->isnull ? 0 : column->length;
		uint64		header = column->isnull ? NULL_LENGTH : length;
		char	   *p = reserve_image(type, used, COLUMN_HEADER + MAXALIGN(length));

		memcpy(p, &header, COLUMN_HEADER);
		if (length > 0)
			memcpy(p + COLUMN_HEADER, column->data, length);
		memset(p + COLUMN_HEADER + length, 0, MAXALIGN(length) - length);
		hash = customer_mix(hash + (column->isnull ? 1 : hash_payload(column)));
		used += COLUMN_HEADER + MAXALIGN(length);
	}
	image->data = type->image;
	image->length = used;
	image->hash = hash;
}

/* Makes the description of rows fit this one, if it can. */
static void
prepare_row(CustomerType *type, HeapTupleHeader row)
{
	Oid			row_type = HeapTupleHeaderGetTypeId(row);
	int32		row_typmod = HeapTupleHeaderGetTypMod(row);
	CustomerType *other;

	if (type->desc != NULL && type->row_type == row_type && type->row_typmod == row_typmod)
		return;
	if (type->desc != NULL)
		FreeTupleDesc(type->desc);
	type->desc = NULL;
	MemoryContextSwitchTo(type->context);
	type->desc = lookup_rowtype_tupdesc_copy(row_type, row_typmod);
	type->row_type = row_type;
	type->row_typmod = row_typmod;
	other = create_row_type(type->context, type->desc);
	if (type->columns < 0)
	{
		type->columns = other->columns;
		type->by_bytes = other->by_bytes;
		type->column = other->column;
	}
	else if (!types_equal(type, other))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("customer must have the same columns in all rows"),
				 errdetail("It is %s in one row and %s in another.",
						   type_name(type), type_name(other))));
	else
		pfree(other->column);
	pfree(other);
	if (type->values)
	{
		pfree(type->values);
		pfree(type->nulls);
	}
	type->values = palloc((type->desc->natts + 1) * sizeof(Datum));
	type->nulls = palloc((type->desc->natts + 1) * sizeof(bool));
}

static void
set_row(CustomerType *type, Datum customer)
{
	HeapTupleHeader row = DatumGetHeapTupleHeader(customer);
	MemoryContext before = CurrentMemoryContext;
	HeapTupleData tuple;
	int			column = 0;

	prepare_row(type, row);
	MemoryContextSwitchTo(before);
	memset(&tuple, 0, sizeof(tuple));
	tuple.t_len = HeapTupleHeaderGetDatumLength(row);
	tuple.t_data = row;
	heap_deform_tuple(&tuple, type->desc, type->values, type->nulls);
	for (int i = 0; i < type->desc->natts; i++)
	{
		if (TupleDescAttr(type->desc, i)->attisdropped)
			continue;
		type->column[column].isnull = type->nulls[i];
		if (!type->nulls[i])
			set_payload(&type->column[column], type->values[i]);
		column++;
	}
}

/* The image of a customer; valid until the next one, or as long as the datum. */
void
customer_image(CustomerType *type, Datum customer, CustomerImage *image)
{
	if (type->is_row)
		set_row(type, customer);
	else
		set_payload(&type->column[0], customer);
	make_image(type, image);
}

/* Do two images, aligned as values of the type are, stand for the same customer? */
bool
customer_same(const CustomerType *type, const CustomerImage *a, const CustomerImage *b)
{
	const char *x = a->data;
	const char *y = b->data;

	if (!type->is_row)
		return same_payload(&type->column[0], x, a->length, y, b->length);
	if (a->length == b->length && memcmp(x, y, a->length) == 0)
		return true;
	if (type->by_bytes)
		return false;
	for (int i = 0; i < type->columns; i++)
	{
		uint64		x_length;
		uint64		y_length;

		memcpy(&x_length, x, COLUMN_HEADER);
		memcpy(&y_length, y, COLUMN_HEADER);
		x += COLUMN_HEADER;
		y += COLUMN_HEADER;
		if (x_length == NULL_LENGTH || y_length == NULL_LENGTH)
		{
			if (x_length != y_length)
				return false;
			continue;
		}
		if (!same_payload(&type->column[i], x, x_length, y, y_length))
			return false;
		x += MAXALIGN(x_length);
		y += MAXALIGN(y_length);
	}
	return true;
}
