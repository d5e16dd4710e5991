/*
 * keyed.c
 *		The keyed form of population aggregates: straight from rows of an events
 *		table.
 *
 * A group's state is an event log and what its analysis was configured with.
 * What a call site learns lives as long as the query and is reached from every
 * state, so that nothing depends on fn_extra being kept.  The final function
 * works the log off and keeps the tally, since it may be called again.
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "compat.h"
#include "keyed/append.h"
#include "population/population_private.h"
#include "type/codec.h"
#include "type/notice.h"
#include "type/touchpoint.h"

/* Arguments of the transition function; the configuration comes last. */
#define ARG_STATE		0
#define ARG_CUSTOMER	1
#define ARG_AT			2
#define ARG_EVENT		3
#define ARG_CHANNEL		4
#define ARG_VALUE		5
#define ARG_SCORE		6

/* Answers of wants() that are remembered: a power of two. */
#define NEEDS			1024

#define MAX_SHOWN_LENGTH	200 /* of a literal in a message */

/* Customers after which scratch memory is given back. */
#define CUSTOMERS_A_RESET	256

/* What the analysis said of pairs of labels. */
typedef struct KeyedNeeds
{
	uint64		marker;			/* a pair that is one, or 0 */
	uint64		pair[NEEDS];	/* of labels: event, channel + 1; 0 is free */
	uint8		need[NEEDS];
} KeyedNeeds;

/* What the states of a call site share; it lives as long as the query. */
typedef struct KeyedSite
{
	MemoryContext context;
	EventSite  *events;
	PopulationPlans plans;
	bool		checked;		/* its channel for being a literal */
	bool		far_future;		/* it has given that notice */
} KeyedSite;

typedef struct KeyedState
{
	KeyedSite  *site;
	const ArgumentValue *value; /* the configuration */
	uint64		plan_id;		/* of a plan that is known to be of it, or 0 */
	EventLog   *log;
	TimestampTz latest;			/* of what was not wanted; DT_NOBEGIN: nothing */
	bool		channels;		/* may that have had some? */
	Tally	   *tally;			/* once the final function was called */
} KeyedState;

/* ----------
 * Call sites
 * ----------
 */

/* The executor's per-query context, which outlives all states. */
static MemoryContext
query_context(FunctionCallInfo fcinfo)
{
	if (fcinfo->context && IsA(fcinfo->context, AggState))
		return ((AggState *) fcinfo->context)->ss.ps.state->es_query_cxt;
	return fcinfo->flinfo->fn_mcxt;
}

static KeyedSite *
create_site(MemoryContext parent, const Analysis *analysis)
{
	MemoryContext context = AllocSetContextCreate(parent, "journey population",
												  ALLOCSET_DEFAULT_SIZES);
	KeyedSite  *site = MemoryContextAllocZero(context, sizeof(KeyedSite));

	site->context = context;
	site->events = eventlog_site_create(context);
	site->plans.context = context;
	site->plans.analysis = analysis;
	return site;
}

/*
 * The call site of a state to be made.  Between states, labels may be given up,
 * and with them what plans have learned about them.
 */
static KeyedSite *
keyed_site(FunctionCallInfo fcinfo, const Analysis *analysis)
{
	KeyedSite  *site = fcinfo->flinfo->fn_extra;

	if (site == NULL)
		return fcinfo->flinfo->fn_extra = create_site(query_context(fcinfo), analysis);
	if (eventlog_renew_labels(site->events))
		for (int i = 0; i < site->plans.plans; i++)
			if (site->plans.known[i]->needs)
				memset(site->plans.known[i]->needs, 0, sizeof(KeyedNeeds));
	return site;
}

/* ----------
 * States
 * ----------
 */

static void
close_pool(Datum pool)
{
	eventlog_close_pool((EventPool *) DatumGetPointer(pool));
}

/* A new state in the aggregate's memory context, which tells us when it goes. */
static KeyedState *
keyed_state(FunctionCallInfo fcinfo, KeyedSite *site, const ArgumentValue *value, int columns)
{
	MemoryContext before;
	MemoryContext context;
	EventPool  *pool;
	KeyedState *state;

	if (AggCheckCallContext(fcinfo, &context) != AGG_CONTEXT_AGGREGATE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s can only be called as part of an aggregate",
						get_func_name(fcinfo->flinfo->fn_oid))));
	pool = eventlog_find_pool(site->events, context);
	if (pool == NULL)
	{
		pool = eventlog_create_pool(site->events, context);
		AggRegisterCallback(fcinfo, close_pool, PointerGetDatum(pool));
	}
	state = MemoryContextAllocZero(context, sizeof(KeyedState));
	state->site = site;
	before = MemoryContextSwitchTo(context);
	state->value = population_copy_values(site->plans.analysis, value);
	MemoryContextSwitchTo(before);
	state->log = eventlog_create(pool, context, columns);
	state->latest = DT_NOBEGIN;
	return state;
}

/* ----------
 * What a call lacks
 * ----------
 */

/* "channel", and "f(customer, at, event, channel, pattern)" for the form that has it. */
static void pg_attribute_noreturn()
refuse_form(const Analysis *analysis, int argument)
{
	static const char *const column[] = {"channel", "value", "score"};
	StringInfoData form;

	initStringInfo(&form);
	appendStringInfo(&form, "%s(customer, at, event", analysis->name);
	for (int i = ARG_CHANNEL; i <= argument; i++)
		appendStringInfo(&form, ", %s", column[i - ARG_CHANNEL]);
	for (int i = 0; i < analysis->arguments; i++)
		appendStringInfo(&form, ", %s", analysis->argument[i].name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s needs %ss for this %s", analysis->name, column[argument - ARG_CHANNEL],
					analysis->argument[0].name),
			 errhint("Use the form with them: %s).", form.data)));
	pg_unreachable();
}

/* Has this form the columns that the configuration asks for? */
static void
check_form(const Analysis *analysis, const AnalysisPlan *plan, int arguments)
{
	static const int needs[] = {COLUMN_CHANNEL, COLUMN_VALUE, COLUMN_SCORE};

	for (int i = lengthof(needs) - 1; i >= 0; i--)
		if ((plan->needs & needs[i]) && arguments <= ARG_CHANNEL + i)
			refuse_form(analysis, ARG_CHANNEL + i);
}

/* f(customer, at, event, 'visit', 'buy'): a literal for the channel was hardly meant for one. */
static void
check_channel(FunctionCallInfo fcinfo, const Analysis *analysis, const AnalysisPlan *plan,
			  const ArgumentValue *value)
{
	Aggref	   *call = AggGetAggref(fcinfo);
	Expr	   *channel;
	char	   *shown;

	if (plan->literal_channel == NULL || call == NULL)
		return;
	channel = ((TargetEntry *) list_nth(call->args, ARG_CHANNEL - 1))->expr;
	if (!IsA(channel, Const) || ((Const *) channel)->constisnull)
		return;
	shown = TextDatumGetCString(((Const *) channel)->constvalue);
	notice_once(fcinfo, psprintf("\"%.*s\" is read as the channel of every row, and \"%.*s\" as the %s",
								 pg_mbcliplen(shown, strlen(shown), MAX_SHOWN_LENGTH), shown,
								 pg_mbcliplen(value->text, value->length, MAX_SHOWN_LENGTH),
								 value->text, analysis->argument[0].name),
				NULL, plan->literal_channel);
}

/* The first row of a group.  A row without customer, time or event makes no state. */
static KeyedState *
first_state(FunctionCallInfo fcinfo, const Analysis *analysis, const ArgumentValue *value,
			bool skipped)
{
	KeyedSite  *site;
	const AnalysisPlan *plan;
	int			arguments = PG_NARGS() - analysis->arguments;
	int			columns = 0;

	population_check_aggregate(fcinfo);
	site = keyed_site(fcinfo, analysis);
	plan = population_plan(&site->plans, value)->plan;
	check_form(analysis, plan, arguments);
	if (!site->checked && arguments > ARG_CHANNEL)
		check_channel(fcinfo, analysis, plan, value);
	site->checked = true;
	if (site->events->type == NULL)
		eventlog_site_type(site->events,
						   customer_type_create(site->context,
												get_fn_expr_argtype(fcinfo->flinfo, ARG_CUSTOMER)));
	if (arguments > ARG_VALUE && (plan->columns & (COLUMN_VALUE | COLUMN_VALUE_SELDOM)))
		columns |= COLUMN_VALUE;
	if (arguments > ARG_SCORE)
		columns |= plan->columns & COLUMN_SCORE;
	return skipped ? NULL : keyed_state(fcinfo, site, value, columns);
}

/* The plan of a row's configuration, which must be that of its group. */
static inline PopulationPlan *
row_plan(KeyedState *state, const Analysis *analysis, const ArgumentValue *value)
{
	PopulationPlan *plan = population_plan(&state->site->plans, value);

	if (unlikely(plan->id != state->plan_id))
	{
		if (!population_same_values(analysis, state->value, value))
			population_values_differ(analysis, state->value, value);
		state->plan_id = plan->id;
	}
	return plan;
}

/* ----------
 * Rows
 * ----------
 */

static AnalysisNeed
ask_need(PopulationPlan *plan, const Analysis *analysis, const Labels *labels, uint32 event,
		 uint32 channel, uint32 place, uint64 pair)
{
	AnalysisNeed need = analysis->wants(plan->plan, &labels->label[event],
										&labels->label[channel]);

	plan->needs->pair[place] = pair;
	plan->needs->need[place] = need;
	if (need == NEED_MARKER)
		plan->needs->marker = pair;
	return need;
}

/* Does the analysis need a touchpoint with these labels? */
static inline AnalysisNeed
find_need(PopulationPlan *plan, const Analysis *analysis, const Labels *labels, uint32 event,
		  uint32 channel)
{
	uint64		pair = ((uint64) event << 32) | channel;
	uint32		place = (event + channel * 61) & (NEEDS - 1);

	if (unlikely(plan->needs == NULL))
	{
		if (analysis->wants == NULL)
			return NEED_TOUCHPOINT;
		plan->needs = MemoryContextAllocZero(plan->context, sizeof(KeyedNeeds));
	}
	/* no event has code 0, so a free place is like no pair */
	if (likely(plan->needs->pair[place] == pair))
		return plan->needs->need[place];
	return ask_need(plan, analysis, labels, event, channel, place, pair);
}

static inline double
number_argument(FunctionCallInfo fcinfo, int arguments, int argument, const char *what)
{
	if (arguments <= argument || PG_ARGISNULL(argument))
		return get_float8_nan();
	return journey_check_number(PG_GETARG_FLOAT8(argument), what);
}

/* The channel's text; none is empty. */
static inline Label
channel_argument(FunctionCallInfo fcinfo)
{
	Label		channel = {"", 0};

	if (!PG_ARGISNULL(ARG_CHANNEL))
	{
		text	   *argument = PG_GETARG_TEXT_PP(ARG_CHANNEL);

		channel.text = VARDATA_ANY(argument);
		channel.length = VARSIZE_ANY_EXHDR(argument);
	}
	return channel;
}

static inline uint32
channel_code(Labels *labels, const Label *channel)
{
	if (channel->length == 0)
		return LABEL_NONE;
	return labels_intern(labels, channel->text, channel->length);
}

/*
 * When there are very many labels, new ones are kept only where the analysis tells
 * them from others: a column of addresses may have one for each row.
 */
static AnalysisNeed
need_of_many(const Labels *labels, const Analysis *analysis, const PopulationPlan *plan,
			 const Label *event, const Label *channel)
{
	if (analysis->wants == NULL)
		return NEED_TOUCHPOINT;
	if (labels_find(labels, event->text, event->length) != LABEL_NONE &&
		(channel->length == 0 ||
		 labels_find(labels, channel->text, channel->length) != LABEL_NONE))
		return NEED_TOUCHPOINT;
	return analysis->wants(plan->plan, event, channel);
}

/* Does the analysis need a touchpoint with these labels, and which codes has it then? */
static inline AnalysisNeed
find_codes(Labels *labels, const Analysis *analysis, PopulationPlan *plan, const Label *event_label,
		   const Label *channel_label, uint32 *event, uint32 *channel)
{
	if (unlikely(labels_are_many(labels)))
	{
		AnalysisNeed need = need_of_many(labels, analysis, plan, event_label, channel_label);

		if (need == NEED_NOTHING)
			return need;
		if (need == NEED_MARKER && plan->needs && plan->needs->marker)
		{
			/* any marker does */
			*event = (uint32) (plan->needs->marker >> 32);
			*channel = (uint32) plan->needs->marker;
			return need;
		}
	}
	*event = labels_intern(labels, event_label->text, event_label->length);
	*channel = channel_code(labels, channel_label);
	return find_need(plan, analysis, labels, *event, *channel);
}

static inline void
leave_out(KeyedState *state, TimestampTz at, const Label *channel)
{
	if (at > state->latest)
		state->latest = at;
	state->channels |= channel->length > 0;
}

static inline void
collect_row(FunctionCallInfo fcinfo, const Analysis *analysis, KeyedState *state,
			PopulationPlan *plan, int arguments)
{
	Labels	   *labels = state->site->events->labels;
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(ARG_AT);
	text	   *argument = PG_GETARG_TEXT_PP(ARG_EVENT);
	Label		event_label = {VARDATA_ANY(argument), VARSIZE_ANY_EXHDR(argument)};
	Label		channel_label = {"", 0};
	bool		channel_decides = arguments > ARG_CHANNEL &&
		(plan->plan->columns & COLUMN_CHANNEL) != 0;
	AnalysisNeed need;
	uint32		event;
	uint32		channel;
	double		value;
	double		score;

	if (unlikely(at < MIN_TIMESTAMP || at >= NOTICE_FAR_FUTURE))
	{
		journey_check_time(at);
		notice_far_future(fcinfo, at, &state->site->far_future);
	}
	if (unlikely(event_label.length == 0))
		journey_check_event(0);
	if (channel_decides)
		channel_label = channel_argument(fcinfo);
	value = number_argument(fcinfo, arguments, ARG_VALUE, "value");
	score = number_argument(fcinfo, arguments, ARG_SCORE, "score");

	need = find_codes(labels, analysis, plan, &event_label, &channel_label, &event, &channel);
	if (need == NEED_NOTHING)
	{
		leave_out(state, at, &channel_label);
		return;
	}
	/* numbers of equal events at one instant are in the order of channels */
	if (!channel_decides && state->log->columns != 0 && need == NEED_TOUCHPOINT)
	{
		channel_label = channel_argument(fcinfo);
		channel = channel_code(labels, &channel_label);
	}
	eventlog_reserve(state->log);
	eventlog_append(state->log, eventlog_key(state->log, PG_GETARG_DATUM(ARG_CUSTOMER)),
					at, event, channel, value, score);
}

/*
 * The transition function of the keyed form: (state, customer, at, event [,
 * channel [, value [, score]]], configuration ...).
 */
Datum
population_keyed_transition(FunctionCallInfo fcinfo, const Analysis *analysis)
{
	int			arguments = PG_NARGS() - analysis->arguments;
	bool		skipped = PG_ARGISNULL(ARG_CUSTOMER) || PG_ARGISNULL(ARG_AT) ||
		PG_ARGISNULL(ARG_EVENT);
	KeyedState *state;
	PopulationPlan *plan;
	ArgumentValue value[ANALYSIS_MAX_ARGUMENTS];

	population_arguments(fcinfo, analysis, NULL, arguments, value);
	if (PG_ARGISNULL(ARG_STATE))
	{
		state = first_state(fcinfo, analysis, value, skipped);
		if (state == NULL)
			PG_RETURN_NULL();
	}
	else
		state = (KeyedState *) PG_GETARG_POINTER(ARG_STATE);
	plan = row_plan(state, analysis, value);
	if (!skipped)
		collect_row(fcinfo, analysis, state, plan, arguments);
	PG_RETURN_POINTER(state);
}

/* ----------
 * The answer
 * ----------
 */

typedef struct Counting
{
	const Analysis *analysis;
	AnalysisPlan *plan;
	uint64		generation;
	Tally	   *tally;
	MemoryContext context;		/* where the tally lives */
	MemoryContext scratch;
	uint64		customers;
} Counting;

/* An analysis that had to grow the tally left a larger one in scratch memory. */
static void
keep_tally(Counting *counting, Tally *tally)
{
	Tally	   *copy;

	if (tally == counting->tally)
		return;
	copy = MemoryContextAlloc(counting->context, VARSIZE(tally));
	memcpy(copy, tally, VARSIZE(tally));
	pfree(counting->tally);
	counting->tally = copy;
	MemoryContextReset(counting->scratch);
}

static void
count_customer(void *argument, const JourneyColumns *columns)
{
	Counting   *counting = argument;
	Tally	   *tally = counting->tally;
	MemoryContext before = MemoryContextSwitchTo(counting->scratch);

	counting->analysis->count(counting->plan, columns, counting->generation, &tally);
	MemoryContextSwitchTo(before);
	keep_tally(counting, tally);
	if (++counting->customers % CUSTOMERS_A_RESET == 0)
		MemoryContextReset(counting->scratch);
}

/* Works the state's log off. */
static void
make_tally(KeyedState *state, const Analysis *analysis, const PopulationPlan *plan)
{
	MemoryContext before;
	Counting	counting;
	Tally	   *tally;

	counting.analysis = analysis;
	counting.plan = plan->plan;
	counting.generation = state->site->events->labels->id;
	counting.context = state->log->context;
	counting.customers = 0;
	counting.scratch = AllocSetContextCreate(CurrentMemoryContext, "journey count",
											 ALLOCSET_DEFAULT_SIZES);
	before = MemoryContextSwitchTo(counting.context);
	counting.tally = tally_create(plan->empty);
	MemoryContextSwitchTo(before);

	eventlog_customers(state->log, counting.plan->columns, count_customer, &counting);
	if (state->latest != DT_NOBEGIN && analysis->left_out)
	{
		tally = counting.tally;
		MemoryContextSwitchTo(counting.scratch);
		analysis->left_out(counting.plan, state->latest, state->channels, &tally);
		MemoryContextSwitchTo(before);
		keep_tally(&counting, tally);
	}
	MemoryContextDelete(counting.scratch);
	state->tally = counting.tally;
}

/* The final function: an array of rows. */
Datum
population_keyed_final(FunctionCallInfo fcinfo, const Analysis *analysis)
{
	PopulationAnswer *answer = fcinfo->flinfo->fn_extra;
	KeyedState *state;
	const PopulationPlan *plan;

	population_check_aggregate(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (answer == NULL)
		answer = fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(PopulationAnswer));
	state = (KeyedState *) PG_GETARG_POINTER(0);
	if (analysis != state->site->plans.analysis)
		population_other_analysis(analysis->name, analysis->version,
								  state->site->plans.analysis->name,
								  state->site->plans.analysis->version);
	plan = population_plan(&state->site->plans, state->value);
	if (state->tally == NULL)
		make_tally(state, analysis, plan);
	return population_answer(fcinfo, analysis, plan->plan, state->tally, answer);
}

/* ----------
 * What 0.1.0 names
 * ----------
 */

/* Its aggregates sent logs from workers to the leader; plans without workers go on. */
static void pg_attribute_noreturn()
refuse_workers(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("rows of an events table are no longer collected by parallel workers"),
			 errdetail("The SQL objects of the extension are older than its library."),
			 errhint("Run ALTER EXTENSION journey UPDATE.")));
	pg_unreachable();
}

#define REFUSED_FUNCTION(function) \
	PG_FUNCTION_INFO_V1(function); \
	Datum \
	function(PG_FUNCTION_ARGS) \
	{ \
		refuse_workers(); \
	} \
	extern Datum function(PG_FUNCTION_ARGS)

REFUSED_FUNCTION(journey_eventlog_combine);
REFUSED_FUNCTION(journey_eventlog_serial);
REFUSED_FUNCTION(journey_eventlog_deserial);
