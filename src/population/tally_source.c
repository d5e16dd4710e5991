/*
 * tally_source.c
 *		The parts that the forms of journey_tally are made of: marks, words,
 *		numbers and texts, from a text or from a message.
 */
#include "postgres.h"

#include <math.h>

#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"

#include "compat.h"
#include "population/tally_source_private.h"

void
source_invalid(const Source *source, const char *what)
{
	if (source->message)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary journey_tally"),
				 errdetail("Invalid %s before byte %d.", what, source->message->cursor)));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type journey_tally"),
			 errdetail("Expected %s at character %d.", what,
					   pg_mbstrlen_with_len(source->text, source->at - source->text) + 1)));
	pg_unreachable();
}

void
source_skip_space(Source *source)
{
	Assert(source->at != NULL);
	while (*source->at == ' ' || (*source->at >= '\t' && *source->at <= '\r'))
		source->at++;
}

/* Is this character next in the text?  If so it is taken. */
bool
source_take(Source *source, char mark)
{
	source_skip_space(source);
	if (*source->at != mark)
		return false;
	source->at++;
	return true;
}

void
source_get_mark(Source *source, char mark, const char *what)
{
	if (!source->message && !source_take(source, mark))
		source_invalid(source, what);
}

/*
 * A word or number of the text, copied to "word", which has room for
 * SOURCE_MAX_WORD bytes and the end.
 */
void
source_get_word(Source *source, char *word, const char *what)
{
	size_t		length;

	source_skip_space(source);
	length = strcspn(source->at, " \t\n\v\f\r[]()\"");
	if (length == 0 || length > SOURCE_MAX_WORD)
		source_invalid(source, what);
	memcpy(word, source->at, length);
	word[length] = '\0';
	source->at += length;
}

/*
 * Begins a list.  Items of a message take so many bytes at least, which limits
 * their number before anything is allocated.
 */
uint32
source_get_list(Source *source, int least_size)
{
	uint32		count;

	if (!source->message)
	{
		source_get_mark(source, '[', "\"[\"");
		return 0;
	}
	count = pq_getmsgint(source->message, 4);
	if (count > (source->message->len - source->message->cursor) / least_size)
		source_invalid(source, "number of items");
	return count;
}

/* Is there another item?  Counts down, in a message. */
bool
source_get_more(Source *source, uint32 *count)
{
	if (!source->message)
		return !source_take(source, ']');
	return (*count)-- > 0;
}

/* Digits to a number of two words; false if there is anything else, or too much. */
bool
source_parse_wide(const char *digits, uint64 *low, int64 *high)
{
	uint32		limb[4] = {0, 0, 0, 0};

	if (*digits == '\0')
		return false;
	for (; *digits; digits++)
	{
		uint64		carry = *digits - '0';

		if (*digits < '0' || *digits > '9')
			return false;
		for (int i = 0; i < 4; i++)
		{
			carry += (uint64) limb[i] * 10;
			limb[i] = (uint32) carry;
			carry >>= 32;
		}
		if (carry != 0 || limb[3] > PG_INT32_MAX)
			return false;
	}
	*low = limb[0] | ((uint64) limb[1] << 32);
	*high = limb[2] | ((int64) limb[3] << 32);
	return true;
}

void
source_get_wide(Source *source, uint64 *low, int64 *high, const char *what)
{
	char		word[SOURCE_MAX_WORD + 1];

	if (source->message)
	{
		*high = pq_getmsgint64(source->message);
		*low = pq_getmsgint64(source->message);
		if (*high < 0)
			source_invalid(source, what);
		return;
	}
	source_get_word(source, word, what);
	if (!source_parse_wide(word, low, high))
		source_invalid(source, what);
}

uint64
source_get_unsigned(Source *source, const char *what)
{
	uint64		low;
	int64		high;

	if (source->message)
		return pq_getmsgint64(source->message);
	source_get_wide(source, &low, &high, what);
	if (high != 0)
		source_invalid(source, what);
	return low;
}

int64
source_get_integer(Source *source, const char *what)
{
	bool		minus;
	uint64		number;

	if (source->message)
		return pq_getmsgint64(source->message);
	minus = source_take(source, '-');
	number = source_get_unsigned(source, what);
	if (number > (uint64) PG_INT64_MAX + (minus ? 1 : 0))
		source_invalid(source, what);
	return minus ? (int64) -number : (int64) number;
}

int64
source_get_count(Source *source, const char *what)
{
	int64		count = source_get_integer(source, what);

	if (count < 0)
		source_invalid(source, what);
	return count;
}

double
source_get_double(Source *source)
{
	const char *what = "a finite number";
	char		word[SOURCE_MAX_WORD + 1];
	char	   *end;
	double		number;

	if (source->message)
		number = pq_getmsgfloat8(source->message);
	else
	{
		source_get_word(source, word, what);
		number = strtod(word, &end);
		if (*end != '\0' || strspn(word, "+-.0123456789eE") != strlen(word))
			source_invalid(source, what);
	}
	if (!isfinite(number))
		source_invalid(source, what);
	return number;
}

static char *
get_quoted(Source *source, uint32 *length)
{
	const char *end = source->at;
	char	   *text;
	char	   *to;

	for (; *end != '"' || *++end == '"'; end++)
		if (*end == '\0')
			source_invalid(source, "a quoted text");
	text = to = palloc(end - source->at);
	for (const char *from = source->at; from < end - 1; from++)
	{
		*to++ = *from;
		if (*from == '"')
			from++;
	}
	*length = to - text;
	source->at = end;
	return text;
}

/* A palloc'd text; NULL only if that is allowed. */
char *
source_get_string(Source *source, uint32 *length, bool nullable)
{
	char		word[SOURCE_MAX_WORD + 1];
	int			bytes;
	char	   *text;

	*length = 0;
	if (!source->message)
	{
		if (source_take(source, '"'))
			return get_quoted(source, length);
		if (!nullable)
			source_invalid(source, "a quoted text");
		source_get_word(source, word, "a quoted text or null");
		if (strcmp(word, "null") != 0)
			source_invalid(source, "a quoted text or null");
		return NULL;
	}
	bytes = (int32) pq_getmsgint(source->message, 4);
	if (bytes == -1 && nullable)
		return NULL;
	if (bytes < 0)
		source_invalid(source, "length of a text");
	text = pq_getmsgtext(source->message, bytes, &bytes);
	*length = bytes;
	return text;
}

/* A name: a text that C can hold. */
char *
source_get_name(Source *source, const char *what)
{
	uint32		length;
	char	   *text = source_get_string(source, &length, false);
	char	   *name = pnstrdup(text, length);

	if (length == 0 || strlen(name) != length)
		source_invalid(source, what);
	pfree(text);
	return name;
}
