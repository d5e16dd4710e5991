/*
 * definition.c
 *		The state of every population answer: what it says about itself, and the
 *		layout that follows from that.
 *
 * A tally holds its definition in one piece, so that comparing two is one memcmp:
 * a TallyHead, and behind it, without gaps, the analysis's name; of each argument
 * its name, the length of its text (uint32) and the text; and of each shape its
 * name, the numbers of its labels, slots, repeats and repeated slots (uint32 each), and
 * of each slot and each repeated slot its type (a byte) and its name.  Names end with a zero
 * byte.
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
slots_size(const TallySlot *slot, uint32 slots)
{
	Size		size = 0;

	for (uint32 i = 0; i < slots; i++)
		size += 1 + strlen(slot[i].name) + 1;
	return size;
}

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

		size += strlen(shape->name) + 1 + 4 * sizeof(uint32) +
			slots_size(shape->slot, shape->slots) +
			slots_size(shape->repeated_slot, shape->repeated_slots);
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

static char *
put_slots(char *to, const TallySlot *slot, uint32 slots)
{
	for (uint32 i = 0; i < slots; i++)
	{
		*to++ = (char) slot[i].type;
		to = put_name(to, slot[i].name);
	}
	return to;
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
		to = put_bytes(to, &shape->repeats, sizeof(uint32));
		to = put_bytes(to, &shape->repeated_slots, sizeof(uint32));
		to = put_slots(to, shape->slot, shape->slots);
		to = put_slots(to, shape->repeated_slot, shape->repeated_slots);
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
		shape[i].repeats = get_number(&from);
		shape[i].repeated_slots = get_number(&from);
		shape[i].slot = get_slots(&from, shape[i].slots);
		shape[i].repeated_slot = get_slots(&from, shape[i].repeated_slots);
	}
}

bool
tally_same_definition(const Tally *a, const Tally *b)
{
	const TallyHead *head = TALLY_HEAD(a);

	return head->size == TALLY_HEAD(b)->size && memcmp(head, TALLY_HEAD(b), head->size) == 0;
}

static bool
covers_slots(const TallySlot *slot, uint32 slots, const TallySlot *other, uint32 other_slots)
{
	for (uint32 i = 0; i < other_slots; i++)
	{
		uint32		own;

		CHECK_FOR_INTERRUPTS();
		own = tally_find_slot(slot, slots, other[i].name);
		if (own == slots || slot[own].type != other[i].type)
			return false;
	}
	return true;
}

static bool
covers_shape(const TallyShape *shape, const TallyShape *other)
{
	return shape->labels == other->labels &&
		(other->repeated_slots == 0 || shape->repeats == other->repeats) &&
		covers_slots(shape->slot, shape->slots, other->slot, other->slots) &&
		covers_slots(shape->repeated_slot, shape->repeated_slots,
					 other->repeated_slot, other->repeated_slots);
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

/* The number of the slot of this name, or of all. */
uint32
tally_find_slot(const TallySlot *slot, uint32 slots, const char *name)
{
	uint32		i = 0;

	while (i < slots && strcmp(slot[i].name, name) != 0)
		i++;
	return i;
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
	*slot = tally_find_slot(found->slot, found->slots, slot_name);
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
	layout->slots = tally_shape_slots(shape);
	for (uint32 i = 0; i < layout->slots; i++)
	{
		TallyType	type = tally_shape_slot(shape, i)->type;

		place[i] = TALLY_PLACE(TALLY_IS_DISTRIBUTION(type) ? layout->distributions++ << 3 :
							   layout->block_size, type);
		layout->block_size += slot_size[type];
	}
}

/*
 * Slots of all shapes: far more than an analysis has.  A few bytes say that slots
 * repeat, and what follows from that must not be too much of them.
 */
#define MAX_SLOTS	(1 << 20)

static void pg_attribute_noreturn()
too_many_slots(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("report is too large"),
			 errdetail("Its state would have more than %d different slots.", MAX_SLOTS)));
	pg_unreachable();
}

static uint64
count_slots(const TallyDefinition *definition)
{
	uint64		slots = 0;

	for (uint32 i = 0; i < definition->shapes; i++)
	{
		const TallyShape *shape = &definition->shape[i];

		if (shape->repeats > MAX_SLOTS || shape->repeated_slots > MAX_SLOTS ||
			tally_shape_slots(shape) > MAX_SLOTS)
			too_many_slots();
		slots += tally_shape_slots(shape);
		if (slots > MAX_SLOTS)
			too_many_slots();
	}
	return slots;
}

/* A tally of this definition that has counted nothing, palloc'd. */
Tally *
tally_define(const TallyDefinition *definition)
{
	Size		size = definition_size(definition);
	Size		slots = count_slots(definition);
	Size		blocks = 0;
	uint32		rows = 0;
	uint32		first_slot = 0;
	TallyLayout *layout = palloc0(Max(definition->shapes, 1) * sizeof(TallyLayout));
	TallyPlace *place = palloc(Max(slots, 1) * sizeof(TallyPlace));
	Tally	   *tally;

	if (!AllocSizeIsValid(size))
		tally_too_large(0, 0);
	for (uint32 i = 0; i < definition->shapes; i++)
	{
		layout[i].first_slot = first_slot;
		lay_out_shape(&definition->shape[i], &layout[i], place + first_slot);
		first_slot += layout[i].slots;
		if (layout[i].labels == 0)
		{
			rows++;
			blocks += layout[i].block_size;
		}
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
