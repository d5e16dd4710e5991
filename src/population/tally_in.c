/*
 * tally_in.c
 *		The text and the binary form of journey_tally, which tally_out.c
 *		describes: reading them.
 *
 * One reader takes the parts from text or from a message.  It trusts nothing:
 * a tally that it lets pass can be merged and reported without further checks
 * of its numbers.
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "compat.h"
#include "population/tally_private.h"

PG_FUNCTION_INFO_V1(journey_tally_in);
PG_FUNCTION_INFO_V1(journey_tally_recv);

#define MAX_WORD_LENGTH	40		/* of a word or a number in text */

typedef struct Source
{
	StringInfo	message;		/* or NULL, and then: */
	const char *text;
	const char *at;				/* zero-terminated */
} Source;

static void pg_attribute_noreturn()
invalid(const Source *source, const char *what)
{
	if (source->message)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary journey_tally"),
				 errdetail("Invalid %s before byte %d.", what, source->message->cursor)));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type journey_tally"),
			 errdetail("Expected %s at character %d.", what,
					   pg_mbstrlen_with_len(source->text, source->at - source->text) + 1)));
	pg_unreachable();
}

static void
skip_space(Source *source)
{
	Assert(source->at != NULL);
	while (*source->at == ' ' || (*source->at >= '\t' && *source->at <= '\r'))
		source->at++;
}

/* Is this character next in the text?  If so it is taken. */
static bool
take(Source *source, char mark)
{
	skip_space(source);
	if (*source->at != mark)
		return false;
	source->at++;
	return true;
}

static void
get_mark(Source *source, char mark, const char *what)
{
	if (!source->message && !take(source, mark))
		invalid(source, what);
}

/*
 * A word or number of the text, copied to "word", which has room for
 * MAX_WORD_LENGTH bytes and the end.
 */
static void
get_word(Source *source, char *word, const char *what)
{
	size_t		length;

	skip_space(source);
	length = strcspn(source->at, " \t\n\v\f\r[]()\"");
	if (length == 0 || length > MAX_WORD_LENGTH)
		invalid(source, what);
	memcpy(word, source->at, length);
	word[length] = '\0';
	source->at += length;
}

/*
 * Begins a list.  Items of a message take so many bytes at least, which limits
 * their number before anything is allocated.
 */
static uint32
get_list(Source *source, int least_size)
{
	uint32		count;

	if (!source->message)
	{
		get_mark(source, '[', "\"[\"");
		return 0;
	}
	count = pq_getmsgint(source->message, 4);
	if (count > (source->message->len - source->message->cursor) / least_size)
		invalid(source, "number of items");
	return count;
}

/* Is there another item?  Counts down, in a message. */
static bool
get_more(Source *source, uint32 *count)
{
	if (!source->message)
		return !take(source, ']');
	return (*count)-- > 0;
}

/* Digits to a number of two words; false if there is anything else, or too much. */
static bool
parse_wide(const char *digits, uint64 *low, int64 *high)
{
	uint32		limb[4] = {0, 0, 0, 0};

	if (*digits == '\0')
		return false;
	for (; *digits; digits++)
	{
		uint64		carry = *digits - '0';

		if (*digits < '0' || *digits > '9')
			return false;
		for (int i = 0; i < 4; i++)
		{
			carry += (uint64) limb[i] * 10;
			limb[i] = (uint32) carry;
			carry >>= 32;
		}
		if (carry != 0 || limb[3] > PG_INT32_MAX)
			return false;
	}
	*low = limb[0] | ((uint64) limb[1] << 32);
	*high = limb[2] | ((int64) limb[3] << 32);
	return true;
}

static void
get_wide(Source *source, uint64 *low, int64 *high, const char *what)
{
	char		word[MAX_WORD_LENGTH + 1];

	if (source->message)
	{
		*high = pq_getmsgint64(source->message);
		*low = pq_getmsgint64(source->message);
		if (*high < 0)
			invalid(source, what);
		return;
	}
	get_word(source, word, what);
	if (!parse_wide(word, low, high))
		invalid(source, what);
}

static uint64
get_unsigned(Source *source, const char *what)
{
	uint64		low;
	int64		high;

	if (source->message)
		return pq_getmsgint64(source->message);
	get_wide(source, &low, &high, what);
	if (high != 0)
		invalid(source, what);
	return low;
}

static int64
get_integer(Source *source, const char *what)
{
	bool		minus;
	uint64		number;

	if (source->message)
		return pq_getmsgint64(source->message);
	minus = take(source, '-');
	number = get_unsigned(source, what);
	if (number > (uint64) PG_INT64_MAX + (minus ? 1 : 0))
		invalid(source, what);
	return minus ? (int64) -number : (int64) number;
}

static int64
get_count(Source *source, const char *what)
{
	int64		count = get_integer(source, what);

	if (count < 0)
		invalid(source, what);
	return count;
}

static double
get_double(Source *source)
{
	const char *what = "a finite number";
	char		word[MAX_WORD_LENGTH + 1];
	char	   *end;
	double		number;

	if (source->message)
		number = pq_getmsgfloat8(source->message);
	else
	{
		get_word(source, word, what);
		number = strtod(word, &end);
		if (*end != '\0' || strspn(word, "+-.0123456789eE") != strlen(word))
			invalid(source, what);
	}
	if (!isfinite(number))
		invalid(source, what);
	return number;
}

static char *
get_quoted(Source *source, uint32 *length)
{
	const char *end = source->at;
	char	   *text;
	char	   *to;

	for (; *end != '"' || *++end == '"'; end++)
		if (*end == '\0')
			invalid(source, "a quoted text");
	text = to = palloc(end - source->at);
	for (const char *from = source->at; from < end - 1; from++)
	{
		*to++ = *from;
		if (*from == '"')
			from++;
	}
	*length = to - text;
	source->at = end;
	return text;
}

/* A palloc'd text; NULL only if that is allowed. */
static char *
get_string(Source *source, uint32 *length, bool nullable)
{
	char		word[MAX_WORD_LENGTH + 1];
	int			bytes;
	char	   *text;

	*length = 0;
	if (!source->message)
	{
		if (take(source, '"'))
			return get_quoted(source, length);
		if (!nullable)
			invalid(source, "a quoted text");
		get_word(source, word, "a quoted text or null");
		if (strcmp(word, "null") != 0)
			invalid(source, "a quoted text or null");
		return NULL;
	}
	bytes = (int32) pq_getmsgint(source->message, 4);
	if (bytes == -1 && nullable)
		return NULL;
	if (bytes < 0)
		invalid(source, "length of a text");
	text = pq_getmsgtext(source->message, bytes, &bytes);
	*length = bytes;
	return text;
}

/* A name: a text that C can hold. */
static const char *
get_name(Source *source, const char *what)
{
	uint32		length;
	char	   *text = get_string(source, &length, false);
	char	   *name = pnstrdup(text, length);

	if (length == 0 || strlen(name) != length)
		invalid(source, what);
	pfree(text);
	return name;
}

static int32
get_version(Source *source)
{
	int64		version = get_integer(source, "a version");

	if (version < 0 || version > PG_INT32_MAX)
		invalid(source, "a version");
	return version;
}

/* ----------
 * The definition
 * ----------
 */

typedef const char *TallyName;

#define ST_SORT sort_names
#define ST_ELEMENT_TYPE TallyName
#define ST_COMPARE(a, b) strcmp(*(a), *(b))
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* Shapes, and the slots of each, are found by their names: none may be there twice. */
static void
check_names(Source *source, TallyName *name, uint32 names, const char *what)
{
	sort_names(name, names);
	for (uint32 i = 1; i < names; i++)
		if (strcmp(name[i - 1], name[i]) == 0)
			invalid(source, what);
}

static void
check_slots(Source *source, const TallyShape *shape)
{
	TallyName  *name = palloc(Max(shape->slots, 1) * sizeof(TallyName));

	for (uint32 i = 0; i < shape->slots; i++)
		name[i] = shape->slot[i].name;
	check_names(source, name, shape->slots, "slots with names of their own");
	pfree(name);
}

static void
check_shapes(Source *source, const TallyDefinition *definition)
{
	TallyName  *name = palloc(Max(definition->shapes, 1) * sizeof(TallyName));

	for (uint32 i = 0; i < definition->shapes; i++)
		name[i] = definition->shape[i].name;
	check_names(source, name, definition->shapes, "shapes with names of their own");
	pfree(name);
}

static void
get_arguments(Source *source, TallyDefinition *definition)
{
	StringInfoData arguments;
	uint32		count = get_list(source, 2 * sizeof(int32));

	initStringInfo(&arguments);
	while (get_more(source, &count))
	{
		TallyArgument argument;

		argument.name = get_name(source, "a name of an argument");
		argument.text = get_string(source, &argument.length, false);
		appendBinaryStringInfo(&arguments, (char *) &argument, sizeof(argument));
	}
	definition->arguments = arguments.len / sizeof(TallyArgument);
	definition->argument = (const TallyArgument *) arguments.data;
}

static TallyType
get_type(Source *source)
{
	char		word[MAX_WORD_LENGTH + 1];
	int			type = 0;

	if (source->message)
		type = pq_getmsgbyte(source->message);
	else
	{
		get_word(source, word, "a type of slot");
		while (type < TALLY_TYPES && strcmp(word, tally_type_names[type]) != 0)
			type++;
	}
	if (type >= TALLY_TYPES)
		invalid(source, "a type of slot");
	return type;
}

/* How many labels a key has, or TALLY_ANY_LABELS. */
static uint32
get_labels(Source *source)
{
	char		word[MAX_WORD_LENGTH + 1];
	uint64		low;
	int64		high;

	if (source->message)
		return pq_getmsgint(source->message, 4);
	get_word(source, word, "a number of labels");
	if (strcmp(word, "any") == 0)
		return TALLY_ANY_LABELS;
	if (!parse_wide(word, &low, &high) || high != 0 || low >= TALLY_ANY_LABELS)
		invalid(source, "a number of labels");
	return (uint32) low;
}

static void
get_shape(Source *source, TallyShape *shape)
{
	StringInfoData slots;
	uint32		count;

	CHECK_FOR_INTERRUPTS();
	get_mark(source, '(', "\"(\"");
	shape->name = get_name(source, "a name of a shape");
	shape->labels = get_labels(source);
	initStringInfo(&slots);
	count = get_list(source, sizeof(int32) + 1);
	while (get_more(source, &count))
	{
		TallySlot	slot;

		slot.name = get_name(source, "a name of a slot");
		slot.type = get_type(source);
		appendBinaryStringInfo(&slots, (char *) &slot, sizeof(slot));
	}
	shape->slots = slots.len / sizeof(TallySlot);
	shape->slot = (const TallySlot *) slots.data;
	check_slots(source, shape);
	get_mark(source, ')', "\")\"");
}

static void
get_definition(Source *source, TallyDefinition *definition)
{
	StringInfoData shapes;
	uint32		count;

	definition->analysis = get_name(source, "a name of an aggregate");
	definition->version = get_version(source);
	get_arguments(source, definition);
	initStringInfo(&shapes);
	count = get_list(source, 3 * sizeof(int32));
	while (get_more(source, &count))
	{
		TallyShape	shape;

		get_shape(source, &shape);
		appendBinaryStringInfo(&shapes, (char *) &shape, sizeof(shape));
	}
	definition->shapes = shapes.len / sizeof(TallyShape);
	definition->shape = (const TallyShape *) shapes.data;
	check_shapes(source, definition);
}

/* ----------
 * The rows
 * ----------
 */

static int64
get_moment(Source *source)
{
	if (source->message || !take(source, 'n'))
		return get_integer(source, "a number or none");
	if (strncmp(source->at, "one", 3) != 0)
		invalid(source, "a number or none");
	source->at += 3;
	return TALLY_NOTHING;
}

/* Of the row's begin, which has counted nothing. */
static void
get_duration(Source *source, Tally *tally, uint32 row, uint32 slot)
{
	int64		count;
	uint64		low;
	int64		high;

	get_mark(source, '(', "\"(\"");
	count = get_count(source, "a count");
	get_wide(source, &low, &high, "a sum of microseconds");
	if (count == 0 && (low != 0 || high != 0))
		invalid(source, "a sum of zero for a count of zero");
	get_mark(source, ')', "\")\"");
	tally_add_durations(tally, row, slot, count, low, high);
}

static void
get_sum(Source *source, Tally *tally, uint32 row, uint32 slot)
{
	TallySum	sum;

	get_mark(source, '(', "\"(\"");
	sum.count = get_count(source, "a count");
	/* of two zeros one */
	sum.sum = get_double(source) + 0.0;
	sum.rest = get_double(source) + 0.0;
	if (!isfinite(sum.sum + sum.rest))
		invalid(source, "a finite sum");
	if (sum.count == 0 && (sum.sum != 0 || sum.rest != 0))
		invalid(source, "a sum of zero for a count of zero");
	get_mark(source, ')', "\")\"");
	*(TallySum *) tally_slot(tally, row, slot, TALLY_SUM) = sum;
}

/* A tally that has grown left the smaller one, which nobody else knows. */
static void
drop_outgrown(Tally *outgrown, const Tally *tally)
{
	if (outgrown != tally)
		pfree(outgrown);
}

static uint64
get_border(Source *source, TallyType type)
{
	if (type == TALLY_NUMBERS)
		return tally_number_order(get_double(source));
	return get_unsigned(source, "microseconds");
}

/* Is this a cell that values of one bucket can have made? */
static bool
valid_cell(TallyType type, const TallyCell *cell)
{
	return cell->count > 0 && cell->smallest <= cell->largest &&
		tally_bucket(type, cell->smallest) == tally_bucket(type, cell->largest) &&
		(cell->count > 1 || cell->smallest == cell->largest);
}

static void
get_distribution(Source *source, Tally **tally, uint32 row, uint32 slot, TallyType type)
{
	uint32		left = get_list(source, 3 * sizeof(int64));
	int64		total = 0;
	int64		previous = -1;

	for (uint32 i = 0; get_more(source, &left); i++)
	{
		Tally	   *before = *tally;
		TallyCell	cell;
		int64		bucket;

		if (i % TALLY_CANCEL_EVERY == 0)
			CHECK_FOR_INTERRUPTS();
		get_mark(source, '(', "\"(\"");
		cell.count = get_count(source, "a count");
		cell.smallest = get_border(source, type);
		cell.largest = get_border(source, type);
		bucket = tally_bucket(type, cell.smallest);
		if (!valid_cell(type, &cell) || bucket <= previous)
			invalid(source, "a later bucket, its count and its borders");
		previous = bucket;
		get_mark(source, ')', "\")\"");
		tally_sum_counts(&total, cell.count);
		tally_add_cell(tally, row, slot, &cell);
		drop_outgrown(before, *tally);
	}
}

static void
get_slot(Source *source, Tally **tally, uint32 row, uint32 slot, TallyType type)
{
	switch (type)
	{
		case TALLY_COUNT:
			tally_add_count(*tally, row, slot, get_count(source, "a count"));
			break;
		case TALLY_LATEST:
			tally_add_latest(*tally, row, slot, get_moment(source));
			break;
		case TALLY_EARLIEST:
			tally_add_earliest(*tally, row, slot, get_moment(source));
			break;
		case TALLY_DURATION:
			get_duration(source, *tally, row, slot);
			break;
		case TALLY_SUM:
			get_sum(source, *tally, row, slot);
			break;
		case TALLY_DURATIONS:
		case TALLY_NUMBERS:
			get_distribution(source, tally, row, slot, type);
			break;
	}
}

static uint32
get_shape_of_row(Source *source, const TallyDefinition *definition)
{
	uint32		shape;

	if (source->message)
		shape = pq_getmsgint(source->message, 4);
	else
	{
		const char *name = get_name(source, "a name of a shape");

		shape = tally_find_shape(definition, name);
		pfree((char *) name);
	}
	if (shape >= definition->shapes)
		invalid(source, "a shape that was defined");
	return shape;
}

/* What reading rows needs. */
typedef struct RowReader
{
	const TallyDefinition *definition;
	bool	   *known;			/* which rows of shapes without labels were there */
	StringInfoData labels;		/* of the row at hand */
} RowReader;

/* The labels of a row's key; returns how many there are. */
static uint32
get_key(Source *source, StringInfo labels)
{
	uint32		count = get_list(source, sizeof(int32));

	resetStringInfo(labels);
	while (get_more(source, &count))
	{
		Label		label;

		label.text = get_string(source, &label.length, true);
		appendBinaryStringInfo(labels, (char *) &label, sizeof(label));
	}
	return labels->len / sizeof(Label);
}

static void
free_key(const Label *key, uint32 labels)
{
	for (uint32 i = 0; i < labels; i++)
		if (key[i].text)
			pfree((char *) key[i].text);
}

static void
get_row(Source *source, Tally **tally, RowReader *reader)
{
	uint32		number;
	const TallyShape *shape;
	const Label *key;
	uint32		labels;
	Tally	   *before = *tally;
	uint32		rows = before->rows;
	uint32		row;

	CHECK_FOR_INTERRUPTS();
	get_mark(source, '(', "\"(\"");
	number = get_shape_of_row(source, reader->definition);
	shape = &reader->definition->shape[number];
	labels = get_key(source, &reader->labels);
	key = (const Label *) reader->labels.data;
	if (shape->labels != TALLY_ANY_LABELS && shape->labels != labels)
		invalid(source, "as many labels as the shape has");
	row = tally_row(tally, number, key, labels);
	drop_outgrown(before, *tally);
	free_key(key, labels);
	if (shape->labels == 0 ? reader->known[number] : row != rows)
		invalid(source, "a key that was not there before");
	reader->known[number] = true;
	for (uint32 slot = 0; slot < shape->slots; slot++)
		get_slot(source, tally, row, slot, shape->slot[slot].type);
	get_mark(source, ')', "\")\"");
}

static Tally *
get_tally(Source *source)
{
	char		word[MAX_WORD_LENGTH + 1];
	TallyDefinition definition;
	RowReader	reader = {.definition = &definition};
	Tally	   *tally;
	uint32		count;

	if (!source->message)
	{
		get_word(source, word, "\"tally\"");
		if (strcmp(word, "tally") != 0)
			invalid(source, "\"tally\"");
	}
	if (get_integer(source, "a known format") != TALLY_FORMAT)
		invalid(source, "a known format");
	get_definition(source, &definition);
	tally = tally_define(&definition);
	reader.known = palloc0(Max(definition.shapes, 1) * sizeof(bool));
	initStringInfo(&reader.labels);
	count = get_list(source, 2 * sizeof(int32));
	while (get_more(source, &count))
		get_row(source, &tally, &reader);
	return tally;
}

Datum
journey_tally_in(PG_FUNCTION_ARGS)
{
	Source		source = {NULL, PG_GETARG_CSTRING(0), PG_GETARG_CSTRING(0)};
	Tally	   *tally = get_tally(&source);

	skip_space(&source);
	if (*source.at != '\0')
		invalid(&source, "the end");
	PG_RETURN_POINTER(tally);
}

Datum
journey_tally_recv(PG_FUNCTION_ARGS)
{
	Source		source = {(StringInfo) PG_GETARG_POINTER(0), NULL, NULL};

	PG_RETURN_POINTER(get_tally(&source));
}
