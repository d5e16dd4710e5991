/*
 * transition.c
 *		transition_count: how often one event follows another, and how likely
 *		each of them leads to a conversion.
 *
 * One row of the tally per pair of events: null before the first one of a
 * customer and behind the last one.  From the counts follows how often a walk that
 * goes on as customers did on average meets the conversion.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "parser/parse_func.h"

#include "population/population.h"

/* Slots of a pair. */
enum
{
	PAIR_TRANSITIONS,
	PAIR_FIRST,
	PAIR_TIMES,
	PAIR_SCORES					/* of the later touchpoint */
};

static const TallySlot pair_slots[] = {
	{"transitions", TALLY_COUNT},
	{"first", TALLY_EARLIEST},
	{"times", TALLY_DURATIONS},
	{"scores", TALLY_NUMBERS}
};

static const TallyShape pair_shape = {
	"pair", 2, lengthof(pair_slots), pair_slots, 0, 0, NULL
};

/* Columns of event_pair. */
enum
{
	COLUMN_FROM,
	COLUMN_TO,
	COLUMN_TRANSITIONS,
	COLUMN_FIRST_AT,
	COLUMN_MEDIAN_SECONDS,
	COLUMN_MEDIAN_SCORE,
	COLUMN_CONVERSION
};

static const RowColumn transition_columns[] = {
	{"from_event", TEXTOID},
	{"to_event", TEXTOID},
	{"transitions", INT8OID},
	{"first_at", TIMESTAMPTZOID},
	{"median_seconds", FLOAT8OID},
	{"median_score", FLOAT8OID},
	{"conversion", FLOAT8OID}
};

typedef struct TransitionPlan
{
	AnalysisPlan plan;
	Label		conversion;
	int64		minimum;			/* rows with fewer transitions are not shown */
	double		likely;				/* nor those from which the conversion is less likely */
	const ArgumentValue *top;	/* so many are shown, below zero the last ones; null: all */
} TransitionPlan;

static AnalysisPlan *
transition_configure(const ArgumentValue *value)
{
	TransitionPlan *transition = palloc0(sizeof(TransitionPlan));

	if (value[1].number < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("minimum must be at least 1")));
	transition->conversion = (Label) {value[0].text, value[0].length};
	transition->minimum = value[1].number;
	transition->likely = value[2].real;
	transition->top = &value[3];
	transition->plan.columns = COLUMN_SCORE;
	transition->plan.shapes = 1;
	transition->plan.shape = &pair_shape;
	return &transition->plan;
}

/* ----------
 * Counting
 * ----------
 */

static Label
event_of(const JourneyColumns *columns, int64 i)
{
	static const Label none = {NULL, 0};

	return i < 0 || i == columns->count ? none : columns->labels->label[columns->event[i]];
}

static void
transition_add(AnalysisPlan *plan, const JourneyColumns *columns, uint64 generation, Tally **tally)
{
	for (int64 i = 0; columns->count > 0 && i <= columns->count; i++)
	{
		Label		pair[2] = {event_of(columns, i - 1), event_of(columns, i)};
		uint32		row = tally_row(tally, 0, pair, 2);

		CHECK_FOR_INTERRUPTS();
		tally_add_count(*tally, row, PAIR_TRANSITIONS, 1);
		if (i == columns->count)
			break;
		tally_add_earliest(*tally, row, PAIR_FIRST, columns->at[i]);
		if (i > 0)
			tally_add_time(tally, row, PAIR_TIMES,
						   (uint64) columns->at[i] - (uint64) columns->at[i - 1]);
		if (!isnan(COLUMN_SCORE_AT(columns, i)))
			tally_add_number(tally, row, PAIR_SCORES, COLUMN_SCORE_AT(columns, i));
	}
}

/* ----------
 * Solving
 * ----------
 */

/*
 * Equations of the events in the order of their names, null last: for each the
 * transitions to each of them, and on the right side those to the conversion.
 */
typedef struct Equations
{
	int			count;
	Label	   *event;
	double	   *cell;			/* count rows of count + 1 */
} Equations;

#define CELL(equations, i, j)	((equations)->cell[(i) * ((equations)->count + 1) + (j)])

static bool
same_event(const Label *a, const Label *b)
{
	if (a->text == NULL || b->text == NULL)
		return a->text == b->text;
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static int
number_of(const Equations *equations, const Label *event)
{
	int			i = 0;

	while (i < equations->count && !same_event(&equations->event[i], event))
		i++;
	return i;
}

/* Rows of one event stand together, and every event has one: to the next, or to the end. */
static void
list_events(Equations *equations, const Tally *tally, const uint32 *row, uint32 rows)
{
	equations->event = palloc(Max(rows, 1) * sizeof(Label));
	equations->count = 0;
	for (uint32 i = 0; i < rows; i++)
	{
		Label		pair[2];

		tally_key(tally, row[i], pair);
		if (equations->count == 0 ||
			!same_event(&equations->event[equations->count - 1], &pair[0]))
			equations->event[equations->count++] = pair[0];
	}
	equations->cell = palloc0((Size) (equations->count + 1) * (equations->count + 1) *
							  sizeof(double));
}

static void
fill(Equations *equations, const Tally *tally, const uint32 *row, uint32 rows,
	 const Label *conversion)
{
	for (uint32 i = 0; i < rows; i++)
	{
		Label		pair[2];
		int			from;
		int			to;
		double		transitions = tally_count(tally, row[i], PAIR_TRANSITIONS);

		tally_key(tally, row[i], pair);
		from = number_of(equations, &pair[0]);
		CELL(equations, from, from) += transitions;
		if (same_event(&pair[1], conversion))
			CELL(equations, from, equations->count) += transitions;
		else if (pair[1].text != NULL && (to = number_of(equations, &pair[1])) < equations->count)
			CELL(equations, from, to) -= transitions;
	}
}

/*
 * Gauss and Jordan.  No row's other cells outweigh its diagonal, so no pivot need be
 * looked for; where a forged state has no way out, it is zero.
 */
static void
solve(Equations *equations)
{
	int			n = equations->count;

	for (int k = 0; k < n; k++)
	{
		double		pivot = CELL(equations, k, k);

		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j <= n; j++)
			CELL(equations, k, j) = pivot > 0 ? CELL(equations, k, j) / pivot : 0;
		for (int i = 0; i < n; i++)
		{
			double		factor = CELL(equations, i, k);

			for (int j = k; i != k && j <= n; j++)
				CELL(equations, i, j) -= factor * CELL(equations, k, j);
		}
	}
}

/* ----------
 * Rows
 * ----------
 */

static double
conversion_of(const Equations *equations, const Tally *tally, uint32 row)
{
	Label		pair[2];

	tally_key(tally, row, pair);
	return CELL(equations, number_of(equations, &pair[0]), equations->count);
}

static void
write_row(Report *report, const Tally *tally, uint32 row, const Equations *equations)
{
	Label		pair[2];

	tally_key(tally, row, pair);
	report_row(report);
	report_label(report, COLUMN_FROM, &pair[0]);
	report_label(report, COLUMN_TO, &pair[1]);
	report_count(report, COLUMN_TRANSITIONS, tally_count(tally, row, PAIR_TRANSITIONS));
	report_time(report, COLUMN_FIRST_AT, tally_earliest(tally, row, PAIR_FIRST));
	report_percentile(report, COLUMN_MEDIAN_SECONDS, tally, row, PAIR_TIMES, 50);
	report_percentile(report, COLUMN_MEDIAN_SCORE, tally, row, PAIR_SCORES, 50);
	report_number(report, COLUMN_CONVERSION, conversion_of(equations, tally, row));
}

static void
transition_rows(const AnalysisPlan *plan, const Tally *tally, Report *report)
{
	const TransitionPlan *transition = (const TransitionPlan *) plan;
	Equations	equations;
	uint32		rows;
	uint32	   *row = tally_rows(tally, 0, &rows);
	int64		top = transition->top->number;
	uint32		shown = 0;
	uint32		first = 0;

	list_events(&equations, tally, row, rows);
	fill(&equations, tally, row, rows, &transition->conversion);
	solve(&equations);
	for (uint32 i = 0; i < rows; i++)
		if (tally_count(tally, row[i], PAIR_TRANSITIONS) >= transition->minimum &&
			conversion_of(&equations, tally, row[i]) >= transition->likely)
			row[shown++] = row[i];
	if (top < 0)
		first = Max((int64) shown + top, 0);
	else if (!transition->top->null)
		shown = Min(shown, top);
	for (uint32 i = first; i < shown; i++)
		write_row(report, tally, row[i], &equations);
}

/* Version 1 had transitions under another name. */
static bool
transition_convert(const Tally *old, Tally **tally)
{
	uint32		shape;
	uint32		slot;
	uint32		rows;
	uint32	   *row;

	if (!tally_find_place(old, "pair", 2, "count", TALLY_COUNT, &shape, &slot))
		return false;
	row = tally_rows(old, shape, &rows);
	for (uint32 i = 0; i < rows; i++)
	{
		Label		pair[2];

		tally_key(old, row[i], pair);
		tally_add_count(*tally, tally_row(tally, 0, pair, 2), PAIR_TRANSITIONS,
						tally_count(old, row[i], slot));
	}
	return true;
}

static const AnalysisArgument transition_arguments[] = {
	{"conversion", ARGUMENT_TEXT, NULL},
	{"minimum", ARGUMENT_INTEGER, "1"},
	{"likely", ARGUMENT_NUMBER, "0"},
	{"top", ARGUMENT_INTEGER, population_null}
};

ANALYSIS(transition) = {
	.name = "transition_count",
	.version = 2,
	.arguments = lengthof(transition_arguments),
	.argument = transition_arguments,
	.columns = lengthof(transition_columns),
	.column = transition_columns,
	.configure = transition_configure,
	.count = transition_add,
	.rows = transition_rows,
	.convert = transition_convert
};

POPULATION_AGGREGATE(transition_count, transition_analysis);

/* ----------
 * As partial aggregates of a distributed query do it
 * ----------
 */

PG_FUNCTION_INFO_V1(transition_count_forgetful);

/*
 * (state, journey, conversion, minimum): transition_count_transition, set up anew in each
 * row, so that it is given no memory of the row before.
 */
Datum
transition_count_forgetful(PG_FUNCTION_ARGS)
{
	LOCAL_FCINFO(call, 4);
	FmgrInfo	transition;
	Oid			type[4];
	Datum		result;

	for (int i = 0; i < 4; i++)
		type[i] = get_fn_expr_argtype(fcinfo->flinfo, i);
	fmgr_info(LookupFuncName(list_make1(makeString("transition_count_transition")), 4, type, false),
			  &transition);
	InitFunctionCallInfoData(*call, &transition, 4, fcinfo->fncollation, fcinfo->context,
							 fcinfo->resultinfo);
	memcpy(call->args, fcinfo->args, 4 * sizeof(NullableDatum));
	result = FunctionCallInvoke(call);
	fcinfo->isnull = call->isnull;
	return result;
}
