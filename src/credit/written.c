/*
 * written.c
 *		Paths that are written as text.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "credit/written.h"
#include "type/array.h"
#include "type/labels.h"

#define MOST_LABEL_BYTES	(8 * 1024 * 1024)

static void
reserve(WrittenPaths *paths, int64 count)
{
	if (count <= paths->room)
		return;
	count *= 2;
	paths->columns.at = array_grow(paths->context, unconstify(TimestampTz *, paths->columns.at),
								   count, sizeof(TimestampTz));
	paths->columns.channel = array_grow(paths->context,
										unconstify(uint32 *, paths->columns.channel),
										count, sizeof(uint32));
	paths->columns.event = paths->columns.channel;	/* nobody looks at it */
	paths->room = count;
}

static void
forget_labels(WrittenPaths *paths)
{
	if (paths->labels)
		MemoryContextDelete(paths->labels->context);
	paths->labels = labels_create(AllocSetContextCreate(paths->context, "journey channels",
														ALLOCSET_DEFAULT_SIZES));
	paths->columns.labels = paths->labels;
	paths->generation++;
}

static void
add_touch(WrittenPaths *paths, const char *text, int length)
{
	int64		i = paths->columns.count;

	reserve(paths, i + 1);
	unconstify(TimestampTz *, paths->columns.at)[i] = i;
	unconstify(uint32 *, paths->columns.channel)[i] = labels_intern(paths->labels, text, length);
	paths->columns.count++;
}

static void
trim(const char **text, int *length)
{
	while (*length > 0 && strchr(" \t\r\n", **text))
	{
		(*text)++;
		(*length)--;
	}
	while (*length > 0 && strchr(" \t\r\n", (*text)[*length - 1]))
		(*length)--;
}

const JourneyColumns *
written_path_read(WrittenPaths *paths, const char *text, int length)
{
	const char *all = text;
	int			all_length = length;

	if (paths->labels == NULL || paths->labels->bytes > MOST_LABEL_BYTES)
		forget_labels(paths);
	paths->columns.count = 0;
	trim(&text, &length);
	while (length > 0)
	{
		const char *end = memchr(text, '>', length);
		const char *channel = text;
		int			channel_length = end ? end - text : length;

		if ((paths->columns.count & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		trim(&channel, &channel_length);
		if (channel_length == 0 || (end && end == text + length - 1))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("path has a channel without a name"),
					 errdetail("It is \"%.*s\".", all_length, all),
					 errhint("Paths are written as in a > b > c, and '' is the one without touches.")));
		add_touch(paths, channel, channel_length);
		length -= end ? end + 1 - text : length;
		text = end + 1;
	}
	return &paths->columns;
}
