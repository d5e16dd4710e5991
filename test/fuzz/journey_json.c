/*
 * journey_json.c
 *		Any JSON is a journey or an error; a journey reads back to the same
 *		bytes.
 *
 * A server's jsonb would need most of its data types, so a small reader of
 * JSON stands in for the iterator over a jsonb value: the same tokens reach the
 * extension, numbers as the text that numeric would print.
 */
#include "journey.h"

#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

typedef struct Input
{
	const uint8_t *data;
	size_t		size;
	Datum		journey;
} Input;

#define MAX_DEPTH	16

/* What is still to be read, and the brackets that are open. */
static const char *p;
static int	depth;
static char nesting[MAX_DEPTH];

static void
malformed(void)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION), errmsg("no JSON")));
}

static void
pass(char c)
{
	if (*p++ != c)
		malformed();
}

static void
read_string(JsonbValue *value)
{
	const char *start;

	pass('"');
	start = p;
	while (*p != '"')
		if (*p++ == '\0')
			malformed();
	value->type = jbvString;
	value->val.string.len = p - start;
	/* without a zero at its end, as in a jsonb */
	value->val.string.val = palloc(p - start);
	memcpy(value->val.string.val, start, p - start);
	p++;
}

static void
read_number(JsonbValue *value)
{
	size_t		length = strspn(p, "0123456789.-");

	if (length == 0 || strspn(p, "-.") == length)
		malformed();
	value->type = jbvNumeric;
	value->val.numeric = (Numeric) pnstrdup(p, length);
	p += length;
}

static void
read_scalar(JsonbValue *value)
{
	if (*p == '"')
		read_string(value);
	else if (*p == 'n' || *p == 't')
		value->type = *p++ == 'n' ? jbvNull : jbvBool;
	else
		read_number(value);
}

/* Everything inside an array or object that is to be passed over. */
static void
skip_value(JsonbValue *value)
{
	int			open = 0;

	do
	{
		if (*p == '[' || *p == '{')
			open++;
		else if (*p == ']' || *p == '}')
			open--;
		else if (*p == '\0')
			malformed();
		p++;
	} while (open > 0);
	value->type = jbvBinary;
}

Datum
numeric_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(pstrdup((char *) PG_GETARG_POINTER(0)));
}

JsonbIterator *
JsonbIteratorInit(JsonbContainer *container)
{
	depth = 0;
	return palloc(1);
}

static JsonbIteratorToken
begin(JsonbValue *value)
{
	if (depth == MAX_DEPTH)
		malformed();
	nesting[depth++] = *p;
	value->type = *p == '[' ? jbvArray : jbvObject;
	return *p++ == '[' ? WJB_BEGIN_ARRAY : WJB_BEGIN_OBJECT;
}

JsonbIteratorToken
JsonbIteratorNext(JsonbIterator **iterator, JsonbValue *value, bool skip_nested)
{
	bool		object = depth > 0 && nesting[depth - 1] == '{';

	if (*p == ',')
		p++;
	if (depth == 0)
		return begin(value);
	if (*p == (object ? '}' : ']'))
	{
		p++;
		depth--;
		return object ? WJB_END_OBJECT : WJB_END_ARRAY;
	}
	if (*p == ':')
		p++;
	else if (object)
	{
		read_string(value);
		if (*p != ':')
			malformed();
		return WJB_KEY;
	}
	if (*p != '[' && *p != '{')
		read_scalar(value);
	else if (skip_nested)
		skip_value(value);
	else
		return begin(value);
	return object ? WJB_VALUE : WJB_ELEM;
}

static void
read_json(void *argument)
{
	Input	   *input = argument;
	struct varlena *json;

	p = fuzz_text(input->data, input->size);
	if (p == NULL || (*p != '[' && *p != '{'))
		malformed();
	json = palloc0(sizeof(Jsonb));
	SET_VARSIZE(json, sizeof(Jsonb));
	((Jsonb *) json)->root.header = *p == '[' ? JB_FARRAY : JB_FOBJECT;
	input->journey = fuzz_call(jsonb_to_journey, PointerGetDatum(json));
}

static void
read_back(void *argument)
{
	journey_holds(((Input *) argument)->journey);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input		input = {data, size};

	if (fuzz_try(read_json, &input))
		fuzz_check(fuzz_try(read_back, &input), "a journey is refused when it is read back");
	fuzz_reset();
	return 0;
}
