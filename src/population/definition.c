/*
 * definition.c
 *		The state of every population answer: what it says about itself, and the
 *		layout that follows from that.
 *
 * A tally holds its definition in one piece, so that comparing two is one memcmp:
 * a TallyHead, and behind it, without gaps, the analysis's name; of each argument
 * its name, the length of its text (uint32) and the text; and of each shape its
 * name, the numbers of its labels and slots (uint32 each), and of each slot its
 * type (a byte) and its name.  Names end with a zero byte.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "population/tally_private.h"

const char *const tally_type_names[TALLY_TYPES] = {
	"count", "latest", "earliest", "duration", "sum", "durations", "numbers"
};

/* Bytes that a slot of each type takes in its block. */
static const uint32 slot_size[TALLY_TYPES] = {
	sizeof(int64), sizeof(int64), sizeof(int64), sizeof(TallyDuration), sizeof(TallySum), 0, 0
};

/* ----------
 * Writing it down
 * ----------
 */

static Size
definition_size(const TallyDefinition *definition)
{
	Size		size = sizeof(TallyHead) + strlen(definition->analysis) + 1;

	for (uint32 i = 0; i < definition->arguments; i++)
		size += strlen(definition->argument[i].name) + 1 + sizeof(uint32) +
			definition->argument[i].length;
	for (uint32 i = 0; i < definition->shapes; i++)
	{
		const TallyShape *shape = &definition->shape[i];

		size += strlen(shape->name) + 1 + 2 * sizeof(uint32);
		for (uint32 slot = 0; slot < shape->slots; slot++)
			size += 1 + strlen(shape->slot[slot].name) + 1;
	}
	return size;
}

static char *
put_bytes(char *to, const void *bytes, Size size)
{
	memcpy(to, bytes, size);
	return to + size;
}

static char *
put_name(char *to, const char *name)
{
	return put_bytes(to, name, strlen(name) + 1);
}

static void
put_definition(TallyHead *head, const TallyDefinition *definition)
{
	char	   *to = (char *) (head + 1);

	head->version = definition->version;
	head->arguments = definition->arguments;
	head->shapes = definition->shapes;
	to = put_name(to, definition->analysis);
	for (uint32 i = 0; i < definition->arguments; i++)
	{
		const TallyArgument *argument = &definition->argument[i];

		to = put_name(to, argument->name);
		to = put_bytes(to, &argument->length, sizeof(uint32));
		to = put_bytes(to, argument->text, argument->length);
	}
	for (uint32 i = 0; i < definition->shapes; i++)
	{
		const TallyShape *shape = &definition->shape[i];

		to = put_name(to, shape->name);
		to = put_bytes(to, &shape->labels, sizeof(uint32));
		to = put_bytes(to, &shape->slots, sizeof(uint32));
		for (uint32 slot = 0; slot < shape->slots; slot++)
		{
			*to++ = (char) shape->slot[slot].type;
			to = put_name(to, shape->slot[slot].name);
		}
	}
	Assert(to == (char *) head + head->size);
}

/* ----------
 * Reading it
 * ----------
 */

static const char *
get_name(const char **from)
{
	const char *name = *from;

	*from += strlen(name) + 1;
	return name;
}

static uint32
get_number(const char **from)
{
	uint32		number;

	memcpy(&number, *from, sizeof(number));
	*from += sizeof(number);
	return number;
}

static const TallySlot *
get_slots(const char **from, uint32 slots)
{
	TallySlot  *slot = palloc(Max(slots, 1) * sizeof(TallySlot));

	for (uint32 i = 0; i < slots; i++)
	{
		slot[i].type = (TallyType) *(*from)++;
		slot[i].name = get_name(from);
	}
	return slot;
}

/* What a tally says about itself; texts and names point into the tally. */
void
tally_definition(const Tally *tally, TallyDefinition *definition)
{
	const TallyHead *head = TALLY_HEAD(tally);
	const char *from = (const char *) (head + 1);
	TallyArgument *argument = palloc(Max(head->arguments, 1) * sizeof(TallyArgument));
	TallyShape *shape = palloc(Max(head->shapes, 1) * sizeof(TallyShape));

	definition->analysis = get_name(&from);
	definition->version = head->version;
	definition->arguments = head->arguments;
	definition->argument = argument;
	for (uint32 i = 0; i < head->arguments; i++)
	{
		argument[i].name = get_name(&from);
		argument[i].length = get_number(&from);
		argument[i].text = from;
		from += argument[i].length;
	}
	definition->shapes = head->shapes;
	definition->shape = shape;
	for (uint32 i = 0; i < head->shapes; i++)
	{
		shape[i].name = get_name(&from);
		shape[i].labels = get_number(&from);
		shape[i].slots = get_number(&from);
		shape[i].slot = get_slots(&from, shape[i].slots);
	}
}

bool
tally_same_definition(const Tally *a, const Tally *b)
{
	const TallyHead *head = TALLY_HEAD(a);

	return head->size == TALLY_HEAD(b)->size && memcmp(head, TALLY_HEAD(b), head->size) == 0;
}

static bool
covers_shape(const TallyShape *shape, const TallyShape *other)
{
	if (shape->labels != other->labels)
		return false;
	for (uint32 slot = 0; slot < other->slots; slot++)
	{
		uint32		own;

		CHECK_FOR_INTERRUPTS();
		own = tally_find_slot(shape, other->slot[slot].name);
		if (own == shape->slots || shape->slot[own].type != other->slot[slot].type)
			return false;
	}
	return true;
}

/*
 * Has a tally of this definition a place for all that one of another has
 * counted?  So it is if the other lacks slots and shapes that were added later.
 */
bool
tally_covers(const TallyDefinition *definition, const TallyDefinition *other)
{
	if (strcmp(definition->analysis, other->analysis) != 0 ||
		definition->version != other->version || definition->arguments != other->arguments)
		return false;
	for (uint32 i = 0; i < other->arguments; i++)
	{
		const TallyArgument *a = &definition->argument[i];
		const TallyArgument *b = &other->argument[i];

		if (strcmp(a->name, b->name) != 0 || a->length != b->length ||
			memcmp(a->text, b->text, a->length) != 0)
			return false;
	}
	for (uint32 i = 0; i < other->shapes; i++)
	{
		uint32		own = tally_find_shape(definition, other->shape[i].name);

		if (own == definition->shapes || !covers_shape(&definition->shape[own], &other->shape[i]))
			return false;
	}
	return true;
}

/* The shape of this name, or how many there are. */
uint32
tally_find_shape(const TallyDefinition *definition, const char *name)
{
	uint32		shape = 0;

	while (shape < definition->shapes && strcmp(definition->shape[shape].name, name) != 0)
		shape++;
	return shape;
}

/* The slot of this name, or how many there are. */
uint32
tally_find_slot(const TallyShape *shape, const char *name)
{
	uint32		slot = 0;

	while (slot < shape->slots && strcmp(shape->slot[slot].name, name) != 0)
		slot++;
	return slot;
}

/*
 * Where a tally that may be of another version has a slot of this type, in a shape
 * whose keys have so many labels.  False if it has none, as a forged one may.
 */
bool
tally_find_place(const Tally *tally, const char *shape_name, uint32 labels,
				 const char *slot_name, TallyType type, uint32 *shape, uint32 *slot)
{
	TallyDefinition definition;
	const TallyShape *found;

	tally_definition(tally, &definition);
	*shape = tally_find_shape(&definition, shape_name);
	if (*shape == definition.shapes || definition.shape[*shape].labels != labels)
		return false;
	found = &definition.shape[*shape];
	*slot = tally_find_slot(found, slot_name);
	return *slot < found->slots && found->slot[*slot].type == type;
}

/* ----------
 * The layout that follows from it
 * ----------
 */

static void
lay_out_shape(const TallyShape *shape, TallyLayout *layout, TallyPlace *place)
{
	layout->labels = shape->labels;
	layout->slots = shape->slots;
	for (uint32 i = 0; i < shape->slots; i++)
	{
		TallyType	type = shape->slot[i].type;

		place[i].type = type;
		place[i].at = TALLY_IS_DISTRIBUTION(type) ? layout->distributions++ : layout->block_size;
		layout->block_size += slot_size[type];
	}
}

/*
 * A tally of this definition that has counted nothing, palloc'd.
 */
Tally *
tally_define(const TallyDefinition *definition)
{
	Size		size = definition_size(definition);
	Size		slots = 0;
	Size		blocks = 0;
	uint32		rows = 0;
	TallyLayout *layout;
	TallyPlace *place;
	Tally	   *tally;

	for (uint32 i = 0; i < definition->shapes; i++)
	{
		slots += definition->shape[i].slots;
		rows += definition->shape[i].labels == 0;
	}
	/* so many slots would not fit with their values */
	if (!AllocSizeIsValid(size) || slots > MaxAllocSize / sizeof(TallyDuration))
		tally_too_large(0, 0);
	layout = palloc0(Max(definition->shapes, 1) * sizeof(TallyLayout));
	place = palloc(Max(slots, 1) * sizeof(TallyPlace));
	slots = 0;
	for (uint32 i = 0; i < definition->shapes; i++)
	{
		layout[i].first_slot = slots;
		lay_out_shape(&definition->shape[i], &layout[i], place + slots);
		slots += layout[i].slots;
		if (layout[i].labels == 0)
			blocks += layout[i].block_size;
	}

	tally = tally_allocate(definition->shapes, slots, size, rows, blocks);
	TALLY_HEAD(tally)->size = size;
	put_definition(TALLY_HEAD(tally), definition);
	memcpy(TALLY_LAYOUTS(tally), layout, definition->shapes * sizeof(TallyLayout));
	memcpy(TALLY_PLACES(tally), place, slots * sizeof(TallyPlace));
	pfree(layout);
	pfree(place);
	for (uint32 shape = 0; shape < definition->shapes; shape++)
		if (tally_layout(tally, shape)->labels == 0)
			(void) tally_row(&tally, shape, NULL, 0);
	return tally;
}
