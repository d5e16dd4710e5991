/*
 * tally.h
 *		What every tally must stand, for the targets that make one.
 */
#ifndef JOURNEY_FUZZ_TALLY_H
#define JOURNEY_FUZZ_TALLY_H

#include "shim.h"

#include <math.h>

#include "population/tally_private.h"

extern Datum journey_tally_in(PG_FUNCTION_ARGS);
extern Datum journey_tally_out(PG_FUNCTION_ARGS);
extern Datum journey_tally_send(PG_FUNCTION_ARGS);
extern Datum journey_tally_recv(PG_FUNCTION_ARGS);

typedef struct Input
{
	const uint8_t *data;
	size_t		size;
	const Tally *tally;
	TallyDefinition definition; /* its own */
	TallyDefinition less;		/* what it leaves out */
} Input;

static inline char *
tally_text(const Tally *tally)
{
	return DatumGetCString(fuzz_call(journey_tally_out, PointerGetDatum(tally)));
}

static inline void
same_tally(const Tally *a, const Tally *b, const char *promise)
{
	fuzz_check(tally_same_definition(a, b) && strcmp(tally_text(a), tally_text(b)) == 0, promise);
}

/* Slots of all shapes: a few bytes may stand for very many, of which each takes its time. */
#define MANY_SLOTS	5000

static inline bool
has_many_slots(const TallyDefinition *definition)
{
	uint64		slots = 0;

	for (uint32 i = 0; i < definition->shapes; i++)
		slots += tally_shape_slots(&definition->shape[i]);
	return slots > MANY_SLOTS;
}

/* It reads back from its text and its binary form, and is the same in both. */
static inline void
tally_holds(void *argument)
{
	Input	   *input = argument;
	bytea	   *message = DatumGetByteaPP(fuzz_call(journey_tally_send,
													PointerGetDatum(input->tally)));
	Datum		from_text = fuzz_call(journey_tally_in, CStringGetDatum(tally_text(input->tally)));
	Datum		from_binary = fuzz_receive(journey_tally_recv, (uint8_t *) VARDATA_ANY(message),
										   VARSIZE_ANY_EXHDR(message));

	same_tally(tally_from_datum(from_text), input->tally,
			   "a tally changes on its way through text");
	same_tally(tally_from_datum(from_binary), input->tally,
			   "a tally changes on its way through binary");
	fuzz_same(message, DatumGetByteaPP(fuzz_call(journey_tally_send, from_text)),
			  "a tally from text is another one in binary");
}

/* ----------
 * Rows
 * ----------
 */

static inline bool
same_label(const Label *a, const Label *b)
{
	if (a->text == NULL || b->text == NULL)
		return a->text == b->text;
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static inline Label *
key_of(const Tally *tally, uint32 row)
{
	Label	   *key = palloc(Max(tally_row_entry(tally, row)->labels, 1) * sizeof(Label));

	tally_key(tally, row, key);
	return key;
}

/* Each row is found by its key, and is among the rows of its shape. */
static inline void
finds_rows(Tally *tally)
{
	Tally	   *found = tally;
	uint32		all = 0;

	for (uint32 shape = 0; shape < tally->shapes; shape++)
	{
		uint32		rows;
		uint32	   *row = tally_rows(tally, shape, &rows);

		for (uint32 i = 0; i < rows; i++)
			fuzz_check(tally_row(&found, shape, key_of(tally, row[i]),
								 tally_row_entry(tally, row[i])->labels) == row[i],
					   "a row is not found by its key");
		fuzz_check(tally_layout(tally, shape)->labels != 0 ||
				   (rows == 1 && row[0] == tally_only_row(tally, shape)),
				   "a shape without labels has other rows than its one");
		all += rows;
	}
	fuzz_check(all == tally->rows && found == tally, "there are rows of no shape");
}

static inline void
add_to_slots(Tally **tally, uint32 row, const TallyShape *shape, uint32 number)
{
	for (uint32 slot = 0; slot < tally_shape_slots(shape); slot++)
		switch (tally_shape_slot(shape, slot)->type)
		{
			case TALLY_COUNT:
				tally_add_count(*tally, row, slot, number);
				break;
			case TALLY_SUM:
				tally_add_value(*tally, row, slot, number / 2.0);
				break;
			case TALLY_DURATIONS:
				tally_add_time(tally, row, slot, (uint64) number * number);
				break;
			case TALLY_NUMBERS:
				tally_add_number(tally, row, slot, number - 10.0);
				break;
			default:
				break;
		}
}

#define MOST_LABELS		8

/* Adds new rows to each shape that may have more, as many as make it grow. */
static inline void
add_rows(Tally **tally, const TallyDefinition *definition, uint32 rows)
{
	for (uint32 shape = 0; shape < definition->shapes; shape++)
		for (uint32 i = 0; i < rows; i++)
		{
			bool		any = definition->shape[shape].labels == TALLY_ANY_LABELS;
			uint32		labels = any ? i % MOST_LABELS : definition->shape[shape].labels;
			char	   *text = psprintf("grown %u", i);
			Label		key[MOST_LABELS];

			if (labels == 0 || labels > MOST_LABELS)
				continue;
			for (uint32 label = 0; label < labels; label++)
				key[label] = (Label) {label % 3 == 1 ? NULL : text, label % 3 == 1 ? 0 : strlen(text)};
			add_to_slots(tally, tally_row(tally, shape, key, labels), &definition->shape[shape], i);
		}
}

/* Rows stay where they were, with what they had, when there are many more. */
static inline void
tally_grows(void *argument)
{
	Input	   *input = argument;
	uint32		rows = input->tally->rows + 20;
	Tally	   *grown = tally_create(input->tally);
	Tally	   *other = tally_define(&input->definition);

	finds_rows(grown);
	add_rows(&grown, &input->definition, rows);
	finds_rows(grown);
	for (uint32 row = 0; row < input->tally->rows; row++)
	{
		Label	   *key = key_of(input->tally, row);
		Label	   *now = key_of(grown, row);

		fuzz_check(tally_row_entry(grown, row)->labels == tally_row_entry(input->tally, row)->labels,
				   "a key has another length when a tally has grown");
		for (uint32 label = 0; label < tally_row_entry(grown, row)->labels; label++)
			fuzz_check(same_label(&key[label], &now[label]), "a key is another one when a tally has grown");
	}
	add_rows(&other, &input->definition, rows);
	tally_merge(&other, input->tally);
	finds_rows(other);
	same_tally(grown, other, "a tally that has grown is not what was added to it");
}

/* ----------
 * Merging
 * ----------
 */

static inline void
percentiles_rise(const Tally *tally, const TallyCells *cells, uint32 row, uint32 slot)
{
	static const int percents[] = {1, 10, 50, 90, 99, 100};
	double		previous = -INFINITY;

	for (int i = 0; i < lengthof(percents); i++)
	{
		double		now;

		if (!tally_percentile(tally, cells, row, slot, percents[i], &now))
			return;
		fuzz_check(isfinite(now) && now >= previous, "percentiles fall");
		previous = now;
	}
}

/* It can be added to nothing, nothing to it, and it to itself, if its numbers have the room. */
static inline void
tally_merges(void *argument)
{
	Input	   *input = argument;
	const Tally *tally = input->tally;
	Tally	   *nothing = tally_define(&input->definition);
	Tally	   *sum = tally_create(nothing);
	Tally	   *twice;
	TallyCells	cells;

	fuzz_check(tally_covers(&input->definition, &input->definition), "a definition lacks something of its own");
	tally_merge(&sum, tally);
	same_tally(sum, tally, "what is added to nothing is another tally");
	tally_merge(&sum, nothing);
	same_tally(sum, tally, "a tally to which nothing is added is another one");
	fuzz_check(sum->rows == tally->rows && sum->cells == tally->cells,
			   "merging with nothing loses something");
	tally_sort_cells(sum, &cells);
	for (uint32 row = 0; row < sum->rows; row++)
		for (uint32 slot = 0; slot < tally_layout(sum, tally_row_entry(sum, row)->shape)->slots; slot++)
			if (TALLY_IS_DISTRIBUTION(tally_type(sum, row, slot)))
				percentiles_rise(sum, &cells, row, slot);
	twice = tally_create(tally);
	tally_merge(&twice, twice);
	tally_merge(&sum, tally);
	same_tally(sum, twice, "what is added to itself is not twice itself");
	fuzz_check(sum->rows == tally->rows && sum->cells == tally->cells,
			   "merging with itself makes something new");
}

/* ----------
 * A tally that lacks something
 * ----------
 */

/* Slots without one of them, if it is there, and backwards; returns how many there are. */
static inline uint32
lack_slot(const TallySlot **slot, uint32 slots, uint32 lacking)
{
	TallySlot  *less = palloc(Max(slots, 1) * sizeof(TallySlot));
	uint32		count = 0;

	for (uint32 i = slots; i-- > 0;)
		if (i != lacking)
			less[count++] = (*slot)[i];
	*slot = less;
	return count;
}

/* How many things may a shape lack?  A slot, or behind these a repeated one, or all of itself. */
static inline uint32
things_of(const TallyShape *shape)
{
	return shape->slots + shape->repeated_slots + 1;
}

/* The shape without one of its slots, if there is one of this number. */
static inline TallyShape
lack_slots(TallyShape shape, uint32 lacking)
{
	uint32		slots = shape.slots;

	shape.slots = lack_slot(&shape.slot, slots, lacking);
	shape.repeated_slots = lack_slot(&shape.repeated_slot, shape.repeated_slots, lacking - slots);
	if (shape.repeated_slots == 0)
		shape.repeats = 0;
	return shape;
}

/*
 * A definition without one of its slots, or without a shape, and backwards.
 * Which one is a matter of chance.
 */
static inline void
lack_something(const TallyDefinition *whole, uint32 chance, TallyDefinition *less)
{
	TallyShape *shape = palloc(Max(whole->shapes, 1) * sizeof(TallyShape));
	uint32		things = 0;
	uint32		lacking;

	for (uint32 i = 0; i < whole->shapes; i++)
		things += things_of(&whole->shape[i]);
	lacking = things ? chance % things : 0;
	*less = *whole;
	less->shape = shape;
	less->shapes = 0;
	for (uint32 i = whole->shapes; i-- > 0;)
	{
		things -= things_of(&whole->shape[i]);
		if (lacking - things != things_of(&whole->shape[i]) - 1)
			shape[less->shapes++] = lack_slots(whole->shape[i], lacking - things);
	}
}

/* The number in another shape of a slot with this one's name and repeat, or none. */
#define NO_SLOT		PG_UINT32_MAX

static inline uint32
slot_in(const TallyShape *other, const TallyShape *shape, uint32 slot)
{
	const char *name = tally_shape_slot(shape, slot)->name;
	uint32		found;

	if (slot < shape->slots)
	{
		found = tally_find_slot(other->slot, other->slots, name);
		return found < other->slots ? found : NO_SLOT;
	}
	found = tally_find_slot(other->repeated_slot, other->repeated_slots, name);
	if (found == other->repeated_slots)
		return NO_SLOT;
	return other->slots + found +
		(slot - shape->slots) / shape->repeated_slots * other->repeated_slots;
}

static inline void
copy_slot(Tally **to, uint32 row, uint32 slot, const Tally *from, const TallyCells *cells,
		  uint32 from_row, uint32 from_slot, TallyType type)
{
	const TallyCell *cell;
	uint32		count;

	switch (type)
	{
		case TALLY_COUNT:
			tally_add_count(*to, row, slot, tally_count(from, from_row, from_slot));
			break;
		case TALLY_LATEST:
			tally_add_latest(*to, row, slot, tally_latest(from, from_row, from_slot));
			break;
		case TALLY_EARLIEST:
			tally_add_earliest(*to, row, slot, tally_earliest(from, from_row, from_slot));
			break;
		case TALLY_DURATION:
			*(TallyDuration *) tally_slot(*to, row, slot, type) = *tally_duration(from, from_row, from_slot);
			break;
		case TALLY_SUM:
			*(TallySum *) tally_slot(*to, row, slot, type) = *tally_sum(from, from_row, from_slot);
			break;
		case TALLY_DURATIONS:
		case TALLY_NUMBERS:
			count = tally_find_cells(from, cells, from_row, from_slot, &cell);
			for (uint32 i = 0; i < count; i++)
				tally_add_cell(to, row, slot, &cell[i]);
			break;
	}
}

/* Copies those rows and slots that "less" has, by their names, to an empty tally. */
static inline Tally *
copy_tally(const Input *input, const TallyDefinition *to, const TallyDefinition *less)
{
	const Tally *tally = input->tally;
	Tally	   *copy = tally_define(to);
	TallyCells	cells;

	tally_sort_cells(tally, &cells);
	for (uint32 row = 0; row < tally->rows; row++)
	{
		const TallyRow *entry = tally_row_entry(tally, row);
		const TallyShape *shape = &input->definition.shape[entry->shape];
		uint32		filter = tally_find_shape(less, shape->name);
		uint32		own = tally_find_shape(to, shape->name);
		uint32		to_row;

		if (filter == less->shapes)
			continue;
		to_row = tally_row(&copy, own, key_of(tally, row), entry->labels);
		for (uint32 slot = 0; slot < tally_shape_slots(shape); slot++)
			if (slot_in(&less->shape[filter], shape, slot) != NO_SLOT)
				copy_slot(&copy, to_row, slot_in(&to->shape[own], shape, slot),
						  tally, &cells, row, slot, tally_shape_slot(shape, slot)->type);
	}
	return copy;
}

/* One that lacks a slot or a shape, and has the others in another order, is added by name. */
static inline void
tally_lacks(void *argument)
{
	Input	   *input = argument;
	Tally	   *less = copy_tally(input, &input->less, &input->less);
	Tally	   *expected = copy_tally(input, &input->definition, &input->less);
	Tally	   *sum = tally_define(&input->definition);
	Tally	   *other = tally_create(input->tally);

	fuzz_check(tally_covers(&input->definition, &input->less), "a definition lacks something");
	fuzz_check(input->definition.shapes == 0 || !tally_covers(&input->less, &input->definition),
			   "a definition that lacks something does not");
	tally_merge(&sum, less);
	same_tally(sum, expected, "what lacks something is added elsewhere");
	sum = tally_create(input->tally);
	tally_merge(&sum, less);
	tally_merge(&other, expected);
	same_tally(sum, other, "what lacks something adds something else");
}

#endif							/* JOURNEY_FUZZ_TALLY_H */
