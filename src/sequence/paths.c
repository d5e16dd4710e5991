/*
 * paths.c
 *		journey_paths: the most frequent paths.
 *
 * A path's key is its text, and how many events it has; behind that stand the bytes
 * that each takes where a name holds what stands between names, since there paths that
 * differ may be one text.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "pattern/interval.h"
#include "sequence/sequence_private.h"
#include "type/path.h"

/* Of the separator, once. */
#define PATH_MARK	'>'

static const TallySlot path_slots[] = {
	{"journeys", TALLY_COUNT},
	{"times", TALLY_DURATIONS},
	{"value", TALLY_SUM}
};

enum
{
	PATH_JOURNEYS,
	PATH_TIMES,
	PATH_VALUE
};

static const TallyShape path_shape = {
	"path", 2, lengthof(path_slots), path_slots, 0, 0, NULL
};

/* Columns of path_count. */
enum
{
	PATHS_PATH,
	PATHS_LENGTH,
	PATHS_JOURNEYS,
	PATHS_SHARE,
	PATHS_COVERAGE,
	PATHS_MEDIAN_SECONDS,
	PATHS_VALUE
};

static const RowColumn path_columns[] = {
	{"path", TEXTOID},
	{"length", INT4OID},
	{"journeys", INT8OID},
	{"share", FLOAT8OID},
	{"coverage", FLOAT8OID},
	{"median_seconds", FLOAT8OID},
	{"value", FLOAT8OID}
};

typedef struct PathsPlan
{
	AnalysisPlan plan;
	int64		steps;			/* from the start, or negative: from the end; 0: all */
	int64		top;
	StringInfoData length;		/* of a path, as its key has it */
} PathsPlan;

static AnalysisPlan *
paths_configure(const ArgumentValue *value)
{
	PathsPlan  *paths = palloc0(sizeof(PathsPlan));

	sequence_check_top(value[1].number);
	if (!value[0].null && value[0].number == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("steps must not be zero"),
				 errhint("Null stands for whole journeys, a negative number for steps before the end.")));
	paths->steps = value[0].number;
	paths->top = value[1].number;
	initStringInfo(&paths->length);
	paths->plan.columns = COLUMN_VALUE;
	paths->plan.shapes = 1;
	paths->plan.shape = &path_shape;
	return &paths->plan;
}

/* The second part of the key of a path with this text; as bytes in the order of its numbers. */
static Label
spell_length(PathsPlan *paths, const JourneyColumns *columns, int64 first, int64 end,
			 const Label *text)
{
	StringInfo	length = &paths->length;
	int64		marks = 0;

	for (uint32 i = 0; i < text->length; i++)
		marks += text->text[i] == PATH_MARK;
	resetStringInfo(length);
	appendStringInfo(length, "%010lld", (long long) (end - first));
	for (int64 i = first; i < end && marks != end - first - 1; i++)
	{
		if ((i & 0xfffff) == 0xfffff)
			CHECK_FOR_INTERRUPTS();
		appendStringInfo(length, " %010u", columns->labels->label[columns->event[i]].length);
	}
	return (Label) {length->data, length->len};
}

/* The row of the path from touchpoint "first" up to "end". */
static uint32
path_row(PathsPlan *paths, const JourneyColumns *columns, int64 first, int64 end, Tally **tally)
{
	text	   *path = path_text(columns, columns->event, first, end,
								 PATH_SEPARATOR, strlen(PATH_SEPARATOR));
	Label		key[2];
	uint32		row;

	key[0] = (Label) {VARDATA(path), VARSIZE(path) - VARHDRSZ};
	key[1] = spell_length(paths, columns, first, end, &key[0]);
	row = tally_row(tally, 0, key, 2);
	pfree(path);
	return row;
}

static void
paths_count(AnalysisPlan *plan, const JourneyColumns *columns, uint64 generation, Tally **tally)
{
	PathsPlan  *paths = (PathsPlan *) plan;
	int64		first = 0;
	int64		end = columns->count;
	uint32		row;

	if (columns->count == 0)
		return;
	if (paths->steps > 0)
		end = Min(end, paths->steps);
	else if (paths->steps < 0)
		first = Max(end + paths->steps, 0);
	row = path_row(paths, columns, first, end, tally);
	tally_add_count(*tally, row, PATH_JOURNEYS, 1);
	tally_add_time(tally, row, PATH_TIMES, span_between(columns->at[first], columns->at[end - 1]));
	for (int64 i = 0; columns->value && i < columns->count; i++)
	{
		if ((i & 0xfffff) == 0xfffff)
			CHECK_FOR_INTERRUPTS();
		if (!isnan(columns->value[i]))
			tally_add_value(*tally, row, PATH_VALUE, columns->value[i]);
	}
}

/* The top paths alone and all others in one row, which has a null key; its number. */
static uint32
fold_paths(const Tally *tally, const uint32 *top, uint32 tops, Tally **folded)
{
	static const Label others[2] = {{NULL, 0}, {NULL, 0}};
	uint32	   *to = palloc(Max(tally->rows, 1) * sizeof(uint32));
	uint32		rest;

	*folded = sequence_empty_like(tally);
	for (uint32 i = 0; i < tops; i++)
	{
		Label		key[2];

		tally_key(tally, top[i], key);
		(void) tally_row(folded, 0, key, 2);
	}
	rest = tally_row(folded, 0, others, 2);
	for (uint32 row = 0; row < tally->rows; row++)
		to[row] = rest;
	for (uint32 i = 0; i < tops; i++)
		to[top[i]] = i;
	tally_fold(folded, tally, to);
	return rest;
}

static void
report_path(const Tally *tally, uint32 row, int64 all, int64 *covered, Report *report)
{
	int64		journeys = tally_count(tally, row, PATH_JOURNEYS);
	Label		key[2];

	tally_key(tally, row, key);
	tally_sum_counts(covered, journeys);
	report_row(report);
	if (key[0].text)
		report_label(report, PATHS_PATH, &key[0]);
	else
		report_text(report, PATHS_PATH, "(other)", strlen("(other)"));
	if (key[1].text)
	{
		char	   *length = pnstrdup(key[1].text, key[1].length);

		length[strcspn(length, " ")] = '\0';
		report_integer(report, PATHS_LENGTH, pg_strtoint32(length));
	}
	report_count(report, PATHS_JOURNEYS, journeys);
	report_ratio(report, PATHS_SHARE, journeys, all);
	report_ratio(report, PATHS_COVERAGE, *covered, all);
	report_percentile(report, PATHS_MEDIAN_SECONDS, tally, row, PATH_TIMES, 50);
	report_sum(report, PATHS_VALUE, tally_sum(tally, row, PATH_VALUE));
}

static void
paths_rows(const AnalysisPlan *plan, const Tally *tally, Report *report)
{
	uint32		tops = Min(tally->rows, ((const PathsPlan *) plan)->top);
	uint32	   *row = palloc(Max(tally->rows, 1) * sizeof(uint32));
	uint32	   *top;
	Tally	   *folded;
	int64		all = 0;
	int64		covered = 0;
	uint32		rest;

	for (uint32 i = 0; i < tally->rows; i++)
	{
		row[i] = i;
		tally_sum_counts(&all, tally_count(tally, i, PATH_JOURNEYS));
	}
	top = tally_largest(tally, row, tally->rows, PATH_JOURNEYS, tops);
	rest = fold_paths(tally, top, tops, &folded);
	for (uint32 i = 0; i < tops; i++)
		report_path(folded, i, all, &covered, report);
	if (tops < tally->rows)
		report_path(folded, rest, all, &covered, report);
}

static const AnalysisArgument paths_arguments[] = {
	{"steps", ARGUMENT_INTEGER, population_null},
	{"top", ARGUMENT_INTEGER, "20"}
};

ANALYSIS(journey_paths) = {
	.name = "journey_paths",
	.version = SEQUENCE_VERSION,
	.arguments = lengthof(paths_arguments),
	.argument = paths_arguments,
	.columns = lengthof(path_columns),
	.column = path_columns,
	.configure = paths_configure,
	.count = paths_count,
	.rows = paths_rows
};

POPULATION_AGGREGATE(journey_paths, journey_paths_analysis);
