/*
 * wire.h
 *		Writing and reading the bytes of a state on its way to another process.
 *
 * Numbers are little-endian groups of seven bits, the last one without the high
 * bit; signed ones are folded so that small ones of either sign are short.
 * Reading trusts nothing: bytes that end too early are an error.
 */
#ifndef JOURNEY_KEYED_WIRE_H
#define JOURNEY_KEYED_WIRE_H

#include "fmgr.h"

#include "compat.h"

typedef struct WireWriter
{
	char	   *data;			/* a varlena in the making */
	Size		used;
	Size		room;
} WireWriter;

typedef struct WireReader
{
	const char *position;
	const char *end;
} WireReader;

#define WIRE_MAX_NUMBER	10		/* bytes of one number */

extern void wire_begin(WireWriter *writer);
extern void wire_grow(WireWriter *writer, Size size);
extern bytea *wire_end(WireWriter *writer);
extern void wire_invalid(const char *detail) pg_attribute_noreturn();

/* Makes room for so many bytes, which the wire_put_... functions take for granted. */
static inline void
wire_reserve(WireWriter *writer, Size size)
{
	if (unlikely(size > writer->room - writer->used))
		wire_grow(writer, size);
}

static inline void
wire_put_number(WireWriter *writer, uint64 number)
{
	unsigned char *p = (unsigned char *) writer->data + writer->used;

	while (number >= 0x80)
	{
		*p++ = (unsigned char) (number | 0x80);
		number >>= 7;
	}
	*p++ = (unsigned char) number;
	writer->used = (char *) p - writer->data;
}

static inline uint64
wire_fold(int64 number)
{
	return ((uint64) number << 1) ^ (uint64) (number < 0 ? -1 : 0);
}

static inline int64
wire_unfold(uint64 number)
{
	return (int64) ((number >> 1) ^ (~(number & 1) + 1));
}

static inline void
wire_put_bytes(WireWriter *writer, const char *bytes, Size length)
{
	memcpy(writer->data + writer->used, bytes, length);
	writer->used += length;
}

/* A text with its length; makes room itself. */
static inline void
wire_put_text(WireWriter *writer, const char *text, Size length)
{
	wire_reserve(writer, length + WIRE_MAX_NUMBER);
	wire_put_number(writer, length);
	wire_put_bytes(writer, text, length);
}

static inline Size
wire_left(const WireReader *reader)
{
	return reader->end - reader->position;
}

static inline const char *
wire_get_bytes(WireReader *reader, Size length)
{
	const char *bytes = reader->position;

	if (unlikely(length > wire_left(reader)))
		wire_invalid("It ends too early.");
	reader->position += length;
	return bytes;
}

static inline uint64
wire_get_number(WireReader *reader)
{
	const char *p = reader->position;
	uint64		number = 0;

	for (int shift = 0; shift < 64; shift += 7)
	{
		unsigned char byte;

		if (unlikely(p == reader->end))
			wire_invalid("It ends too early.");
		byte = (unsigned char) *p++;
		if (unlikely(shift == 63 && byte > 1))
			break;
		number |= (uint64) (byte & 0x7F) << shift;
		if (byte < 0x80)
		{
			reader->position = p;
			return number;
		}
	}
	wire_invalid("A number has more than 64 bits.");
}

/* A number that is below a limit. */
static inline uint64
wire_get_below(WireReader *reader, uint64 limit, const char *detail)
{
	uint64		number = wire_get_number(reader);

	if (unlikely(number >= limit))
		wire_invalid(detail);
	return number;
}

static inline const char *
wire_get_text(WireReader *reader, uint32 *length)
{
	*length = (uint32) wire_get_below(reader, (uint64) wire_left(reader) + 1, "It ends too early.");
	return wire_get_bytes(reader, *length);
}

#endif							/* JOURNEY_KEYED_WIRE_H */
