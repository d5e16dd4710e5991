/*
 * labels.c
 *		Text labels <-> small codes, once per call site.
 *
 * An open-addressing table over an array of labels, whose texts lie in blocks that
 * double in size.  Event and channel names mostly have 4 to 16 bytes and are
 * looked up once a row, so such a label is made into two words, without a
 * branch on its length, and the table compares those instead of the text.
 *
 * Labels may come from strangers, who must not be able to choose many that meet
 * in one place: every process mixes with a random number of its own.  Codes
 * follow the order of arrival, so that no result depends on it.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "type/array.h"
#include "type/labels.h"
#include "utils/memutils.h"

#define FIRST_LABELS	16
#define FIRST_BLOCK		512
#define LARGEST_BLOCK	(64 * 1024)

/* What tells a label from others. */
typedef struct LabelKey
{
	uint64		a;				/* up to 16 bytes long: all of the text; */
	uint64		b;				/* longer: a hash of it and its first word */
	uint32		length;
} LabelKey;

typedef struct LabelSlot
{
	uint64		a;
	uint64		b;
	uint32		length;
	uint32		code;			/* LABEL_NONE: free */
} LabelSlot;

#define KEY_WHOLE_TEXT	16

/* Sparse, so that a label is mostly found at the first look. */
#define SLOTS_PER_LABEL	4

#define LABEL_SIZE		(sizeof(Label) + SLOTS_PER_LABEL * sizeof(LabelSlot))

struct LabelIndex
{
	uint32		room;			/* of the array of labels */
	uint32		mask;			/* number of slots - 1 */
	LabelSlot  *slot;
	char	   *free;			/* what is left of the newest text block */
	Size		free_size;
	Size		next_block;
	LabelNotes	notes;
};

static inline uint32
load32(const char *p)
{
	uint32		word;

	memcpy(&word, p, sizeof(word));
	return word;
}

uint64		labels_multiplier;	/* 0: not yet chosen */

static void
choose_multiplier(void)
{
	if (!pg_strong_random(&labels_multiplier, sizeof(labels_multiplier)))
		labels_multiplier = UINT64CONST(0x9E3779B97F4A7C15);
	labels_multiplier |= 1;
}

static inline uint64
mix(uint64 word)
{
	word *= labels_multiplier;
	return word ^ (word >> 32);
}

/* Of a label that is not from 4 to 16 bytes long. */
static void
make_odd_key(const char *text, uint32 length, LabelKey *key)
{
	key->a = 0;
	key->b = 0;
	if (length < 4)
	{
		for (uint32 i = 0; i < length; i++)
			key->a = (key->a << 8) | (unsigned char) text[i];
		return;
	}
	key->a = hash_bytes_extended((const unsigned char *) text, length, labels_multiplier);
	memcpy(&key->b, text, sizeof(key->b));
}

/*
 * Four words of four bytes, which overlap as the length demands, cover any text
 * of 4 to 16 bytes.
 */
static inline LabelKey
make_key(const char *text, uint32 length)
{
	LabelKey	key;

	key.length = length;
	if (likely(length >= 4 && length <= KEY_WHOLE_TEXT))
	{
		uint32		step = (length >> 3) << 2;
		const char *end = text + length - 4;

		key.a = ((uint64) load32(text) << 32) | load32(text + step);
		key.b = ((uint64) load32(end) << 32) | load32(end - step);
	}
	else
		make_odd_key(text, length, &key);
	return key;
}

static inline uint32
hash_key(const LabelKey *key)
{
	return (uint32) (mix(mix(key->a) + (key->b ^ key->length)) >> 16);
}

Labels *
labels_create(MemoryContext context)
{
	static uint64 last_id = 0;
	struct LabelIndex *index;
	Labels	   *labels;
	Size		size = sizeof(Labels) + sizeof(struct LabelIndex);

	if (labels_multiplier == 0)
		choose_multiplier();
	labels = MemoryContextAllocZero(context, size);
	index = (struct LabelIndex *) (labels + 1);
	labels->context = context;
	labels->id = ++last_id;
	labels->index = index;
	labels->notes = &index->notes;

	index->room = FIRST_LABELS;
	labels->label = MemoryContextAlloc(context, FIRST_LABELS * sizeof(Label));
	index->mask = SLOTS_PER_LABEL * FIRST_LABELS - 1;
	index->slot = MemoryContextAllocZero(context, (index->mask + 1) * sizeof(LabelSlot));
	index->next_block = FIRST_BLOCK;

	labels->label[LABEL_NONE].text = "";
	labels->label[LABEL_NONE].length = 0;
	labels->count = 1;
	labels->bytes = size + FIRST_LABELS * LABEL_SIZE;
	return labels;
}

Size
labels_share(void)
{
	return get_hash_memory_limit() / 16;
}

/* A copy of the text in the newest block, or in a block of its own. */
static char *
store_text(Labels *labels, const char *text, uint32 length)
{
	struct LabelIndex *index = labels->index;
	char	   *copy;

	if (length > index->free_size || index->free == NULL)
	{
		Size		block = index->next_block;

		if (length > block / 4)
		{
			copy = MemoryContextAllocHuge(labels->context, length);
			labels->bytes += length;
			memcpy(copy, text, length);
			return copy;
		}
		index->free = MemoryContextAlloc(labels->context, block);
		index->free_size = block;
		index->next_block = Min(2 * block, LARGEST_BLOCK);
		labels->bytes += block;
	}
	copy = index->free;
	memcpy(copy, text, length);
	index->free += length;
	index->free_size -= length;
	return copy;
}

static inline void
put_slot(struct LabelIndex *index, const LabelKey *key, uint32 code)
{
	uint32		i = hash_key(key) & index->mask;

	while (index->slot[i].code != LABEL_NONE)
		i = (i + 1) & index->mask;
	index->slot[i].a = key->a;
	index->slot[i].b = key->b;
	index->slot[i].length = key->length;
	index->slot[i].code = code;
}

/* Doubles the room for labels and the slots. */
static void
grow(Labels *labels)
{
	struct LabelIndex *index = labels->index;
	LabelSlot  *slot;
	Size		room = (Size) index->room * 2;

	if (room > PG_UINT32_MAX / SLOTS_PER_LABEL)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many different event and channel names"),
				 errdetail("There are more than %u.", index->room)));

	labels->label = array_realloc(labels->label, room, sizeof(Label));
	slot = MemoryContextAllocExtended(labels->context,
									  array_size(room, SLOTS_PER_LABEL * sizeof(LabelSlot)),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	pfree(index->slot);
	labels->bytes += index->room * LABEL_SIZE;
	index->slot = slot;
	index->mask = SLOTS_PER_LABEL * room - 1;
	index->room = room;
	for (uint32 code = 1; code < labels->count; code++)
	{
		LabelKey	key = make_key(labels->label[code].text, labels->label[code].length);

		put_slot(index, &key, code);
	}
}

/* A label that is not in the table gets the next code. */
static uint32
add_label(Labels *labels, const char *text, const LabelKey *key)
{
	uint32		code = labels->count;

	if (code == labels->index->room)
		grow(labels);
	labels->label[code].text = store_text(labels, text, key->length);
	labels->label[code].length = key->length;
	labels->count++;
	put_slot(labels->index, key, code);
	return code;
}

/* The code of a label, or LABEL_NONE. */
static inline uint32
find_key(const Labels *labels, const char *text, const LabelKey *key)
{
	const struct LabelIndex *index = labels->index;

	for (uint32 i = hash_key(key) & index->mask;; i = (i + 1) & index->mask)
	{
		const LabelSlot *slot = &index->slot[i];

		if (slot->code == LABEL_NONE)
			return LABEL_NONE;
		if (slot->a == key->a && slot->b == key->b && slot->length == key->length &&
			(key->length <= KEY_WHOLE_TEXT ||
			 memcmp(labels->label[slot->code].text, text, key->length) == 0))
			return slot->code;
	}
}

uint32
labels_intern(Labels *labels, const char *text, uint32 length)
{
	LabelKey	key = make_key(text, length);
	uint32		code = find_key(labels, text, &key);

	return likely(code != LABEL_NONE) ? code : add_label(labels, text, &key);
}

uint32
labels_find(const Labels *labels, const char *text, uint32 length)
{
	LabelKey	key = make_key(text, length);

	return find_key(labels, text, &key);
}

int
labels_compare(const Labels *labels, uint32 a, uint32 b)
{
	int			order = a == b ? 0 : label_compare(&labels->label[a], &labels->label[b]);

	/* LABEL_NONE and an interned empty label are two */
	return order ? order : (a > b) - (a < b);
}

/* Makes an array of uint32, zeroed beyond "used", as large as "size". */
static uint32 *
grow_codes(MemoryContext context, uint32 *codes, uint32 used, uint32 size)
{
	codes = array_grow(context, codes, size, sizeof(uint32));
	memset(codes + used, 0, (Size) (size - used) * sizeof(uint32));
	return codes;
}

LabelNotes *
labels_notes(const Labels *labels)
{
	LabelNotes *notes = labels->notes;

	if (notes->size < labels->count)
	{
		uint32		size = labels->index->room;

		notes->event_code = grow_codes(labels->context, notes->event_code, notes->size, size);
		notes->channel_code = grow_codes(labels->context, notes->channel_code, notes->size, size);
		notes->note = array_grow(labels->context, notes->note, size, sizeof(LabelNote));
		memset(notes->note + notes->size, 0, (size - notes->size) * sizeof(LabelNote));
		notes->size = size;
	}
	if (++notes->stamp == 0)
	{
		memset(notes->note, 0, notes->size * sizeof(LabelNote));
		notes->stamp = 1;
	}
	return notes;
}

uint32
labels_translate(const Labels *from, uint32 code, Labels *to)
{
	LabelNotes *notes = from->notes;
	uint32		result;

	if (code == LABEL_NONE || from == to)
		return code;
	if (notes->target != to->id)
	{
		if (notes->translated)
			memset(notes->translated, 0, (Size) notes->translated_size * sizeof(uint32));
		notes->target = to->id;
	}
	if (code >= notes->translated_size)
	{
		uint32		size = from->index->room;

		notes->translated = grow_codes(from->context, notes->translated,
									   notes->translated_size, size);
		notes->translated_size = size;
	}
	Assert(notes->translated != NULL);
	result = notes->translated[code];
	if (result == LABEL_NONE)
	{
		result = labels_intern(to, from->label[code].text, from->label[code].length);
		notes->translated[code] = result;
	}
	return result;
}
