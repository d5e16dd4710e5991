/*
 * journey.c
 *		The type's binary I/O, merging and accessors.  Its text form is in
 *		text.c, jsonb in json.c, comparison and hash in compare.c, the bytes in
 *		the codec.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include "type/array.h"
#include "type/builder.h"
#include "type/codec.h"
#include "type/path.h"
#include "type/row.h"
#include "type/touchpoint.h"

/*
 * The form on the wire is rows, not the stored bytes: labels can be converted to
 * the client's encoding, and the stored format may change without it.
 */
#define WIRE_VERSION		1
#define WIRE_TOUCHPOINT_MIN	13	/* at, length of event, COLUMN_... */

PG_FUNCTION_INFO_V1(journey_send);
PG_FUNCTION_INFO_V1(journey_recv);
PG_FUNCTION_INFO_V1(journey_concat);
PG_FUNCTION_INFO_V1(journey_concat_text);
PG_FUNCTION_INFO_V1(journey_length);
PG_FUNCTION_INFO_V1(journey_started_at);
PG_FUNCTION_INFO_V1(journey_ended_at);
PG_FUNCTION_INFO_V1(journey_duration);
PG_FUNCTION_INFO_V1(journey_duration_seconds);
PG_FUNCTION_INFO_V1(journey_events);
PG_FUNCTION_INFO_V1(journey_channels);
PG_FUNCTION_INFO_V1(journey_total_value);
PG_FUNCTION_INFO_V1(journey_event_path);
PG_FUNCTION_INFO_V1(journey_channel_path);
PG_FUNCTION_INFO_V1(journey_touchpoints);

static void
send_label(StringInfo out, const Label *label)
{
	send_counted_text(out, label->text, label->length);
}

Datum
journey_send(PG_FUNCTION_ARGS)
{
	const JourneyColumns *columns = journey_read(journey_call_reader(fcinfo),
												 PG_GETARG_DATUM(0), COLUMN_ALL);
	const Label *label = columns->labels->label;
	StringInfoData out;

	pq_begintypsend(&out);
	pq_sendbyte(&out, WIRE_VERSION);
	pq_sendint64(&out, columns->count);
	for (int64 i = 0; i < columns->count; i++)
	{
		uint32		channel = COLUMN_CHANNEL_AT(columns, i);
		double		value = COLUMN_VALUE_AT(columns, i);
		double		score = COLUMN_SCORE_AT(columns, i);

		CHECK_FOR_INTERRUPTS();
		pq_sendint64(&out, columns->at[i]);
		send_label(&out, &label[columns->event[i]]);
		pq_sendbyte(&out, (channel != LABEL_NONE ? COLUMN_CHANNEL : 0) |
					(isnan(value) ? 0 : COLUMN_VALUE) | (isnan(score) ? 0 : COLUMN_SCORE));
		if (channel != LABEL_NONE)
			send_label(&out, &label[channel]);
		if (!isnan(value))
			pq_sendfloat8(&out, value);
		if (!isnan(score))
			pq_sendfloat8(&out, score);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&out));
}

/*
 * A label off the wire, in the server's encoding, which is checked.  An empty one
 * is none, as in the other forms.
 */
static uint32
receive_label(StringInfo in, Labels *labels)
{
	int			size = pq_getmsgint(in, 4);
	int			length;
	char	   *text;
	uint32		code;

	if (size == 0)
		return LABEL_NONE;
	if (size < 0 || size > in->len - in->cursor)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary form of a journey"),
				 errdetail("An event or channel has length %d.", size)));
	text = pq_getmsgtext(in, size, &length);
	code = labels_intern(labels, text, length);
	pfree(text);
	return code;
}

static void
receive_touchpoint(StringInfo in, JourneyBuilder *builder)
{
	Labels	   *labels = builder_labels(builder);
	TimestampTz at = pq_getmsgint64(in);
	uint32		event = receive_label(in, labels);
	int			present = pq_getmsgbyte(in);
	uint32		channel = LABEL_NONE;
	double		value = get_float8_nan();
	double		score = get_float8_nan();

	if (event == LABEL_NONE)
		journey_check_event(0);
	if (present & ~COLUMN_ALL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary form of a journey"),
				 errdetail("A touchpoint has unknown columns 0x%02x.", present)));
	if (present & COLUMN_CHANNEL)
		channel = receive_label(in, labels);
	if (present & COLUMN_VALUE)
		value = journey_check_number(pq_getmsgfloat8(in), "value");
	if (present & COLUMN_SCORE)
		score = journey_check_number(pq_getmsgfloat8(in), "score");
	journey_check_time(at);
	builder_add(builder, at, event, channel, value, score);
}

Datum
journey_recv(PG_FUNCTION_ARGS)
{
	StringInfo	in = (StringInfo) PG_GETARG_POINTER(0);
	JourneyBuilder *builder;
	int			version = pq_getmsgbyte(in);
	int64		count;

	if (version != WIRE_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary form of a journey"),
				 errdetail("Its version is %d, this is version %d.", version, WIRE_VERSION)));
	count = pq_getmsgint64(in);
	if (count < 0 || count > (in->len - in->cursor) / WIRE_TOUCHPOINT_MIN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary form of a journey"),
				 errdetail("It cannot hold %lld touchpoints.", (long long) count)));

	builder = builder_create(CurrentMemoryContext, labels_create(CurrentMemoryContext));
	for (int64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		receive_touchpoint(in, builder);
	}
	PG_RETURN_POINTER(builder_journey(builder));
}

/* Both journeys' touchpoints, duplicates kept. */
Datum
journey_concat(PG_FUNCTION_ARGS)
{
	JourneyReader *reader = journey_call_reader(fcinfo);
	JourneyBuilder *builder = builder_create(CurrentMemoryContext,
											 labels_create(CurrentMemoryContext));

	builder_add_columns(builder, journey_read(reader, PG_GETARG_DATUM(0), COLUMN_ALL));
	builder_add_columns(builder, journey_read(reader, PG_GETARG_DATUM(1), COLUMN_ALL));
	PG_RETURN_POINTER(builder_journey(builder));
}

/*
 * Without this PostgreSQL would make text of the journey and append the other
 * text to that.
 */
Datum
journey_concat_text(PG_FUNCTION_ARGS)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("operator || does not join a journey and a text"),
			 errhint("Cast the text to journey to merge touchpoints, "
					 "or the journey to text to append to its text form.")));
	PG_RETURN_NULL();
}

/* What follows reads no more than the header, even of a toasted journey. */

Datum
journey_length(PG_FUNCTION_ARGS)
{
	JourneyHeader header;

	journey_read_header(PG_GETARG_DATUM(0), false, &header);
	PG_RETURN_INT32((int32) header.count);
}

Datum
journey_started_at(PG_FUNCTION_ARGS)
{
	JourneyHeader header;

	journey_read_header(PG_GETARG_DATUM(0), false, &header);
	if (header.count == 0)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(header.first);
}

Datum
journey_ended_at(PG_FUNCTION_ARGS)
{
	JourneyHeader header;

	journey_read_header(PG_GETARG_DATUM(0), false, &header);
	if (header.count == 0)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(header.last);
}

/* As the difference of two timestamps: in days of 24 hours, no months. */
Datum
journey_duration(PG_FUNCTION_ARGS)
{
	Interval   *result;
	JourneyHeader header;
	uint64		span;

	journey_read_header(PG_GETARG_DATUM(0), false, &header);
	if (header.count == 0)
		PG_RETURN_NULL();
	span = (uint64) header.last - (uint64) header.first;
	result = palloc0(sizeof(Interval));
	result->day = span / USECS_PER_DAY;
	result->time = span % USECS_PER_DAY;
	PG_RETURN_INTERVAL_P(result);
}

Datum
journey_duration_seconds(PG_FUNCTION_ARGS)
{
	JourneyHeader header;

	journey_read_header(PG_GETARG_DATUM(0), false, &header);
	if (header.count == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(((uint64) header.last - (uint64) header.first) / 1e6);
}

/* Some labels of a header's dictionary as a text array. */
static ArrayType *
label_array(const JourneyHeader *header, uint32 skip, uint32 count)
{
	Datum	   *element = array_alloc(CurrentMemoryContext, Max(count, 1), sizeof(Datum));
	const char *position = header->dictionary;

	for (uint64 i = 0; i < (uint64) skip + count; i++)
	{
		const char *text;
		uint32		length;

		if ((i & 0xffff) == 0)
			CHECK_FOR_INTERRUPTS();
		position = journey_next_label(header, position, &text, &length);
		if (i >= skip)
			element[i - skip] = PointerGetDatum(cstring_to_text_with_len(text, length));
	}
	if (count == 0)
		return construct_empty_array(TEXTOID);
	return construct_array(element, count, TEXTOID, -1, false, TYPALIGN_INT);
}

Datum
journey_events(PG_FUNCTION_ARGS)
{
	JourneyHeader header;

	journey_read_header(PG_GETARG_DATUM(0), true, &header);
	PG_RETURN_ARRAYTYPE_P(label_array(&header, 0, header.events));
}

Datum
journey_channels(PG_FUNCTION_ARGS)
{
	JourneyHeader header;

	journey_read_header(PG_GETARG_DATUM(0), true, &header);
	PG_RETURN_ARRAYTYPE_P(label_array(&header, header.channels > 0 ? header.events : 0,
									  header.channels));
}

/* The sum of all values, with Neumaier's compensation; null if there are none. */
Datum
journey_total_value(PG_FUNCTION_ARGS)
{
	const JourneyColumns *columns = journey_read(journey_call_reader(fcinfo),
												 PG_GETARG_DATUM(0), COLUMN_VALUE);
	double		sum = 0;
	double		lost = 0;

	if (columns->value == NULL)
		PG_RETURN_NULL();
	for (int64 i = 0; i < columns->count; i++)
	{
		double		value = columns->value[i];
		double		next = sum + value;

		if ((i & 0xfffff) == 0)
			CHECK_FOR_INTERRUPTS();
		if (isnan(value))
			continue;
		lost += fabs(sum) >= fabs(value) ? (sum - next) + value : (value - next) + sum;
		sum = next;
	}
	sum += lost;
	if (!isfinite(sum))
		float_overflow_error();
	PG_RETURN_FLOAT8(sum);
}

/* All labels of a column in time order. */
static text *
label_path(const JourneyColumns *columns, const uint32 *code, text *separator)
{
	return path_text(columns, code, 0, columns->count,
					 VARDATA_ANY(separator), VARSIZE_ANY_EXHDR(separator));
}

Datum
journey_event_path(PG_FUNCTION_ARGS)
{
	const JourneyColumns *columns = journey_read(journey_call_reader(fcinfo),
												 PG_GETARG_DATUM(0), 0);

	PG_RETURN_TEXT_P(label_path(columns, columns->event, PG_GETARG_TEXT_PP(1)));
}

Datum
journey_channel_path(PG_FUNCTION_ARGS)
{
	const JourneyColumns *columns = journey_read(journey_call_reader(fcinfo),
												 PG_GETARG_DATUM(0), COLUMN_CHANNEL);

	PG_RETURN_TEXT_P(label_path(columns, columns->channel, PG_GETARG_TEXT_PP(1)));
}

static const RowColumn touchpoint_columns[] = {
	{"touchpoint", INT4OID},
	{"at", TIMESTAMPTZOID},
	{"event", TEXTOID},
	{"channel", TEXTOID},
	{"value", FLOAT8OID},
	{"score", FLOAT8OID}
};

/* One touchpoint as a row of touchpoints(). */
static HeapTuple
touchpoint_row(TupleDesc descriptor, const JourneyColumns *columns, int64 i)
{
	double		value = COLUMN_VALUE_AT(columns, i);
	double		score = COLUMN_SCORE_AT(columns, i);
	Datum		values[lengthof(touchpoint_columns)];
	bool		nulls[lengthof(touchpoint_columns)] = {false};

	values[0] = Int32GetDatum((int32) (i + 1));
	values[1] = TimestampTzGetDatum(columns->at[i]);
	row_put_label(columns, columns->event[i], &values[2], &nulls[2]);
	row_put_label(columns, COLUMN_CHANNEL_AT(columns, i), &values[3], &nulls[3]);
	values[4] = Float8GetDatum(value);
	nulls[4] = isnan(value);
	values[5] = Float8GetDatum(score);
	nulls[5] = isnan(score);
	return heap_form_tuple(descriptor, values, nulls);
}

Datum
journey_touchpoints(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	const JourneyColumns *columns;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext old;

		call = SRF_FIRSTCALL_INIT();
		old = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		call->tuple_desc = row_of_call(fcinfo, touchpoint_columns, lengthof(touchpoint_columns));
		columns = journey_read(journey_reader_create(call->multi_call_memory_ctx),
							   PG_GETARG_DATUM(0), COLUMN_ALL);
		call->user_fctx = unconstify(JourneyColumns *, columns);
		call->max_calls = columns->count;
		MemoryContextSwitchTo(old);
	}
	call = SRF_PERCALL_SETUP();
	columns = call->user_fctx;
	if (call->call_cntr < call->max_calls)
	{
		/* not inside the macro, which counts before it evaluates */
		HeapTuple	row = touchpoint_row(call->tuple_desc, columns, call->call_cntr);

		SRF_RETURN_NEXT(call, HeapTupleGetDatum(row));
	}
	SRF_RETURN_DONE(call);
}
