/*
 * paths.c
 *		The conversions of a journey, and the touches of each.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "credit/paths.h"
#include "type/array.h"

#define USUAL_LOOKBACK	(30 * USECS_PER_DAY)

/* Bits of the matcher's masks. */
#define TOUCH			UINT64CONST(1)
#define CONVERSION		UINT64CONST(2)

/* What a pattern has that a conversion may not have; NULL: nothing. */
static const char *
find_excess(const Pattern *pattern)
{
	for (int i = 0; i < pattern->elements; i++)
	{
		const PatternElement *element = &pattern->element[i];

		if (element->exclusion)
			return "an exclusion";
		if (element->optional)
			return "an optional step";
		if (element->next)
			return "\"=>\"";
		if (element->limit != PATTERN_NO_LIMIT)
			return "a limit at an arrow";
	}
	if (pattern->set)
		return "\"&\"";
	if (pattern->from_first)
		return "\"from first\"";
	if (pattern->same_channel)
		return "\"same channel\"";
	if (pattern->by != BY_NOTHING)
		return "\"by\"";
	return pattern->elements > 2 ? "more than two steps" : NULL;
}

static void
check_pattern(const Pattern *pattern)
{
	const char *excess = find_excess(pattern);

	if (excess)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("a conversion is one step, or a touch and a step"),
				 errdetail("\"%.*s\" has %s.", pattern->length, pattern->text, excess),
				 errhint("It is written [touch ->] conversion [within lookback], "
						 "as in (ad_click|email_click) -> purchase within 30 days.")));
}

CreditPaths *
credit_paths_create(const char *text, int length)
{
	CreditPaths *paths = palloc0(sizeof(CreditPaths));
	Pattern    *pattern = pattern_parse(text, length);

	check_pattern(pattern);
	paths->context = CurrentMemoryContext;
	paths->lookback = pattern->window == PATTERN_NO_LIMIT ? USUAL_LOOKBACK : pattern->window;
	paths->any_touch = pattern->steps == 1;
	paths->columns = COLUMN_CHANNEL;
	if (paths->any_touch)
	{
		char	   *both = psprintf("@* -> %.*s", length, text);

		pattern = pattern_parse(both, strlen(both));
	}
	paths->pattern = pattern;
	paths->matcher = matcher_create(pattern, CurrentMemoryContext);
	return paths;
}

static void
reserve(CreditPaths *paths, int64 count)
{
	if (count <= paths->room)
		return;
	paths->touch = array_renew(paths->context, paths->touch, count, sizeof(int64));
	paths->conversion = array_renew(paths->context, paths->conversion, count, sizeof(int64));
	paths->room = count;
}

CreditPaths *
credit_paths_create_bare(void)
{
	CreditPaths *paths = palloc0(sizeof(CreditPaths));

	paths->context = CurrentMemoryContext;
	return paths;
}

static void
take_up(CreditPaths *paths, const JourneyColumns *columns)
{
	paths->journey = columns;
	paths->none = labels_find(columns->labels, CREDIT_NO_CHANNEL, strlen(CREDIT_NO_CHANNEL));
	paths->touches = 0;
	paths->conversions = 0;
}

void
credit_paths_take(CreditPaths *paths, const JourneyColumns *columns)
{
	reserve(paths, columns->count);
	take_up(paths, columns);
	paths->touches = columns->count;
	for (int64 i = 0; i < columns->count; i++)
		paths->touch[i] = i;
}

void
credit_paths_load(CreditPaths *paths, const JourneyColumns *columns, uint64 generation)
{
	const int64 *touchpoint;
	const uint64 *mask;
	int64		count;

	matcher_load(paths->matcher, columns, generation);
	touchpoint = matcher_touchpoints(paths->matcher, &count);
	mask = matcher_masks(paths->matcher);
	reserve(paths, count);
	take_up(paths, columns);
	for (int64 i = 0; i < count; i++)
	{
		if ((i & 0xFFFFF) == 0xFFFFF)
			CHECK_FOR_INTERRUPTS();
		if (mask[i] & CONVERSION)
			paths->conversion[paths->conversions++] = touchpoint[i];
		else
			paths->touch[paths->touches++] = touchpoint[i];
	}
}

/* The touches of the conversion that path->number says, from path->from on. */
static void
find_touches(const CreditPaths *paths, CreditPath *path)
{
	const TimestampTz *at = paths->journey->at;
	TimestampTz end;

	path->conversion = paths->conversion[path->number];
	end = at[path->conversion];
	while (path->from < paths->touches && at[paths->touch[path->from]] < end &&
		   (uint64) end - (uint64) at[paths->touch[path->from]] > (uint64) paths->lookback)
		path->from++;
	path->to = Max(path->to, path->from);
	while (path->to < paths->touches && at[paths->touch[path->to]] <= end)
		path->to++;
}

bool
credit_path_first(const CreditPaths *paths, CreditScope scope, CreditPath *path)
{
	*path = (CreditPath) {.scope = scope};
	if (paths->conversions == 0)
		return false;
	if (scope == CREDIT_LAST)
		path->number = paths->conversions - 1;
	find_touches(paths, path);
	return true;
}

bool
credit_path_next(const CreditPaths *paths, CreditPath *path)
{
	if (path->scope == CREDIT_FIRST || path->number + 1 >= paths->conversions)
		return false;
	CHECK_FOR_INTERRUPTS();
	path->number++;
	if (path->scope == CREDIT_EXCLUSIVE)
		path->from = path->to;
	find_touches(paths, path);
	return true;
}

bool
credit_path_rest(const CreditPaths *paths, CreditPath *path)
{
	const TimestampTz *at = paths->journey->at;

	*path = (CreditPath) {.scope = CREDIT_EXCLUSIVE, .number = paths->conversions,
						  .conversion = -1, .to = paths->touches};
	if (paths->conversions > 0)
	{
		TimestampTz last = at[paths->conversion[paths->conversions - 1]];

		for (path->from = paths->touches;
			 path->from > 0 && at[paths->touch[path->from - 1]] > last;)
			path->from--;
	}
	return path->from < path->to;
}
