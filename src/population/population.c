/*
 * population.c
 *		The glue of every population aggregate: the journey form.
 *
 * The state carries the whole configuration.  What a call site learns (plans, label
 * codes, scratch memory) changes speed and nothing else; one call site may
 * serve many states at once.
 */
#include "postgres.h"

#include "nodes/execnodes.h"
#include "nodes/plannodes.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "population/population_private.h"
#include "type/codec.h"
#include "type/notice.h"

PG_FUNCTION_INFO_V1(journey_tally_combine);

#define MAX_ANALYSES	64

/* ----------
 * Analyses by name
 * ----------
 */

static const Analysis *registered[MAX_ANALYSES];
static int	registered_count = 0;

void
population_register(const Analysis *analysis)
{
	if (registered_count == MAX_ANALYSES)
		elog(ERROR, "too many analyses");
	registered[registered_count++] = analysis;
}

/* The analysis of this name, or NULL. */
const Analysis *
population_find(const char *name)
{
	for (int i = 0; i < registered_count; i++)
		if (strcmp(registered[i]->name, name) == 0)
			return registered[i];
	return NULL;
}

/* ----------
 * Call sites
 * ----------
 */

/* What a call site of a transition function keeps. */
typedef struct PopulationSite
{
	dlist_node	node;
	MemoryContext query;		/* NULL: not on the list */
	Oid			function;
	PopulationPlans plans;
	JourneyReader *reader;
} PopulationSite;

/*
 * Some callers keep no fn_extra from row to row: the partial aggregates of a
 * distributed query set up the call anew each time.  A site is therefore found by the
 * query and the function, too.
 */
static dlist_head sites = DLIST_STATIC_INIT(sites);

static void
forget_site(void *site)
{
	dlist_delete(&((PopulationSite *) site)->node);
}

static PopulationSite *
create_site(FunctionCallInfo fcinfo, const Analysis *analysis, MemoryContext context)
{
	PopulationSite *site = MemoryContextAllocZero(context, sizeof(PopulationSite));

	site->function = fcinfo->flinfo->fn_oid;
	site->plans.context = context;
	site->plans.analysis = analysis;
	site->plans.usual = population_usual_values(analysis, context);
	site->reader = journey_reader_create(context);
	return site;
}

static PopulationSite *
find_site(FunctionCallInfo fcinfo, const Analysis *analysis)
{
	MemoryContext query;
	MemoryContextCallback *callback;
	PopulationSite *site;
	dlist_iter	iter;

	if (fcinfo->context == NULL || !IsA(fcinfo->context, AggState))
		return create_site(fcinfo, analysis, fcinfo->flinfo->fn_mcxt);
	query = ((AggState *) fcinfo->context)->ss.ps.state->es_query_cxt;
	dlist_foreach(iter, &sites)
	{
		site = dlist_container(PopulationSite, node, iter.cur);
		if (site->query == query && site->function == fcinfo->flinfo->fn_oid)
			return site;
	}
	site = create_site(fcinfo, analysis, query);
	site->query = query;
	callback = MemoryContextAllocZero(query, sizeof(MemoryContextCallback));
	callback->func = forget_site;
	callback->arg = site;
	dlist_push_head(&sites, &site->node);
	MemoryContextRegisterResetCallback(query, callback);
	return site;
}

static inline PopulationSite *
call_site(FunctionCallInfo fcinfo, const Analysis *analysis)
{
	if (unlikely(fcinfo->flinfo->fn_extra == NULL))
		fcinfo->flinfo->fn_extra = find_site(fcinfo, analysis);
	return fcinfo->flinfo->fn_extra;
}

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

/* ----------
 * States
 * ----------
 */

static void pg_attribute_noreturn()
does_not_fit(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("journey_tally does not fit its configuration")));
	pg_unreachable();
}

/*
 * A state of this analysis, whose definition is not the plan's, as one that has
 * it: of an older version, or without what was added since.
 */
static Tally *
renew_state(const Tally *tally, const TallyDefinition *definition, const Analysis *analysis,
			const PopulationPlan *plan)
{
	Tally	   *renewed = tally_create(plan->empty);
	TallyDefinition own;

	if (definition->version != analysis->version)
	{
		if (definition->version > analysis->version || analysis->convert == NULL ||
			!analysis->convert(tally, &renewed))
			population_other_analysis(definition->analysis, definition->version,
									  analysis->name, analysis->version);
		return renewed;
	}
	tally_definition(plan->empty, &own);
	if (!tally_covers(&own, definition))
		does_not_fit();
	tally_merge(&renewed, tally);
	return renewed;
}

/* The state of a group to which a row with this plan is to be added. */
static Tally *
group_state(Datum datum, const Analysis *analysis, const PopulationPlan *plan)
{
	Tally	   *tally = tally_from_datum(datum);
	TallyDefinition definition;
	ArgumentValue value[ANALYSIS_MAX_ARGUMENTS];

	if (likely(tally_same_definition(tally, plan->empty)))
		return tally;
	tally_definition(tally, &definition);
	if (strcmp(definition.analysis, analysis->name) != 0)
		population_other_analysis(definition.analysis, definition.version,
								  analysis->name, analysis->version);
	population_values_of(analysis, &definition, value);
	if (!population_same_values(analysis, value, plan->value))
		population_values_differ(analysis, value, plan->value);
	return renew_state(tally, &definition, analysis, plan);
}

/*
 * What every transition function begins with: the call site, the plan of this
 * row's configuration, which begins at some argument, and the group's state, which
 * is made unless the row is to be skipped.
 */
static PopulationSite *
begin_row(FunctionCallInfo fcinfo, const Analysis *analysis, int first, bool skip,
		  PopulationPlan **plan, Tally **tally)
{
	ArgumentValue value[ANALYSIS_MAX_ARGUMENTS];
	PopulationSite *site;

	population_check_aggregate(fcinfo);
	site = call_site(fcinfo, analysis);
	population_arguments(fcinfo, analysis, site->plans.usual, first, value);
	*plan = population_plan(&site->plans, value);
	*tally = NULL;
	if (!PG_ARGISNULL(0))
		*tally = group_state(PG_GETARG_DATUM(0), analysis, *plan);
	else if (!skip)
		*tally = tally_create((*plan)->empty);
	return site;
}

/*
 * The transition function of the journey form: (state, journey, configuration
 * ...).  A null journey is no row at all.
 */
Datum
population_transition(FunctionCallInfo fcinfo, const Analysis *analysis)
{
	PopulationPlan *plan;
	Tally	   *tally;
	PopulationSite *site = begin_row(fcinfo, analysis, 2, PG_ARGISNULL(1), &plan, &tally);
	const JourneyColumns *columns;
	uint64		generation;

	if (tally == NULL)
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1))
		PG_RETURN_POINTER(tally);
	columns = journey_read(site->reader, PG_GETARG_DATUM(1), plan->plan->columns);
	journey_reader_labels(site->reader, &generation);
	analysis->count(plan->plan, columns, generation, &tally);
	PG_RETURN_POINTER(tally);
}

AnalysisPlan *
population_begin_row(FunctionCallInfo fcinfo, const Analysis *analysis, int first, bool skip,
					 Tally **tally)
{
	PopulationPlan *plan;

	(void) begin_row(fcinfo, analysis, first, skip, &plan, tally);
	return plan->plan;
}

/*
 * Adds states of different definitions: both are made what the library would make
 * today.  The first one, if it is that already, is updated in place.
 */
static Tally *
combine_renewed(Tally *a, const Tally *b)
{
	PopulationPlans plans = {.context = CurrentMemoryContext};
	ArgumentValue value[2][ANALYSIS_MAX_ARGUMENTS];
	TallyDefinition definition[2];
	PopulationPlan *plan;
	Tally	   *sum;

	tally_definition(a, &definition[0]);
	tally_definition(b, &definition[1]);
	plans.analysis = population_find(definition[0].analysis);
	if (strcmp(definition[0].analysis, definition[1].analysis) != 0 || plans.analysis == NULL)
		population_other_analysis(definition[0].analysis, definition[0].version,
								  definition[1].analysis, definition[1].version);
	for (int i = 0; i < 2; i++)
		population_values_of(plans.analysis, &definition[i], value[i]);
	if (!population_same_values(plans.analysis, value[0], value[1]))
		population_values_differ(plans.analysis, value[0], value[1]);
	plan = population_plan(&plans, value[0]);
	sum = tally_same_definition(a, plan->empty) ? a :
		renew_state(a, &definition[0], plans.analysis, plan);
	if (!tally_same_definition(b, plan->empty))
		b = renew_state(b, &definition[1], plans.analysis, plan);
	tally_merge(&sum, b);
	return sum;
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

	population_check_aggregate(fcinfo);
	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1))
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	other = tally_from_datum(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(other);	/* the executor copies it */
	into = tally_from_datum(PG_GETARG_DATUM(0));
	if (unlikely(!tally_same_definition(into, other)))
		PG_RETURN_POINTER(combine_renewed(into, other));
	tally_merge(&into, other);
	PG_RETURN_POINTER(into);
}

/* ----------
 * The answer
 * ----------
 */

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
	Remark		remark = {fcinfo, is_grouped(fcinfo)};

	if (analysis->remark && !answer->remarked &&
		AggCheckCallContext(fcinfo, NULL) != AGG_CONTEXT_WINDOW)
		answer->remarked = analysis->remark(plan, tally, &remark);
}

void
population_notice(const Remark *remark, const char *message, const char *hint)
{
	if (remark->grouped)
		message = psprintf("%s in at least one group", message);
	notice_once(remark->fcinfo, message, NULL, hint);
}

/* The array of rows that an analysis makes of its tally. */
Datum
population_answer(FunctionCallInfo fcinfo, const Analysis *analysis, const AnalysisPlan *plan,
				  const Tally *tally, PopulationAnswer *answer)
{
	Report	   *report;

	report_look_up_type(fcinfo, analysis->column, analysis->columns, &answer->type);
	make_remark(fcinfo, analysis, plan, tally, answer);
	report = report_begin(&answer->type);
	analysis->rows(plan, tally, report);
	return report_end(report);
}

/* What a call site of a final function keeps. */
typedef struct FinalSite
{
	PopulationPlans plans;
	PopulationAnswer answer;
} FinalSite;

static FinalSite *
final_site(FunctionCallInfo fcinfo, const Analysis *analysis)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	FinalSite  *site = flinfo->fn_extra;

	if (site == NULL)
	{
		site = flinfo->fn_extra = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(FinalSite));
		site->plans.context = flinfo->fn_mcxt;
		site->plans.analysis = analysis;
	}
	return site;
}

/*
 * The final function: an array of rows.  It leaves the state as it is.  Being
 * callable with any value of the type, it takes nothing for granted that the
 * type's reader did not check.
 */
Datum
population_final(FunctionCallInfo fcinfo, const Analysis *analysis)
{
	FinalSite  *site = final_site(fcinfo, analysis);
	ArgumentValue value[ANALYSIS_MAX_ARGUMENTS];
	const PopulationPlan *plan;
	const Tally *tally;
	TallyDefinition definition;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	tally = tally_from_datum(PG_GETARG_DATUM(0));
	if (site->plans.plans > 0 && tally_same_definition(tally, site->plans.known[0]->empty))
		return population_answer(fcinfo, analysis, site->plans.known[0]->plan, tally,
								 &site->answer);
	tally_definition(tally, &definition);
	if (strcmp(definition.analysis, analysis->name) != 0)
		population_other_analysis(definition.analysis, definition.version,
								  analysis->name, analysis->version);
	population_values_of(analysis, &definition, value);
	plan = population_plan(&site->plans, value);
	if (!tally_same_definition(tally, plan->empty))
		tally = renew_state(tally, &definition, analysis, plan);
	return population_answer(fcinfo, analysis, plan->plan, tally, &site->answer);
}
