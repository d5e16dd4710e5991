/*
 * run.c
 *		The keyed form of population aggregates in parallel plans: a worker's
 *		state goes to the leader as bytes.
 *
 * No analysis is asked: the leader's final function is the first to need one.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "population/keyed_private.h"
#include "type/codec.h"

PG_FUNCTION_INFO_V1(journey_eventlog_combine);
PG_FUNCTION_INFO_V1(journey_eventlog_serial);
PG_FUNCTION_INFO_V1(journey_eventlog_deserial);

#define RUN_VERSION		1

/* What the combine function gets from the deserial function. */
typedef struct KeyedRun
{
	WireReader	wire;
} KeyedRun;

static void
write_definition(const TallyDefinition *definition, WireWriter *wire)
{
	wire_put_text(wire, definition->analysis.text, definition->analysis.length);
	wire_reserve(wire, 2 * WIRE_MAX_NUMBER);
	wire_put_number(wire, definition->version);
	wire_put_number(wire, definition->texts);
	for (int i = 0; i < definition->texts; i++)
		wire_put_text(wire, definition->text[i].text, definition->text[i].length);
}

/* A state as bytes: its configuration, then the log. */
Datum
journey_eventlog_serial(PG_FUNCTION_ARGS)
{
	KeyedState *state;
	WireWriter	wire;

	population_check_aggregate(fcinfo);
	state = (KeyedState *) PG_GETARG_POINTER(0);
	if (state->run == NULL)
	{
		MemoryContext before = MemoryContextSwitchTo(state->log->context);

		wire_begin(&wire);
		MemoryContextSwitchTo(before);
		wire_put_number(&wire, RUN_VERSION);
		write_definition(&state->plan->definition, &wire);
		wire_reserve(&wire, 2 * WIRE_MAX_NUMBER);
		wire_put_number(&wire, state->log->columns);
		wire_put_number(&wire, wire_fold(state->latest));
		customer_type_write(state->site->events->type, &wire);
		eventlog_write_run(state->log, &wire);
		state->run = wire_end(&wire);
	}
	PG_RETURN_BYTEA_P(state->run);
}

/*
 * The bytes of a state, for the combine function only, which reads and checks
 * them as it appends what they hold: there is no need to have it twice.
 */
Datum
journey_eventlog_deserial(PG_FUNCTION_ARGS)
{
	bytea	   *bytes;
	KeyedRun   *run;

	population_check_aggregate(fcinfo);
	bytes = PG_GETARG_BYTEA_PP(0);
	run = palloc(sizeof(KeyedRun));
	run->wire.position = VARDATA_ANY(bytes);
	run->wire.end = run->wire.position + VARSIZE_ANY_EXHDR(bytes);
	if (wire_get_number(&run->wire) != RUN_VERSION)
		wire_invalid("It is of another version.");
	PG_RETURN_POINTER(run);
}

/* Such a text may be shown in a message. */
static void
read_text(WireReader *wire, TallyText *text)
{
	text->text = wire_get_text(wire, &text->length);
	(void) pg_verifymbstr(text->text, text->length, false);
}

/* The texts of the definition point into the bytes. */
static void
read_definition(WireReader *wire, TallyDefinition *definition, TallyText *text)
{
	memset(definition, 0, sizeof(TallyDefinition));
	read_text(wire, &definition->analysis);
	definition->version = wire_get_below(wire, (uint64) PG_INT32_MAX + 1,
										 "Its version is out of range.");
	definition->texts = wire_get_below(wire, FUNC_MAX_ARGS, "Its configuration is too long.");
	definition->text = text;
	for (int i = 0; i < definition->texts; i++)
		read_text(wire, &text[i]);
}

static bool
same_definition(const TallyDefinition *a, const TallyDefinition *b)
{
	if (!population_same_text(&a->analysis, &b->analysis) || a->version != b->version ||
		a->texts != b->texts)
		return false;
	return population_same_texts(a->text, b->text, a->texts);
}

/*
 * The type of a run's customers must be that of the call site's.  A worker that
 * met no row it wanted may not know it, and sends no customers then.
 */
static void
combine_types(KeyedSite *site, WireReader *wire)
{
	CustomerType *type = customer_type_read(site->context, wire);
	CustomerType *known = site->events->type;

	if (!customer_type_is_known(type) && wire_left(wire) > 0)
		wire_invalid("The columns of its customers are unknown.");
	if (known == NULL || !customer_type_is_known(known))
		eventlog_site_type(site->events, type);
	else if (!customer_type_is_known(type))
		customer_type_free(type);
	else if (!customer_types_equal(site->events->type, type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("customer must be of the same type in all rows"),
				 errdetail("It is %s in one row and %s in another.",
						   customer_type_name(site->events->type), customer_type_name(type))));
	else
		customer_type_free(type);
}

/* The combine function: appends a run to a log. */
Datum
journey_eventlog_combine(PG_FUNCTION_ARGS)
{
	KeyedState *state = PG_ARGISNULL(0) ? NULL : (KeyedState *) PG_GETARG_POINTER(0);
	KeyedSite  *site;
	KeyedPlan  *plan;
	WireReader	wire;
	TallyText	text[FUNC_MAX_ARGS];
	TallyDefinition definition;
	TimestampTz latest;
	int			columns;

	population_check_aggregate(fcinfo);
	if (PG_ARGISNULL(1))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	site = state ? state->site : keyed_site(fcinfo);
	wire = ((KeyedRun *) PG_GETARG_POINTER(1))->wire;
	read_definition(&wire, &definition, text);
	columns = wire_get_below(&wire, COLUMN_ALL + 1, "Its columns are unknown.");
	if (columns & ~(COLUMN_VALUE | COLUMN_SCORE))
		wire_invalid("Its columns are unknown.");
	latest = wire_unfold(wire_get_number(&wire));
	if (latest != DT_NOBEGIN)
		journey_check_time(latest);
	combine_types(site, &wire);
	plan = state ? state->plan : keyed_plan(site, &definition);
	if (!same_definition(&plan->definition, &definition))
		population_differs(&plan->definition, &definition, NULL);
	if (state == NULL)
		state = keyed_state(fcinfo, site, plan, columns);
	else if (state->log->columns != columns)
		wire_invalid("Its columns are others.");
	if (latest > state->latest)
		state->latest = latest;
	eventlog_read_run(state->log, &wire);
	PG_RETURN_POINTER(state);
}
