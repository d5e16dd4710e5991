/*
 * configuration.c
 *		Population aggregates: the arguments that say what is asked, and the plans
 *		that analyses make of them.
 *
 * A state holds its whole configuration as texts, and every row's is compared
 * with it.  A plan changes speed and nothing else: it is made anew where it is
 * not there.
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pattern/interval.h"
#include "population/population_private.h"

#define MAX_SHOWN_LENGTH	200 /* of an argument in a message */

const char population_null[] = "";

/* ----------
 * Values and their texts
 *
 * An interval is "1800 s", or "1500 us" if it is not of whole seconds; a number has the
 * fewest digits that read back to it.
 * ----------
 */

static char *
number_text(const AnalysisArgument *argument, const ArgumentValue *value)
{
	char	   *text;

	if (argument->type == ARGUMENT_NUMBER)
	{
		text = palloc(DOUBLE_SHORTEST_DECIMAL_LEN);
		double_to_shortest_decimal_buf(value->real, text);
		return text;
	}
	if (argument->type == ARGUMENT_INTEGER)
		return psprintf(INT64_FORMAT, value->number);
	if (value->number % USECS_PER_SEC == 0)
		return psprintf(INT64_FORMAT " s", value->number / USECS_PER_SEC);
	return psprintf(INT64_FORMAT " us", value->number);
}

/* The text of a value that is not null, as states hold it; not terminated. */
static char *
value_text(const AnalysisArgument *argument, const ArgumentValue *value, uint32 *length)
{
	char	   *text;

	if (argument->type == ARGUMENT_TEXT)
	{
		*length = value->length;
		return (char *) value->text;
	}
	text = number_text(argument, value);
	*length = strlen(text);
	return text;
}

/* Reads digits, behind a minus if there is one; false if there are too many. */
static bool
read_number(const char *text, uint32 length, uint32 *end, int64 *number)
{
	bool		minus = length > 0 && text[0] == '-';
	uint32		i = minus;

	*number = 0;
	for (; i < length && text[i] >= '0' && text[i] <= '9'; i++)
		if (pg_mul_s64_overflow(*number, 10, number) ||
			pg_add_s64_overflow(*number, text[i] - '0', number))
			return false;
	*end = i;
	if (minus)
		*number = -*number;
	return true;
}

static bool
read_real(const char *text, uint32 length, double *real)
{
	char	   *copy = pnstrdup(text, length);

	*real = strtod(copy, NULL) + 0.0;
	pfree(copy);
	return isfinite(*real);
}

static bool
read_integer(const char *text, uint32 length, int64 *integer)
{
	uint32		end;

	return read_number(text, length, &end, integer) &&
		*integer >= PG_INT32_MIN && *integer <= PG_INT32_MAX;
}

static bool
read_interval(const char *text, uint32 length, int64 *microseconds)
{
	uint32		end;

	return read_number(text, length, &end, microseconds) && *microseconds >= 0 &&
		!(length == end + 2 && pg_mul_s64_overflow(*microseconds, USECS_PER_SEC, microseconds));
}

/* Reads what number_text writes, and nothing else: that is seen by writing it again. */
static bool
read_number_text(const AnalysisArgument *argument, const char *text, uint32 length,
				 ArgumentValue *value)
{
	char	   *again;
	bool		same;

	if (!(argument->type == ARGUMENT_NUMBER ? read_real(text, length, &value->real) :
		  argument->type == ARGUMENT_INTEGER ? read_integer(text, length, &value->number) :
		  read_interval(text, length, &value->number)))
		return false;
	again = number_text(argument, value);
	same = strlen(again) == length && memcmp(again, text, length) == 0;
	pfree(again);
	return same;
}

/* The value of an argument whose text is that of a state. */
static void
read_value(const Analysis *analysis, int argument, const char *text, uint32 length,
		   ArgumentValue *value)
{
	const AnalysisArgument *declared = &analysis->argument[argument];

	memset(value, 0, sizeof(ArgumentValue));
	if (declared->type == ARGUMENT_TEXT)
	{
		value->text = text;
		value->length = length;
	}
	else if (!read_number_text(declared, text, length, value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s of a journey_tally is not one of %s", declared->name, analysis->name)));
}

static void
read_usual_value(const Analysis *analysis, int argument, ArgumentValue *value)
{
	const char *usual = analysis->argument[argument].usual;

	if (usual == population_null)
		*value = (ArgumentValue) {.null = true};
	else
		read_value(analysis, argument, usual, strlen(usual), value);
}

/* Without -0, which is no other number. */
static double
read_finite(FunctionCallInfo fcinfo, int number, const char *argument)
{
	double		real = PG_GETARG_FLOAT8(number);

	if (!isfinite(real))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be finite", argument),
				 errdetail("It is %s.", isnan(real) ? "NaN" : real > 0 ? "Infinity" : "-Infinity")));
	return real + 0.0;
}

/* The value of an argument of the function, which may be null only if it usually is. */
static void
read_argument(FunctionCallInfo fcinfo, int number, const AnalysisArgument *argument,
			  ArgumentValue *value)
{
	struct varlena *text;

	memset(value, 0, sizeof(ArgumentValue));
	value->null = PG_ARGISNULL(number);
	if (value->null && argument->usual == population_null)
		return;
	if (value->null)
		span_refuse_null(argument->name);
	switch (argument->type)
	{
		case ARGUMENT_TEXT:
			text = PG_GETARG_VARLENA_PP(number);
			value->text = VARDATA_ANY(text);
			value->length = VARSIZE_ANY_EXHDR(text);
			break;
		case ARGUMENT_INTERVAL:
			value->number = span_argument(fcinfo, number, argument->name);
			break;
		case ARGUMENT_INTEGER:
			value->number = PG_GETARG_INT32(number);
			break;
		case ARGUMENT_NUMBER:
			value->real = read_finite(fcinfo, number, argument->name);
			break;
	}
}

/* What arguments usually are, in the given context; those that must be given are nothing. */
const ArgumentValue *
population_usual_values(const Analysis *analysis, MemoryContext context)
{
	ArgumentValue *usual = MemoryContextAllocZero(context, ANALYSIS_MAX_ARGUMENTS *
												  sizeof(ArgumentValue));

	for (int i = 0; i < analysis->arguments; i++)
		if (analysis->argument[i].usual)
			read_usual_value(analysis, i, &usual[i]);
	return usual;
}

/*
 * The configuration of a row: the arguments from "first" on.  Those that are left
 * out, as the journey form alone allows, are as usual.
 */
void
population_arguments(FunctionCallInfo fcinfo, const Analysis *analysis, const ArgumentValue *usual,
					 int first, ArgumentValue *value)
{
	Assert(analysis->arguments <= ANALYSIS_MAX_ARGUMENTS);
	for (int i = 0; i < analysis->arguments; i++)
	{
		if (first + i < PG_NARGS())
			read_argument(fcinfo, first + i, &analysis->argument[i], &value[i]);
		else
			value[i] = usual[i];
	}
}

static inline bool
same_value(const ArgumentValue *a, const ArgumentValue *b)
{
	return a->null == b->null && a->number == b->number && a->real == b->real &&
		a->length == b->length && (a->length == 0 || memcmp(a->text, b->text, a->length) == 0);
}

bool
population_same_values(const Analysis *analysis, const ArgumentValue *a, const ArgumentValue *b)
{
	for (int i = 0; i < analysis->arguments; i++)
		if (!same_value(&a[i], &b[i]))
			return false;
	return true;
}

const ArgumentValue *
population_copy_values(const Analysis *analysis, const ArgumentValue *value)
{
	ArgumentValue *copy = palloc(Max(analysis->arguments, 1) * sizeof(ArgumentValue));

	for (int i = 0; i < analysis->arguments; i++)
	{
		copy[i] = value[i];
		if (value[i].text)
			copy[i].text = pnstrdup(value[i].text, value[i].length);
	}
	return copy;
}

/* The configuration of a state; those arguments that it does not name are what they usually are. */
void
population_values_of(const Analysis *analysis, const TallyDefinition *definition,
					 ArgumentValue *value)
{
	uint32		named = 0;

	for (int i = 0; i < analysis->arguments; i++)
	{
		const AnalysisArgument *argument = &analysis->argument[i];
		const TallyArgument *found = definition->argument + named;

		if (named < definition->arguments && strcmp(found->name, argument->name) == 0)
		{
			read_value(analysis, i, found->text, found->length, &value[i]);
			named++;
		}
		else if (argument->usual)
			read_usual_value(analysis, i, &value[i]);
		else
			named = definition->arguments + 1;
	}
	if (named != definition->arguments)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("journey_tally does not fit its configuration")));
}

/* ----------
 * Plans
 * ----------
 */

/* A state that has counted nothing. */
static Tally *
make_empty(const Analysis *analysis, const AnalysisPlan *plan, const ArgumentValue *value)
{
	TallyDefinition definition = {.analysis = analysis->name, .version = analysis->version};
	TallyArgument argument[ANALYSIS_MAX_ARGUMENTS];

	for (int i = 0; i < analysis->arguments; i++)
	{
		TallyArgument *next = &argument[definition.arguments];
		ArgumentValue usual;

		if (analysis->argument[i].usual)
		{
			read_usual_value(analysis, i, &usual);
			if (same_value(&value[i], &usual))
				continue;
		}
		next->name = analysis->argument[i].name;
		next->text = value_text(&analysis->argument[i], &value[i], &next->length);
		definition.arguments++;
	}
	definition.argument = argument;
	definition.shapes = plan->shapes;
	definition.shape = plan->shape;
	return tally_define(&definition);
}

/* Until all went well its memory belongs to the current context. */
static PopulationPlan *
make_plan(const PopulationPlans *plans, const ArgumentValue *value)
{
	static uint64 last_id = 0;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "journey plan",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = MemoryContextSwitchTo(context);
	PopulationPlan *made = palloc0(sizeof(PopulationPlan));

	made->context = context;
	made->id = ++last_id;
	made->value = population_copy_values(plans->analysis, value);
	made->plan = plans->analysis->configure(made->value);
	made->empty = make_empty(plans->analysis, made->plan, made->value);
	MemoryContextSwitchTo(before);
	MemoryContextSetParent(context, plans->context);
	return made;
}

/* The plan of a configuration, which was not the last one met. */
PopulationPlan *
population_look_up_plan(PopulationPlans *plans, const ArgumentValue *value)
{
	PopulationPlan *plan;
	int			i = 0;

	while (i < plans->plans &&
		   !population_same_values(plans->analysis, value, plans->known[i]->value))
		i++;
	if (i < plans->plans)
		plan = plans->known[i];
	else
	{
		plan = make_plan(plans, value);
		if (plans->plans < PLANS_KEPT)
			i = plans->plans++;
		else
			MemoryContextDelete(plans->known[--i]->context);
	}
	memmove(&plans->known[1], &plans->known[0], i * sizeof(PopulationPlan *));
	plans->known[0] = plan;
	return plan;
}

/* ----------
 * What does not go together
 * ----------
 */

static char *
shown(const AnalysisArgument *argument, const ArgumentValue *value)
{
	uint32		length;
	char	   *text;
	int			clipped;

	if (value->null)
		return pstrdup("null");
	text = value_text(argument, value, &length);
	clipped = pg_mbcliplen(text, length, MAX_SHOWN_LENGTH);
	return psprintf("\"%.*s\"%s", clipped, text, clipped < length ? "..." : "");
}

/* Which argument differs between two configurations of a group? */
void
population_values_differ(const Analysis *analysis, const ArgumentValue *a, const ArgumentValue *b)
{
	const AnalysisArgument *argument = analysis->argument;
	int			i = 0;

	while (i < analysis->arguments - 1 && same_value(&a[i], &b[i]))
		i++;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be the same for all rows of a group", argument[i].name),
			 errdetail("It is %s in one row and %s in another.",
					   shown(&argument[i], &a[i]), shown(&argument[i], &b[i])),
			 errhint("GROUP BY what it depends on, or write one call for each.")));
	pg_unreachable();
}

void
population_other_analysis(const char *a, int32 a_version, const char *b, int32 b_version)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("journey_tally belongs to another aggregate"),
			 errdetail("One is of \"%.*s\", version %d, the other of \"%.*s\", version %d.",
					   pg_mbcliplen(a, strlen(a), MAX_SHOWN_LENGTH), a, a_version,
					   pg_mbcliplen(b, strlen(b), MAX_SHOWN_LENGTH), b, b_version)));
	pg_unreachable();
}
