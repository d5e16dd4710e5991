/*
 * json.c
 *		journey <-> jsonb, journey -> json: an array of objects with at, event,
 *		channel, value and score.  Members that are null are left out on output.
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "type/builder.h"
#include "type/codec.h"
#include "type/time_private.h"
#include "type/touchpoint.h"

#define SHOWN_MAX	64

/* A touchpoint while its members are read. */
typedef struct JsonTouchpoint
{
	int64		number;			/* from 1, for messages */
	bool		has_at;
	TimestampTz at;
	uint32		event;
	uint32		channel;
	double		value;
	double		score;
} JsonTouchpoint;

PG_FUNCTION_INFO_V1(journey_to_json);
PG_FUNCTION_INFO_V1(journey_to_jsonb);
PG_FUNCTION_INFO_V1(jsonb_to_journey);

static void
push_key(JsonbInState *state, const char *key)
{
	JsonbValue	value;

	value.type = jbvString;
	value.val.string.val = unconstify(char *, key);
	value.val.string.len = strlen(key);
	push_jsonb(state, WJB_KEY, &value);
}

static void
push_string(JsonbInState *state, const char *key, const char *text, int length)
{
	JsonbValue	value;

	push_key(state, key);
	value.type = jbvString;
	value.val.string.val = unconstify(char *, text);
	value.val.string.len = length;
	push_jsonb(state, WJB_VALUE, &value);
}

/* Exactly the number: a cast of double precision to numeric rounds to 15 digits. */
static void
push_number(JsonbInState *state, const char *key, double number)
{
	char		digits[DOUBLE_SHORTEST_DECIMAL_LEN];
	JsonbValue	value;

	if (isnan(number))
		return;
	double_to_shortest_decimal_buf(number, digits);
	push_key(state, key);
	value.type = jbvNumeric;
	value.val.numeric = DatumGetNumeric(DirectFunctionCall3(numeric_in,
															CStringGetDatum(digits),
															ObjectIdGetDatum(InvalidOid),
															Int32GetDatum(-1)));
	push_jsonb(state, WJB_VALUE, &value);
}

Datum
journey_to_jsonb(PG_FUNCTION_ARGS)
{
	const JourneyColumns *columns = journey_read(journey_call_reader(fcinfo),
												 PG_GETARG_DATUM(0), COLUMN_ALL);
	const Label *label = columns->labels->label;
	JsonbInState state = {0};

	push_jsonb(&state, WJB_BEGIN_ARRAY, NULL);
	for (int64 i = 0; i < columns->count; i++)
	{
		const Label *event = &label[columns->event[i]];
		const Label *channel = &label[COLUMN_CHANNEL_AT(columns, i)];
		char	   *time = palloc(JOURNEY_TIME_SIZE);

		CHECK_FOR_INTERRUPTS();
		journey_put_time(time, columns->at[i], true);
		push_jsonb(&state, WJB_BEGIN_OBJECT, NULL);
		push_string(&state, "at", time, strlen(time));
		push_string(&state, "event", event->text, event->length);
		if (channel->length > 0)
			push_string(&state, "channel", channel->text, channel->length);
		push_number(&state, "value", COLUMN_VALUE_AT(columns, i));
		push_number(&state, "score", COLUMN_SCORE_AT(columns, i));
		push_jsonb(&state, WJB_END_OBJECT, NULL);
	}
	push_jsonb(&state, WJB_END_ARRAY, NULL);
	PG_RETURN_POINTER(JsonbValueToJsonb(state.result));
}

/* The text of the jsonb, so that to_jsonb and row_to_json say the same as the cast. */
Datum
journey_to_json(PG_FUNCTION_ARGS)
{
	Jsonb	   *json = DatumGetJsonbP(journey_to_jsonb(fcinfo));

	PG_RETURN_TEXT_P(cstring_to_text(JsonbToCString(NULL, &json->root, VARSIZE(json))));
}

static const char *
json_type_name(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			return "null";
		case jbvString:
			return "a string";
		case jbvNumeric:
			return "a number";
		case jbvBool:
			return "a boolean";
		default:
			return "an object or array";
	}
}

/* All that is wrong about a jsonb value is of this form. */
#define refuse(sqlstate, ...) \
	ereport(ERROR, \
			(errcode(sqlstate), \
			 errmsg("jsonb value is not a journey"), \
			 errdetail(__VA_ARGS__), \
			 errhint("A journey is an array of objects with \"at\" (text), \"event\" (text), " \
					 "\"channel\" (text), \"value\" (number) and \"score\" (number).")))

static void
check_type(const JsonTouchpoint *touchpoint, const char *key, const JsonbValue *value,
		   enum jbvType type)
{
	if (value->type != type)
		refuse(ERRCODE_DATATYPE_MISMATCH,
			   "\"%s\" of touchpoint %lld is %s.",
			   key, (long long) touchpoint->number, json_type_name(value));
}

static TimestampTz
read_time(const JsonTouchpoint *touchpoint, const JsonbValue *value)
{
	char	   *text = pnstrdup(value->val.string.val, value->val.string.len);
	const char *position = text;
	const char *expected = "nothing behind the offset";
	TimestampTz at;
	TimeError	error = journey_get_time(&position, &at, &expected);

	if (error == TIME_OK && *position != '\0')
		error = TIME_SYNTAX;
	if (error != TIME_OK)
		refuse(journey_time_sqlstate(error),
			   "\"at\" of touchpoint %lld is \"%.*s\"; expected %s at character %d.",
			   (long long) touchpoint->number,
			   pg_mbcliplen(text, strlen(text), SHOWN_MAX), text, expected,
			   pg_mbstrlen_with_len(text, position - text) + 1);
	pfree(text);
	return at;
}

static double
read_number(const JsonTouchpoint *touchpoint, const char *key, const JsonbValue *value)
{
	char	   *digits;
	double		number;

	check_type(touchpoint, key, value, jbvNumeric);
	digits = DatumGetCString(DirectFunctionCall1(numeric_out,
												 NumericGetDatum(value->val.numeric)));
	errno = 0;
	number = strtod(digits, NULL);
	if (!isfinite(number) || (errno == ERANGE && number == 0.0))
		refuse(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
			   "\"%s\" of touchpoint %lld is out of range for type double precision.",
			   key, (long long) touchpoint->number);
	pfree(digits);
	return journey_check_number(number, key);
}

static bool
is_key(const JsonbValue *key, const char *name)
{
	return key->val.string.len == strlen(name) &&
		memcmp(key->val.string.val, name, key->val.string.len) == 0;
}

/* Takes up one member of an object; null is as good as absent. */
static void
read_member(JsonTouchpoint *touchpoint, const JsonbValue *key, const JsonbValue *value,
			Labels *labels)
{
	bool		isnull = value->type == jbvNull;

	if (is_key(key, "at"))
	{
		check_type(touchpoint, "at", value, jbvString);
		touchpoint->at = read_time(touchpoint, value);
		touchpoint->has_at = true;
	}
	else if (is_key(key, "event"))
	{
		check_type(touchpoint, "event", value, jbvString);
		if (value->val.string.len == 0)
			refuse(ERRCODE_INVALID_PARAMETER_VALUE, "\"event\" of touchpoint %lld is empty.",
				   (long long) touchpoint->number);
		touchpoint->event = labels_intern(labels, value->val.string.val, value->val.string.len);
	}
	else if (is_key(key, "channel"))
	{
		if (isnull)
			return;
		check_type(touchpoint, "channel", value, jbvString);
		if (value->val.string.len > 0)
			touchpoint->channel = labels_intern(labels, value->val.string.val,
												value->val.string.len);
	}
	else if (is_key(key, "value"))
		touchpoint->value = isnull ? get_float8_nan() : read_number(touchpoint, "value", value);
	else if (is_key(key, "score"))
		touchpoint->score = isnull ? get_float8_nan() : read_number(touchpoint, "score", value);
	else
		refuse(ERRCODE_INVALID_PARAMETER_VALUE,
			   "Touchpoint %lld has an unknown key \"%.*s\".",
			   (long long) touchpoint->number,
			   pg_mbcliplen(key->val.string.val, key->val.string.len, SHOWN_MAX),
			   key->val.string.val);
}

/* Reads the members of an object, whose beginning has just been passed. */
static void
read_touchpoint(JsonbIterator **iterator, int64 number, JourneyBuilder *builder)
{
	JsonTouchpoint touchpoint = {0};
	JsonbValue	key;
	JsonbValue	value;

	touchpoint.number = number;
	touchpoint.value = get_float8_nan();
	touchpoint.score = get_float8_nan();
	while (JsonbIteratorNext(iterator, &key, true) == WJB_KEY)
	{
		JsonbIteratorNext(iterator, &value, true);
		read_member(&touchpoint, &key, &value, builder_labels(builder));
	}
	if (!touchpoint.has_at)
		refuse(ERRCODE_INVALID_PARAMETER_VALUE, "Touchpoint %lld has no \"at\".",
			   (long long) number);
	if (touchpoint.event == LABEL_NONE)
		refuse(ERRCODE_INVALID_PARAMETER_VALUE, "Touchpoint %lld has no \"event\".",
			   (long long) number);
	builder_add(builder, touchpoint.at, touchpoint.event, touchpoint.channel,
				touchpoint.value, touchpoint.score);
}

Datum
jsonb_to_journey(PG_FUNCTION_ARGS)
{
	Jsonb	   *json = PG_GETARG_JSONB_P(0);
	Labels	   *labels = labels_create(CurrentMemoryContext);
	JourneyBuilder *builder = builder_create(CurrentMemoryContext, labels);
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue	value;
	int64		number = 0;

	if (!JB_ROOT_IS_ARRAY(json) || JB_ROOT_IS_SCALAR(json))
		refuse(ERRCODE_DATATYPE_MISMATCH, "It is not an array.");
	iterator = JsonbIteratorInit(&json->root);
	JsonbIteratorNext(&iterator, &value, false);
	while ((token = JsonbIteratorNext(&iterator, &value, false)) != WJB_END_ARRAY)
	{
		CHECK_FOR_INTERRUPTS();
		number++;
		if (token != WJB_BEGIN_OBJECT)
			refuse(ERRCODE_DATATYPE_MISMATCH, "Element %lld is not an object.",
				   (long long) number);
		read_touchpoint(&iterator, number, builder);
	}
	PG_RETURN_POINTER(builder_journey(builder));
}
