/*
 * labels.h
 *		Text labels <-> small codes, once per call site.
 *
 * Every label (event or channel) that a call site meets gets a code: 1, 2, 3,
 * ... in order of arrival; equal bytes have equal codes.  Code 0, LABEL_NONE,
 * is "no label", with empty text.  Whoever thinks something about a label (which steps it
 * may serve, say) keeps an array indexed by code and extends it when
 * labels_count() has grown.
 */
#ifndef JOURNEY_TYPE_LABELS_H
#define JOURNEY_TYPE_LABELS_H

#include "fmgr.h"

#define LABEL_NONE	((uint32) 0)

typedef struct Label
{
	const char *text;			/* not terminated */
	uint32		length;
} Label;

typedef struct Labels Labels;

struct Labels
{
	MemoryContext context;		/* all of the table lives here */
	uint64		id;				/* unlike that of any other table of this process */
	uint32		count;			/* codes below this one are in use */
	Label	   *label;			/* by code; moves when the table grows */
	Size		bytes;			/* memory held */
	Size		freely;			/* what it may hold before labels go elsewhere, or 0 */
	struct LabelIndex *index;	/* private */
	struct LabelNotes *notes;	/* private */
};

/*
 * What the codec notes about labels while it writes one journey: the places
 * of a label in the journey's two dictionaries.  A place is valid if its stamp
 * is the current one, so that nothing has to be cleared between journeys.
 */
typedef struct LabelNote
{
	uint32		event_stamp;
	uint32		event;
	uint32		channel_stamp;
	uint32		channel;
} LabelNote;

typedef struct LabelNotes
{
	uint32		size;			/* of the arrays below */
	uint32		stamp;
	LabelNote  *note;			/* by code */
	uint32	   *event_code;		/* the dictionaries: codes by place */
	uint32	   *channel_code;
	uint64		target;			/* id of the table the translation leads to */
	uint32		translated_size;
	uint32	   *translated;		/* by code; LABEL_NONE: not yet translated */
} LabelNotes;

/*
 * An odd random number, another one in each process, for hashes of what strangers may
 * choose; it is there once there is a table.
 */
extern uint64 labels_multiplier;

/* A new, empty table in the given context. */
extern Labels *labels_create(MemoryContext context);

/*
 * What a table may hold that outlives the groups of an aggregation, and so is not
 * counted with them: a sixteenth of the memory of one hash table.
 */
extern Size labels_share(void);

/* The code of a label, which is copied into the table when it is new. */
extern uint32 labels_intern(Labels *labels, const char *text, uint32 length);

/* The same if it is there, else LABEL_NONE. */
extern uint32 labels_find(const Labels *labels, const char *text, uint32 length);

/* Notes with room for all labels and a fresh stamp. */
extern LabelNotes *labels_notes(const Labels *labels);

/*
 * The code in "to" of a label of "from".  Translations are remembered as long
 * as the same table is asked for.
 */
extern uint32 labels_translate(const Labels *from, uint32 code, Labels *to);

/* memcmp order. */
static inline int
label_compare(const Label *a, const Label *b)
{
	int			order = memcmp(a->text, b->text, Min(a->length, b->length));

	return order ? order : (a->length > b->length) - (a->length < b->length);
}

/* The same of two codes, LABEL_NONE first. */
extern int	labels_compare(const Labels *labels, uint32 a, uint32 b);

/* Does the table hold more than it may? */
static inline bool
labels_are_many(const Labels *labels)
{
	return labels->freely > 0 && labels->bytes > labels->freely;
}

/* How many codes are there, LABEL_NONE included? */
static inline uint32
labels_count(const Labels *labels)
{
	return labels->count;
}

#endif							/* JOURNEY_TYPE_LABELS_H */
