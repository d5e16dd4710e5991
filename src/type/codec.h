/*
 * codec.h
 *		journey bytes <-> columns: the only code that knows the format, which
 *		doc/format.md describes.
 */
#ifndef JOURNEY_TYPE_CODEC_H
#define JOURNEY_TYPE_CODEC_H

#include "type/columns.h"

/*
 * What the first bytes of a journey tell.  Label text points into the bytes
 * that were handed in.
 */
typedef struct JourneyHeader
{
	int			format;			/* version of the layout */
	int64		count;
	TimestampTz first;			/* meaningless when count is 0 */
	TimestampTz last;
	int			columns;		/* COLUMN_... that are present */
	uint32		events;			/* sizes of the two dictionaries, without */
	uint32		channels;		/* LABEL_NONE */
	const char *dictionary;		/* both, events first, as stored */
	Size		dictionary_size;
} JourneyHeader;

/*
 * Reads a header.  The datum may be toasted; only as much of it is fetched as
 * is needed (with_dictionary: the two dictionaries, too), and a short varlena
 * header is read in place.  Pointers in *header stay valid as long as the datum or
 * the current memory context, whichever ends first.
 */
extern void journey_read_header(Datum journey, bool with_dictionary, JourneyHeader *header);

/*
 * Is a detoasted journey of the format that is written now?  Of two such ones the
 * bytes are equal if the journeys are, and only then.
 */
extern bool journey_is_current(const struct varlena *journey);

/*
 * The next label of a header's dictionary, from "position", which begins at
 * header->dictionary: sets text and length, returns the new position.
 */
extern const char *journey_next_label(const JourneyHeader *header, const char *position,
									  const char **text, uint32 *length);

/*
 * A reader decodes one journey after another into the same scratch columns.
 * It interns labels in a table of its own, and does so only when a journey's
 * dictionary differs from that of the journey before.
 */
typedef struct JourneyReader JourneyReader;

extern JourneyReader *journey_reader_create(MemoryContext context);

/*
 * The columns of a journey: at and event always, the others if wanted
 * (COLUMN_...).  They stay valid until the next call, and those of
 * COLUMN_VALUE_SELDOM as long as the datum, too.  A reader may forget its labels and
 * start with new ones when there are very many; *generation of
 * journey_reader_labels() tells.
 */
extern const JourneyColumns *journey_read(JourneyReader *reader, Datum journey, int wanted);

/* The reader of a function's call site, kept in fn_extra, which is its alone. */
extern JourneyReader *journey_call_reader(FunctionCallInfo fcinfo);

/* The reader's labels; "generation" changes when codes were given out anew. */
extern Labels *journey_reader_labels(JourneyReader *reader, uint64 *generation);

/*
 * The journey value (a palloc'd varlena in the current memory context) of
 * columns that are in canonical order.  An error says so if it would not fit a datum.
 */
extern struct varlena *journey_encode(const JourneyColumns *columns);

/* The same of the touchpoints from "first" up to "end", which is left out. */
extern struct varlena *journey_encode_range(const JourneyColumns *columns, int64 first, int64 end);

/*
 * A journey with other labels in one of its dictionaries: map[code] instead of
 * code, codes below "mapped" being those of a reader that has read the journey.
 * Touchpoints must stay in order.  NULL if that takes more than a new
 * dictionary, since labels become one, or appear, or vanish, or since the journey
 * is not of the format that is written now.
 */
extern struct varlena *journey_relabel(Datum journey, bool channels, Labels *labels,
									   const uint32 *map, uint32 mapped);

#endif							/* JOURNEY_TYPE_CODEC_H */
