/*
 * codec_private.h
 *		The layout of a journey's bytes, shared by the codec's reader and
 *		writer and nobody else.  doc/format.md describes it.
 *
 * Numbers of more than one byte are little-endian and nothing is aligned.
 */
#ifndef JOURNEY_TYPE_CODEC_PRIVATE_H
#define JOURNEY_TYPE_CODEC_PRIVATE_H

#include "port/pg_bitutils.h"
#include "port/pg_bswap.h"

#include "type/codec.h"

/* The version that is written.  Every version that ever was one is read. */
#define FORMAT_VERSION		1

/* The second byte. */
#define FLAG_UNIT			0x03	/* UNIT_... */
#define FLAG_CHANNELS		0x04
#define FLAG_VALUES			0x08
#define FLAG_SCORES			0x10
#define FLAG_VALUES_RAW		0x20
#define FLAG_SCORES_RAW		0x40
#define FLAG_RESERVED		0x80

#define UNIT_SECOND			0
#define UNIT_MILLISECOND	1
#define UNIT_MICROSECOND	2

/* The first byte of a column of numbers. */
#define NUMBERS_ALL			0
#define NUMBERS_SOME		1		/* a bitmap of those present follows */

#define DECIMAL_MAX_SCALE	15
#define DECIMAL_MAX_INTEGER	9007199254740992.0	/* 2^53 */

#define VARINT_MAX_SIZE		10

/*
 * At most this many bytes come before the dictionaries: version, flags, count,
 * first time, span, two numbers of labels, size of the dictionaries.
 */
#define HEADER_MAX_SIZE		(2 + VARINT_MAX_SIZE + 8 + 4 * VARINT_MAX_SIZE)

extern const int64 journey_unit[];	/* microseconds, by UNIT_... */
extern const double journey_power[];	/* of ten, up to DECIMAL_MAX_SCALE */

/* What is still to be read. */
typedef struct Cursor
{
	const unsigned char *p;
	const unsigned char *end;
} Cursor;

/* Local codes of one of a journey's dictionaries -> codes of the labels. */
typedef struct CodeMap
{
	uint32	   *code;
	uint32		room;
	uint32		count;
} CodeMap;

/* The error of bytes that make no sense; the detail is a sentence. */
extern void journey_corrupt(const char *detail) pg_attribute_noreturn();

/* A varint, byte by byte. */
extern uint64 journey_long_varint(Cursor *cursor);

/*
 * Everything before the dictionaries.  Leaves the cursor at them and returns
 * the flags.
 */
extern int	journey_parse_header(Cursor *cursor, JourneyHeader *header);

/*
 * A second format, for a build that tests whether everything works with values of
 * two: test/format.c, which is linked into no other build.
 */
#ifdef JOURNEY_TEST_FORMAT

#define TEST_FORMAT			0xf1

/* Shall this journey be written in it? */
extern bool journey_test_format_wanted(void);

/* As journey_encode, journey_parse_header, and what read_columns does. */
extern struct varlena *journey_encode_test(const JourneyColumns *columns);
extern int	journey_parse_test_header(Cursor *cursor, JourneyHeader *header);
extern void journey_read_test_columns(Cursor *cursor, const JourneyHeader *header,
									  const CodeMap *events, const CodeMap *channels,
									  TimestampTz *at, uint32 *event, uint32 *channel,
									  double *value, double *score);

#endif

static inline Size
left(const Cursor *cursor)
{
	return cursor->end - cursor->p;
}

static inline uint64
get_word(const unsigned char *p)
{
	uint64		word;

	memcpy(&word, p, sizeof(word));
#ifdef WORDS_BIGENDIAN
	word = pg_bswap64(word);
#endif
	return word;
}

static inline unsigned char *
put_word(unsigned char *p, uint64 word)
{
#ifdef WORDS_BIGENDIAN
	word = pg_bswap64(word);
#endif
	memcpy(p, &word, sizeof(word));
	return p + sizeof(word);
}

static inline unsigned char *
put_varint(unsigned char *p, uint64 number)
{
	for (; number >= 0x80; number >>= 7)
		*p++ = (unsigned char) (number | 0x80);
	*p++ = (unsigned char) number;
	return p;
}

static inline int
varint_size(uint64 number)
{
	return number ? pg_leftmost_one_pos64(number) / 7 + 1 : 1;
}

/* A varint of a header, which mostly is one byte. */
static inline uint64
get_varint(Cursor *cursor)
{
	if (likely(cursor->p < cursor->end && *cursor->p < 0x80))
		return *cursor->p++;
	return journey_long_varint(cursor);
}

/* The next label of a dictionary. */
static inline const char *
get_label(Cursor *cursor, uint32 *length)
{
	uint64		size = get_varint(cursor);
	const char *text = (const char *) cursor->p;

	if (size == 0 || size > left(cursor))
		journey_corrupt("Its dictionary is impossible.");
	cursor->p += size;
	*length = (uint32) size;
	return text;
}

/* Bits a code takes when there are this many different ones. */
static inline int
code_width(uint32 codes)
{
	if (codes <= 1)
		return 0;
	if (codes <= 2)
		return 1;
	if (codes <= 4)
		return 2;
	if (codes <= 16)
		return 4;
	if (codes <= 256)
		return 8;
	if (codes <= 65536)
		return 16;
	return 32;
}

#endif							/* JOURNEY_TYPE_CODEC_PRIVATE_H */
