/*
 * run.c
 *		The keyed form of population aggregates in parallel plans: a worker's
 *		state goes to the leader as bytes.
 *
 * The configuration goes as the texts of its arguments.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "population/keyed_private.h"
#include "type/codec.h"
#include "type/touchpoint.h"

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
write_configuration(const KeyedState *state, WireWriter *wire)
{
	const Analysis *analysis = state->site->plans.analysis;

	wire_put_text(wire, analysis->name, strlen(analysis->name));
	wire_reserve(wire, 2 * WIRE_MAX_NUMBER);
	wire_put_number(wire, analysis->version);
	wire_put_number(wire, analysis->arguments);
	for (int i = 0; i < analysis->arguments; i++)
	{
		uint32		length;
		char	   *text = population_value_text(&analysis->argument[i], &state->value[i], &length);

		wire_put_text(wire, text, length);
	}
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
		write_configuration(state, &wire);
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

/* The analysis that a run is of; only those of this version can be read. */
static const Analysis *
read_analysis(WireReader *wire)
{
	uint32		length;
	const char *text = wire_get_text(wire, &length);
	char	   *name = pnstrdup(text, length);
	int32		version = wire_get_below(wire, (uint64) PG_INT32_MAX + 1,
										 "Its version is out of range.");
	const Analysis *analysis;

	(void) pg_verifymbstr(text, length, false);
	analysis = population_find(name);
	if (analysis == NULL)
		wire_invalid("Its aggregate is unknown.");
	if (analysis->version != version)
		population_other_analysis(name, version, analysis->name, analysis->version);
	return analysis;
}

/* The texts of the values point into the bytes; they may be shown in a message. */
static void
read_configuration(WireReader *wire, const Analysis *analysis, ArgumentValue *value)
{
	if (wire_get_number(wire) != analysis->arguments)
		wire_invalid("Its configuration has another length.");
	for (int i = 0; i < analysis->arguments; i++)
	{
		uint32		length;
		const char *text = wire_get_text(wire, &length);

		(void) pg_verifymbstr(text, length, false);
		population_read_value(analysis, i, text, length, &value[i]);
	}
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
	const Analysis *analysis;
	KeyedSite  *site;
	WireReader	wire;
	ArgumentValue value[ANALYSIS_MAX_ARGUMENTS];
	TimestampTz latest;
	int			columns;

	population_check_aggregate(fcinfo);
	if (PG_ARGISNULL(1))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	wire = ((KeyedRun *) PG_GETARG_POINTER(1))->wire;
	analysis = read_analysis(&wire);
	read_configuration(&wire, analysis, value);
	columns = wire_get_below(&wire, COLUMN_ALL + 1, "Its columns are unknown.");
	if (columns & ~(COLUMN_VALUE | COLUMN_SCORE))
		wire_invalid("Its columns are unknown.");
	latest = wire_unfold(wire_get_number(&wire));
	if (latest != DT_NOBEGIN)
		journey_check_time(latest);
	site = state ? state->site : keyed_site(fcinfo, analysis);
	if (site->plans.analysis != analysis)
		population_other_analysis(site->plans.analysis->name, site->plans.analysis->version,
								  analysis->name, analysis->version);
	combine_types(site, &wire);
	if (state == NULL)
		state = keyed_state(fcinfo, site, value, columns);
	else if (!population_same_values(analysis, state->value, value))
		population_values_differ(analysis, state->value, value);
	else if (state->log->columns != columns)
		wire_invalid("Its columns are others.");
	if (latest > state->latest)
		state->latest = latest;
	state->channels |= latest != DT_NOBEGIN;	/* a run does not say */
	eventlog_read_run(state->log, &wire);
	PG_RETURN_POINTER(state);
}
