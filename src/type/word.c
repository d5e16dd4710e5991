/*
 * word.c
 *		The bare words of labels: which characters beyond ASCII need quotes.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "type/word.h"

#define IS_JOINER(c)	((c) == 0x200C || (c) == 0x200D)

#define JOINER_BYTES	3

/* In order: blanks, punctuation, arrows, and what formats or is not seen. */
static const struct
{
	pg_wchar	first;
	pg_wchar	last;
}			refused[] =
{
	{0x0080, 0x00A0},			/* controls, no-break space */
	{0x00AB, 0x00AB},			/* quotes */
	{0x00AD, 0x00AD},			/* soft hyphen */
	{0x00BB, 0x00BB},
	{0x0600, 0x0605},			/* Arabic format characters */
	{0x061C, 0x061C},
	{0x06DD, 0x06DD},
	{0x070F, 0x070F},
	{0x0890, 0x0891},
	{0x08E2, 0x08E2},
	{0x1680, 0x1680},			/* Ogham space */
	{0x180E, 0x180E},			/* Mongolian separator */
	{0x2000, 0x206F},			/* general punctuation */
	{0x2190, 0x21FF},			/* arrows */
	{0x2794, 0x2794},
	{0x2798, 0x27AF},
	{0x27B1, 0x27BE},
	{0x27F0, 0x27FF},
	{0x2900, 0x297F},
	{0x2B00, 0x2B11},
	{0x2B30, 0x2B4F},
	{0x2B5A, 0x2B73},
	{0x2B76, 0x2B95},
	{0x2B98, 0x2BB9},
	{0x2BEC, 0x2BEF},
	{0x3000, 0x3003},			/* wide blank, punctuation and quotes */
	{0x3008, 0x3011},
	{0x3014, 0x301F},
	{0xFEFF, 0xFEFF},			/* byte-order mark */
	{0xFF01, 0xFF0F},			/* wide forms of ASCII's signs */
	{0xFF1A, 0xFF20},
	{0xFF3B, 0xFF40},
	{0xFF5B, 0xFF65},
	{0xFFE9, 0xFFEC},			/* narrow arrows */
	{0xFFF9, 0xFFFB},			/* annotations */
	{0x110BD, 0x110BD},
	{0x110CD, 0x110CD},
	{0x13430, 0x1343F},
	{0x1BCA0, 0x1BCA3},
	{0x1D173, 0x1D17A},
	{0x1F800, 0x1F8FF},			/* arrows */
	{0xE0000, 0xE007F}			/* tags */
};

static bool
is_refused(pg_wchar c)
{
	int			low = 0;
	int			high = lengthof(refused);

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (c > refused[middle].last)
			low = middle + 1;
		else if (c < refused[middle].first)
			high = middle;
		else
			return true;
	}
	return false;
}

/* The UTF-8 character at "text" and its bytes; 0 where none ends by "end". */
static int
get_character(const char *text, const char *end, pg_wchar *c)
{
	int			bytes = text < end ? pg_encoding_mblen(PG_UTF8, text) : 0;

	*c = 0;
	if (bytes > end - text)
		return 0;
	if (bytes > 0)
		*c = utf8_to_unicode((const unsigned char *) text);
	return bytes;
}

/* A joiner stands between two characters that are beyond ASCII and need no quotes. */
int
word_wide_bytes(const char *text, const char *end)
{
	pg_wchar	c;
	int			bytes;

	if (GetDatabaseEncoding() != PG_UTF8)
		return 1;
	bytes = get_character(text, end, &c);
	if (bytes == 0)
		return 1;				/* no character at all: others say so */
	if (is_refused(c))
		return 0;
	if (get_character(text + bytes, end, &c) == JOINER_BYTES && IS_JOINER(c) &&
		get_character(text + bytes + JOINER_BYTES, end, &c) > 1 && !is_refused(c))
		bytes += JOINER_BYTES;
	return bytes;
}

char *
word_refused(const char *text, const char *end)
{
	pg_wchar	c;

	if (text >= end || (unsigned char) *text < 0x80 || word_wide_bytes(text, end) > 0)
		return NULL;
	(void) get_character(text, end, &c);
	return psprintf("U+%04X", (unsigned int) c);
}

bool
word_is_bare(const char *text, int length)
{
	const char *end = text + length;
	int			bytes;

	for (; text < end; text += bytes)
	{
		bytes = word_bytes(text, end);
		if (bytes == 0)
			return false;
	}
	return true;
}
