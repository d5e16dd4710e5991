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
#include "miscadmin.h"

#include "compat.h"
#include "population/tally_private.h"
#include "population/tally_source_private.h"

PG_FUNCTION_INFO_V1(journey_tally_in);
PG_FUNCTION_INFO_V1(journey_tally_recv);

static int32
get_version(Source *source)
{
	int64		version = source_get_integer(source, "a version");

	if (version < 0 || version > PG_INT32_MAX)
		source_invalid(source, "a version");
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
			source_invalid(source, what);
}

static void
check_slots(Source *source, const TallySlot *slot, uint32 slots)
{
	TallyName  *name = palloc(Max(slots, 1) * sizeof(TallyName));

	for (uint32 i = 0; i < slots; i++)
		name[i] = slot[i].name;
	check_names(source, name, slots, "slots with names of their own");
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
	uint32		count = source_get_list(source, 2 * sizeof(int32));

	initStringInfo(&arguments);
	while (source_get_more(source, &count))
	{
		TallyArgument argument;

		argument.name = source_get_name(source, "a name of an argument");
		argument.text = source_get_string(source, &argument.length, false);
		appendBinaryStringInfo(&arguments, (char *) &argument, sizeof(argument));
	}
	definition->arguments = arguments.len / sizeof(TallyArgument);
	definition->argument = (const TallyArgument *) arguments.data;
}

static TallyType
get_type(Source *source)
{
	char		word[SOURCE_MAX_WORD + 1];
	int			type = 0;

	if (source->message)
		type = pq_getmsgbyte(source->message);
	else
	{
		source_get_word(source, word, "a type of slot");
		while (type < TALLY_TYPES && strcmp(word, tally_type_names[type]) != 0)
			type++;
	}
	if (type >= TALLY_TYPES)
		source_invalid(source, "a type of slot");
	return type;
}

/* How many labels a key has, or TALLY_ANY_LABELS. */
static uint32
get_labels(Source *source)
{
	char		word[SOURCE_MAX_WORD + 1];
	uint64		low;
	int64		high;

	if (source->message)
		return pq_getmsgint(source->message, 4);
	source_get_word(source, word, "a number of labels");
	if (strcmp(word, "any") == 0)
		return TALLY_ANY_LABELS;
	if (!source_parse_wide(word, &low, &high) || high != 0 || low >= TALLY_ANY_LABELS)
		source_invalid(source, "a number of labels");
	return (uint32) low;
}

/* Slots of a shape; returns how many there are. */
static uint32
get_slots(Source *source, const TallySlot **slot)
{
	StringInfoData slots;
	uint32		count = source_get_list(source, sizeof(int32) + 1);

	initStringInfo(&slots);
	while (source_get_more(source, &count))
	{
		TallySlot	next;

		next.name = source_get_name(source, "a name of a slot");
		next.type = get_type(source);
		appendBinaryStringInfo(&slots, (char *) &next, sizeof(next));
	}
	*slot = (const TallySlot *) slots.data;
	check_slots(source, *slot, slots.len / sizeof(TallySlot));
	return slots.len / sizeof(TallySlot);
}

static void
get_repeated_slots(Source *source, TallyShape *shape)
{
	int64		repeats = source_get_count(source, "a number of repeats");

	shape->repeated_slots = get_slots(source, &shape->repeated_slot);
	if (repeats > PG_INT32_MAX || (repeats == 0) != (shape->repeated_slots == 0))
		source_invalid(source, "slots that are repeated");
	shape->repeats = repeats;
}

static void
get_shape(Source *source, TallyShape *shape)
{
	CHECK_FOR_INTERRUPTS();
	memset(shape, 0, sizeof(TallyShape));
	source_get_mark(source, '(', "\"(\"");
	shape->name = source_get_name(source, "a name of a shape");
	shape->labels = get_labels(source);
	shape->slots = get_slots(source, &shape->slot);
	if (source->message)
		get_repeated_slots(source, shape);
	else if (!source_take(source, ')'))
	{
		get_repeated_slots(source, shape);
		source_get_mark(source, ')', "\")\"");
	}
}

static void
get_definition(Source *source, TallyDefinition *definition)
{
	StringInfoData shapes;
	uint32		count;

	definition->analysis = source_get_name(source, "a name of an aggregate");
	definition->version = get_version(source);
	get_arguments(source, definition);
	initStringInfo(&shapes);
	count = source_get_list(source, 6 * sizeof(int32));
	while (source_get_more(source, &count))
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
	if (source->message || !source_take(source, 'n'))
		return source_get_integer(source, "a number or none");
	if (strncmp(source->at, "one", 3) != 0)
		source_invalid(source, "a number or none");
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

	source_get_mark(source, '(', "\"(\"");
	count = source_get_count(source, "a count");
	source_get_wide(source, &low, &high, "a sum of microseconds");
	if (count == 0 && (low != 0 || high != 0))
		source_invalid(source, "a sum of zero for a count of zero");
	source_get_mark(source, ')', "\")\"");
	tally_add_durations(tally, row, slot, count, low, high);
}

static void
get_sum(Source *source, Tally *tally, uint32 row, uint32 slot)
{
	TallySum	sum;

	source_get_mark(source, '(', "\"(\"");
	sum.count = source_get_count(source, "a count");
	/* of two zeros one */
	sum.sum = source_get_double(source) + 0.0;
	sum.rest = source_get_double(source) + 0.0;
	if (!isfinite(sum.sum + sum.rest))
		source_invalid(source, "a finite sum");
	if (sum.count == 0 && (sum.sum != 0 || sum.rest != 0))
		source_invalid(source, "a sum of zero for a count of zero");
	source_get_mark(source, ')', "\")\"");
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
		return tally_number_order(source_get_double(source));
	return source_get_unsigned(source, "microseconds");
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
	uint32		left = source_get_list(source, 3 * sizeof(int64));
	int64		total = 0;
	int64		previous = -1;

	for (uint32 i = 0; source_get_more(source, &left); i++)
	{
		Tally	   *before = *tally;
		TallyCell	cell;
		int64		bucket;

		if (i % TALLY_CANCEL_EVERY == 0)
			CHECK_FOR_INTERRUPTS();
		source_get_mark(source, '(', "\"(\"");
		cell.count = source_get_count(source, "a count");
		cell.smallest = get_border(source, type);
		cell.largest = get_border(source, type);
		bucket = tally_bucket(type, cell.smallest);
		if (!valid_cell(type, &cell) || bucket <= previous)
			source_invalid(source, "a later bucket, its count and its borders");
		previous = bucket;
		source_get_mark(source, ')', "\")\"");
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
			tally_add_count(*tally, row, slot, source_get_count(source, "a count"));
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
		char	   *name = source_get_name(source, "a name of a shape");

		shape = tally_find_shape(definition, name);
		pfree(name);
	}
	if (shape >= definition->shapes)
		source_invalid(source, "a shape that was defined");
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
	uint32		count = source_get_list(source, sizeof(int32));

	resetStringInfo(labels);
	while (source_get_more(source, &count))
	{
		Label		label;

		label.text = source_get_string(source, &label.length, true);
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
	source_get_mark(source, '(', "\"(\"");
	number = get_shape_of_row(source, reader->definition);
	shape = &reader->definition->shape[number];
	labels = get_key(source, &reader->labels);
	key = (const Label *) reader->labels.data;
	if (shape->labels != TALLY_ANY_LABELS && shape->labels != labels)
		source_invalid(source, "as many labels as the shape has");
	row = tally_row(tally, number, key, labels);
	drop_outgrown(before, *tally);
	free_key(key, labels);
	if (shape->labels == 0 ? reader->known[number] : row != rows)
		source_invalid(source, "a key that was not there before");
	reader->known[number] = true;
	for (uint32 slot = 0; slot < tally_shape_slots(shape); slot++)
		get_slot(source, tally, row, slot, tally_shape_slot(shape, slot)->type);
	source_get_mark(source, ')', "\")\"");
}

static Tally *
get_tally(Source *source)
{
	char		word[SOURCE_MAX_WORD + 1];
	TallyDefinition definition;
	RowReader	reader = {.definition = &definition};
	Tally	   *tally;
	uint32		count;

	if (!source->message)
	{
		source_get_word(source, word, "\"tally\"");
		if (strcmp(word, "tally") != 0)
			source_invalid(source, "\"tally\"");
	}
	if (source_get_integer(source, "a known format") != TALLY_FORMAT)
		source_invalid(source, "a known format");
	get_definition(source, &definition);
	tally = tally_define(&definition);
	reader.known = palloc0(Max(definition.shapes, 1) * sizeof(bool));
	initStringInfo(&reader.labels);
	count = source_get_list(source, 2 * sizeof(int32));
	while (source_get_more(source, &count))
		get_row(source, &tally, &reader);
	return tally;
}

Datum
journey_tally_in(PG_FUNCTION_ARGS)
{
	Source		source = {NULL, PG_GETARG_CSTRING(0), PG_GETARG_CSTRING(0)};
	Tally	   *tally = get_tally(&source);

	source_skip_space(&source);
	if (*source.at != '\0')
		source_invalid(&source, "the end");
	PG_RETURN_POINTER(tally);
}

Datum
journey_tally_recv(PG_FUNCTION_ARGS)
{
	Source		source = {(StringInfo) PG_GETARG_POINTER(0), NULL, NULL};

	PG_RETURN_POINTER(get_tally(&source));
}
