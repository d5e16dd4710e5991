/*
 * path.c
 *		Paths: the labels of touchpoints in time order, as one text.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "type/path.h"

/* The size of a path: its labels, and separators between them. */
static Size
path_size(const Label *label, const uint32 *code, int64 count, Size separator)
{
	uint64		size = 0;
	uint64		labels = 0;

	for (int64 i = 0; i < count; i++)
	{
		if ((i & 0xfffff) == 0xfffff)
			CHECK_FOR_INTERRUPTS();
		size += label[code[i]].length;
		labels += code[i] != LABEL_NONE;
	}
	if (labels > 0)
		size += (labels - 1) * separator;
	if (size > MaxAllocSize - VARHDRSZ)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("path of a journey is too large"),
				 errdetail("Its %llu labels take %llu bytes, more than the 1 GB that a value can have.",
						   (unsigned long long) labels, (unsigned long long) size),
				 errhint("Slice the journey, or use a shorter separator.")));
	return size;
}

text *
path_text(const JourneyColumns *columns, const uint32 *code, int64 first, int64 end,
		  const char *separator, Size separator_length)
{
	const Label *label = columns->labels->label;
	Size		size = code ? path_size(label, code + first, end - first, separator_length) : 0;
	text	   *path = palloc(VARHDRSZ + size);
	char	   *start = VARDATA(path);
	char	   *p = start;

	SET_VARSIZE(path, VARHDRSZ + size);
	for (int64 i = first; p < start + size; i++)
	{
		if ((i & 0xfffff) == 0xfffff)
			CHECK_FOR_INTERRUPTS();
		if (code[i] == LABEL_NONE)
			continue;
		if (p > start)
		{
			memcpy(p, separator, separator_length);
			p += separator_length;
		}
		memcpy(p, label[code[i]].text, label[code[i]].length);
		p += label[code[i]].length;
	}
	return path;
}
