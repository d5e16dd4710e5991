/*
 * customer_wire.c
 *		Customers on their way to another process.
 *
 * Whatever is compared by a function travels in its type's binary form, or as
 * text if it has no other, so that reading it checks it; the rest is bytes of
 * any content.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "keyed/customer_private.h"

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

static Oid
io_function(Oid type, IOFuncSelector which, Oid *argument)
{
	int16		size;
	bool		by_value;
	char		alignment;
	char		delimiter;
	Oid			function;

	get_type_io_data(type, which, &size, &by_value, &alignment, &delimiter, argument, &function);
	return function;
}

static void
prepare_column(CustomerType *type, CustomerColumn *column)
{
	Oid			send;
	Oid			receive;

	if (column->can_send)
		return;
	send = io_function(column->type, IOFunc_send, &column->receive_argument);
	receive = io_function(column->type, IOFunc_receive, &column->receive_argument);
	column->as_text = !OidIsValid(send) || !OidIsValid(receive);
	if (column->as_text)
	{
		send = io_function(column->type, IOFunc_output, &column->receive_argument);
		receive = io_function(column->type, IOFunc_input, &column->receive_argument);
	}
	fmgr_info_cxt(send, &column->send, type->context);
	fmgr_info_cxt(receive, &column->receive, type->context);
	column->can_send = true;
}

static Datum
send_value(CustomerColumn *column, Datum value)
{
	return PointerGetDatum(SendFunctionCall(&column->send, value));
}

static Datum
receive_value(CustomerColumn *column, Datum buffer)
{
	return ReceiveFunctionCall(&column->receive, (StringInfo) DatumGetPointer(buffer),
							   column->receive_argument, -1);
}

/*
 * Binary forms convert texts to and from the encoding of the client, which is
 * the database's in a worker and need not be in the leader.
 */
static Datum
without_conversion(CustomerColumn *column, Datum (*call) (CustomerColumn *, Datum), Datum argument)
{
	int			client = pg_get_client_encoding();
	volatile Datum result = (Datum) 0;

	if (client == GetDatabaseEncoding())
		return call(column, argument);
	PG_TRY();
	{
		SetClientEncoding(GetDatabaseEncoding());
		result = call(column, argument);
	}
	PG_FINALLY();
	{
		SetClientEncoding(client);
	}
	PG_END_TRY();
	return result;
}

static void
write_payload(CustomerType *type, CustomerColumn *column, const char *data, uint32 length,
			  WireWriter *writer)
{
	Datum		value;

	if (column->rule != RULE_FUNCTION)
	{
		wire_put_text(writer, data, length);
		return;
	}
	prepare_column(type, column);
	value = customer_payload_datum(column, data);
	if (column->as_text)
	{
		char	   *text = OutputFunctionCall(&column->send, value);

		wire_put_text(writer, text, strlen(text));
		pfree(text);
	}
	else
	{
		Datum		sent = without_conversion(column, send_value, value);
		bytea	   *bytes = (bytea *) DatumGetPointer(sent);

		wire_put_text(writer, VARDATA(bytes), VARSIZE(bytes) - VARHDRSZ);
		pfree(bytes);
	}
}

/* The value that bytes stand for; they are checked. */
static Datum
read_value(CustomerColumn *column, const char *data)
{
	StringInfoData buffer;
	Datum		value;

	/* receive functions may look at a byte behind the end, and expect a zero */
	initStringInfo(&buffer);
	appendBinaryStringInfo(&buffer, data, column->length);
	if (column->as_text)
	{
		(void) pg_verifymbstr(buffer.data, buffer.len, false);
		return InputFunctionCall(&column->receive, buffer.data, column->receive_argument, -1);
	}
	value = without_conversion(column, receive_value, PointerGetDatum(&buffer));
	if (buffer.cursor != buffer.len)
		wire_invalid("A customer has bytes too many.");
	return value;
}

static void
read_payload(CustomerType *type, CustomerColumn *column, WireReader *reader)
{
	column->data = wire_get_text(reader, &column->length);
	if (column->rule == RULE_FUNCTION)
	{
		prepare_column(type, column);
		customer_set_payload(column, read_value(column, column->data));
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
