/*
 * customer_wire.c
 *		Customers on their way to another process.
 *
 * Whatever is compared by a function travels in its type's binary form, so that
 * reading it checks it; the rest is bytes of any content.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "lib/stringinfo.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "customer_private.h"

/* Columns are counted from one, since an anonymous row has -1 until one comes. */
void
customer_type_write(const CustomerType *type, WireWriter *writer)
{
	wire_reserve(writer, (type->columns + 3) * WIRE_MAX_NUMBER);
	wire_put_number(writer, type->is_row);
	wire_put_number(writer, type->columns + 1);
	for (int i = 0; i < type->columns; i++)
		wire_put_number(writer, type->column[i].type);
}

CustomerType *
customer_type_read(MemoryContext context, WireReader *reader)
{
	bool		is_row = wire_get_below(reader, 2, "The kind of customers is unknown.");
	int			columns = (int) wire_get_below(reader, MaxTupleAttributeNumber + 2,
											   "A customer has too many columns.") - 1;
	CustomerType *type;

	if (!is_row && columns != 1)
		wire_invalid("A customer has no type.");
	type = customer_create(context, is_row, Max(columns, 0));
	type->columns = columns;
	for (int i = 0; i < columns; i++)
	{
		Oid			column = wire_get_below(reader, PG_UINT32_MAX, "A type is none.");
		char	   *name = psprintf("%d", i + 1);

		if (!get_typisdefined(column) || getBaseType(column) != column)
			wire_invalid("A customer is of a type that does not exist.");
		customer_describe_column(&type->column[i], column, is_row ? name : NULL);
	}
	customer_note_rules(type);
	return type;
}

static void
prepare_column(CustomerType *type, CustomerColumn *column)
{
	Oid			send;
	Oid			receive;
	bool		is_varlena;

	if (column->can_send)
		return;
	getTypeBinaryOutputInfo(column->type, &send, &is_varlena);
	getTypeBinaryInputInfo(column->type, &receive, &column->receive_argument);
	fmgr_info_cxt(send, &column->send, type->context);
	fmgr_info_cxt(receive, &column->receive, type->context);
	column->can_send = true;
}

static void
write_payload(CustomerType *type, CustomerColumn *column, const char *data, uint32 length,
			  WireWriter *writer)
{
	if (column->rule == RULE_FUNCTION)
	{
		bytea	   *bytes;

		prepare_column(type, column);
		bytes = SendFunctionCall(&column->send, customer_payload_datum(column, data));
		wire_put_text(writer, VARDATA(bytes), VARSIZE(bytes) - VARHDRSZ);
		pfree(bytes);
		return;
	}
	wire_put_text(writer, data, length);
}

static void
read_payload(CustomerType *type, CustomerColumn *column, WireReader *reader)
{
	const char *data = wire_get_text(reader, &column->length);
	StringInfoData buffer;
	Datum		value;

	column->data = data;
	if (column->rule == RULE_FUNCTION)
	{
		prepare_column(type, column);
		/* receive functions may look at a byte behind the end, and expect a zero */
		initStringInfo(&buffer);
		appendBinaryStringInfo(&buffer, data, column->length);
		value = ReceiveFunctionCall(&column->receive, &buffer, column->receive_argument, -1);
		if (buffer.cursor != buffer.len)
			wire_invalid("A customer has bytes too many.");
		customer_set_payload(column, value);
	}
	else if (column->rule == RULE_INTEGER ? column->length != sizeof(int64) :
			 column->size > 0 && column->length != column->size)
		wire_invalid("A customer has the wrong size.");
}

/* Makes room itself. */
void
customer_write(CustomerType *type, const CustomerImage *image, WireWriter *writer)
{
	const char *p = image->data;

	if (!type->is_row)
	{
		write_payload(type, &type->column[0], p, image->length, writer);
		return;
	}
	for (int i = 0; i < type->columns; i++)
	{
		uint64		length;

		memcpy(&length, p, COLUMN_HEADER);
		p += COLUMN_HEADER;
		wire_reserve(writer, WIRE_MAX_NUMBER);
		wire_put_number(writer, length == NULL_LENGTH);
		if (length == NULL_LENGTH)
			continue;
		write_payload(type, &type->column[i], p, length, writer);
		p += MAXALIGN(length);
	}
}

/* The image is valid until the next one, and as long as the reader's bytes. */
void
customer_read(CustomerType *type, WireReader *reader, CustomerImage *image)
{
	for (int i = 0; i < type->columns; i++)
	{
		CustomerColumn *column = &type->column[i];

		column->isnull = type->is_row && wire_get_below(reader, 2, "A null is neither yes nor no.");
		if (!column->isnull)
			read_payload(type, column, reader);
	}
	customer_make_image(type, image);
}
