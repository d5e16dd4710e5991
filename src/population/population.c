/*
 * population.c
 *		The glue of every population aggregate.
 *
 * The state carries the whole configuration, and every row's is compared with
 * it.  What a call site learns (the parsed configuration, label codes, scratch
 * memory) is kept in fn_extra and made anew where that is not kept, so it
 * changes speed and nothing else; one call site may serve many states at once.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "nodes/execnodes.h"
#include "nodes/plannodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "population/population_private.h"
#include "type/codec.h"

PG_FUNCTION_INFO_V1(journey_tally_combine);

#define MAX_SHOWN_LENGTH	200 /* of a configuration text in a message */

/* A configuration, and what was made of it. */
typedef struct PopulationPlan
{
	MemoryContext context;		/* of all of it */
	const TallyText *text;
	AnalysisPlan *plan;
	TallyKey   *key;
} PopulationPlan;

/*
 * What a call site keeps.  Groups may differ in their configuration, so the
 * plans met last are kept, the newest first.
 */
typedef struct PopulationSite
{
	MemoryContext context;
	int			plans;
	PopulationPlan known[PLANS_KEPT];
	JourneyReader *reader;
	PopulationAnswer answer;
} PopulationSite;

struct PopulationRows
{
	TupleDesc	desc;
	Datum	   *row;
	int			count;
	int			room;
};

/* Outside an aggregate the state would not be ours to update. */
void
population_check_aggregate(FunctionCallInfo fcinfo)
{
	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s can only be called as part of an aggregate",
						get_func_name(fcinfo->flinfo->fn_oid))));
}

static PopulationSite *
call_site(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	PopulationSite *site = flinfo->fn_extra;

	if (site == NULL)
	{
		site = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(PopulationSite));
		site->context = flinfo->fn_mcxt;
		flinfo->fn_extra = site;
	}
	return site;
}

const TallyText *
population_copy_texts(const TallyText *text, int texts)
{
	TallyText  *copy = palloc(Max(texts, 1) * sizeof(TallyText));

	for (int i = 0; i < texts; i++)
	{
		copy[i].text = memcpy(palloc(Max(text[i].length, 1)), text[i].text, text[i].length);
		copy[i].length = text[i].length;
	}
	return copy;
}

/* The key of an analysis's tallies. */
TallyKey *
population_key(const Analysis *analysis, const AnalysisPlan *plan, const TallyText *text)
{
	TallyDefinition definition;

	definition.analysis.text = analysis->name;
	definition.analysis.length = strlen(analysis->name);
	definition.version = analysis->version;
	definition.texts = analysis->texts;
	definition.text = text;
	definition.common_slots = plan->common_slots;
	definition.row_slots = plan->row_slots;
	definition.type = plan->type;
	return tally_key(&definition);
}

/* Until all went well its memory belongs to the current context. */
static PopulationPlan
make_plan(const PopulationSite *site, const Analysis *analysis, const TallyText *text)
{
	PopulationPlan made;
	MemoryContext before;

	made.context = AllocSetContextCreate(CurrentMemoryContext, "journey population",
										 ALLOCSET_DEFAULT_SIZES);
	before = MemoryContextSwitchTo(made.context);
	made.text = population_copy_texts(text, analysis->texts);
	made.plan = analysis->configure(made.text);
	made.key = population_key(analysis, made.plan, made.text);
	MemoryContextSwitchTo(before);
	MemoryContextSetParent(made.context, site->context);
	return made;
}

/* The plan of a configuration. */
static const PopulationPlan *
configure(PopulationSite *site, const Analysis *analysis, const TallyText *text)
{
	PopulationPlan plan;
	int			i = 0;

	while (i < site->plans && !population_same_texts(text, site->known[i].text, analysis->texts))
		i++;
	if (i == 0 && site->plans > 0)
		return &site->known[0];
	if (i < site->plans)
		plan = site->known[i];
	else
	{
		plan = make_plan(site, analysis, text);
		if (site->plans < PLANS_KEPT)
			i = site->plans++;
		else
			MemoryContextDelete(site->known[--i].context);
	}
	memmove(&site->known[1], &site->known[0], i * sizeof(PopulationPlan));
	site->known[0] = plan;
	return &site->known[0];
}

/* The configuration of a row: the arguments from "first" on. */
void
population_texts(FunctionCallInfo fcinfo, const Analysis *analysis, int first, TallyText *text)
{
	Assert(PG_NARGS() == first + analysis->texts);
	for (int i = 0; i < analysis->texts; i++)
	{
		struct varlena *argument;

		if (PG_ARGISNULL(first + i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not be null", analysis->text_name[i])));
		argument = PG_GETARG_VARLENA_PP(first + i);
		text[i].text = VARDATA_ANY(argument);
		text[i].length = VARSIZE_ANY_EXHDR(argument);
	}
}

static char *
shown(const TallyText *text)
{
	int			length = pg_mbcliplen(text->text, text->length, MAX_SHOWN_LENGTH);

	return psprintf("\"%.*s\"%s", length, text->text, length < text->length ? "..." : "");
}

/* What differs between two definitions of a group?  "name" may be unknown. */
void
population_differs(const TallyDefinition *a, const TallyDefinition *b, const char *const *name)
{
	int			i = 0;

	if (!population_same_text(&a->analysis, &b->analysis) || a->version != b->version ||
		a->texts != b->texts)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("journey_tally belongs to another aggregate"),
				 errdetail("One is of %s, version %d, the other of %s, version %d.",
						   shown(&a->analysis), a->version, shown(&b->analysis), b->version)));
	while (i < a->texts && population_same_text(&a->text[i], &b->text[i]))
		i++;
	if (i == a->texts)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("journey_tally does not fit its configuration")));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be the same for all rows of a group",
					name ? name[i] : "configuration"),
			 errdetail("It is %s in one row and %s in another.",
					   shown(&a->text[i]), shown(&b->text[i])),
			 errhint("GROUP BY what it depends on, or write one call for each.")));
	pg_unreachable();
}

static void
check_key(const Tally *tally, const PopulationPlan *plan, const Analysis *analysis)
{
	TallyDefinition own;
	TallyDefinition other;

	if (tally_has_key(tally, plan->key))
		return;
	tally_definition(tally, &own);
	tally_definition(tally_create(plan->key), &other);
	population_differs(&own, &other, analysis->text_name);
}

/*
 * The transition function of the journey form: (state, journey, configuration
 * ...).  A null journey is no row at all.
 */
Datum
population_transition(FunctionCallInfo fcinfo, const Analysis *analysis)
{
	TallyText	text[FUNC_MAX_ARGS];
	PopulationSite *site;
	const PopulationPlan *plan;
	Tally	   *tally = NULL;
	const JourneyColumns *columns;
	uint64		generation;

	population_check_aggregate(fcinfo);
	site = call_site(fcinfo);
	population_texts(fcinfo, analysis, 2, text);
	plan = configure(site, analysis, text);
	if (!PG_ARGISNULL(0))
	{
		tally = tally_from_datum(PG_GETARG_DATUM(0));
		check_key(tally, plan, analysis);
	}
	if (PG_ARGISNULL(1))
	{
		if (tally == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(tally);
	}

	if (tally == NULL)
		tally = tally_create(plan->key);
	if (site->reader == NULL)
		site->reader = journey_reader_create(fcinfo->flinfo->fn_mcxt);
	columns = journey_read(site->reader, PG_GETARG_DATUM(1), plan->plan->columns);
	journey_reader_labels(site->reader, &generation);
	analysis->add(plan->plan, columns, generation, &tally);
	PG_RETURN_POINTER(tally);
}

/*
 * The combine function of every population aggregate.  Either side may be
 * null, and only the first one, within an aggregate, is updated in place.
 */
Datum
journey_tally_combine(PG_FUNCTION_ARGS)
{
	Tally	   *into;
	const Tally *other;
	TallyDefinition a;
	TallyDefinition b;

	population_check_aggregate(fcinfo);
	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1))
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	other = tally_from_datum(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(other);	/* the executor copies it */
	into = tally_from_datum(PG_GETARG_DATUM(0));
	if (!tally_same_key(into, other))
	{
		tally_definition(into, &a);
		tally_definition(other, &b);
		population_differs(&a, &b, NULL);
	}
	tally_merge(&into, other);
	PG_RETURN_POINTER(into);
}

/* ----------
 * Rows
 * ----------
 */

void
population_add_row(PopulationRows *rows, Datum *values, bool *nulls)
{
	if (rows->count == rows->room)
	{
		rows->room = Max(rows->room * 2, 16);
		rows->row = rows->row ? repalloc(rows->row, rows->room * sizeof(Datum)) :
			palloc(rows->room * sizeof(Datum));
	}
	rows->row[rows->count++] = HeapTupleGetDatum(heap_form_tuple(rows->desc, values, nulls));
}

/*
 * The type of the rows: the function returns an array of them.  The catalogue
 * is asked, since not every caller gives a call expression.
 */
static void
look_up_row_type(FunctionCallInfo fcinfo, PopulationAnswer *answer)
{
	MemoryContext before;

	if (answer->row_desc != NULL)
		return;
	answer->row_type = get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid));
	if (!OidIsValid(answer->row_type))
		elog(ERROR, "function %u does not return an array", fcinfo->flinfo->fn_oid);
	before = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	answer->row_desc = lookup_rowtype_tupdesc_copy(answer->row_type, -1);
	MemoryContextSwitchTo(before);
}

/* May there be groups beside this one? */
static bool
is_grouped(FunctionCallInfo fcinfo)
{
	AggState   *state = (AggState *) fcinfo->context;
	Agg		   *agg;

	if (state == NULL || !IsA(state, AggState))
		return false;
	agg = (Agg *) state->ss.ps.plan;
	return agg->numCols > 0 || agg->groupingSets != NIL;
}

/* Over a window the first rows have seen little: nothing to remark about. */
static void
make_remark(FunctionCallInfo fcinfo, const Analysis *analysis, const AnalysisPlan *plan,
			const Tally *tally, PopulationAnswer *answer)
{
	if (!answer->remarked && AggCheckCallContext(fcinfo, NULL) != AGG_CONTEXT_WINDOW)
		answer->remarked = analysis->remark(plan, tally, is_grouped(fcinfo));
}

/* The array of rows that an analysis makes of its tally. */
Datum
population_answer(FunctionCallInfo fcinfo, const Analysis *analysis, const AnalysisPlan *plan,
				  const Tally *tally, PopulationAnswer *answer)
{
	PopulationRows rows = {0};
	int			low = 1;

	look_up_row_type(fcinfo, answer);
	make_remark(fcinfo, analysis, plan, tally, answer);
	rows.desc = answer->row_desc;
	analysis->rows(plan, tally, &rows);
	if (rows.count == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(answer->row_type));
	PG_RETURN_ARRAYTYPE_P(construct_md_array(rows.row, NULL, 1, &rows.count, &low,
											 answer->row_type, -1, false, TYPALIGN_DOUBLE));
}

static bool
is_state_of(const TallyDefinition *definition, const Analysis *analysis)
{
	return definition->analysis.length == strlen(analysis->name) &&
		memcmp(definition->analysis.text, analysis->name, definition->analysis.length) == 0 &&
		definition->version == analysis->version && definition->texts == analysis->texts;
}

/*
 * The final function: an array of rows.  It leaves the state as it is.  Being
 * callable with any value of the type, it takes nothing for granted that the
 * type's reader did not check.
 */
Datum
population_final(FunctionCallInfo fcinfo, const Analysis *analysis)
{
	PopulationSite *site = call_site(fcinfo);
	const PopulationPlan *plan;
	const Tally *tally;
	TallyDefinition definition;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	tally = tally_from_datum(PG_GETARG_DATUM(0));
	tally_definition(tally, &definition);
	if (!is_state_of(&definition, analysis))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("journey_tally is not a state of %s, version %d", analysis->name,
						analysis->version),
				 errdetail("It is one of %s, version %d.", shown(&definition.analysis),
						   definition.version)));
	plan = configure(site, analysis, definition.text);
	check_key(tally, plan, analysis);
	return population_answer(fcinfo, analysis, plan->plan, tally, &site->answer);
}
