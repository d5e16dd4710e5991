/*
 * aggregate.c
 *		journey_agg: rows of an events table, or journeys, into one journey.
 *
 * A group's state is a builder in the aggregate's memory context.  Labels are
 * shared by all groups of a call site; they live in the executor's per-query
 * context, since states may outlive fn_mcxt where fn_extra is not kept from
 * row to row.  For the same reason a state's own labels count, not those in
 * fn_extra.
 *
 * Nobody counts what lies there, nor frees it before the query's end.  So when the shared
 * labels take their share, groups go over to a table in the aggregate's context:
 * a hash aggregation spills when that is full, and it goes with the groups.
 */
#include "postgres.h"

#include <math.h>

#include "executor/executor.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "utils/float.h"

#include "type/builder.h"
#include "type/codec.h"
#include "type/notice.h"
#include "type/touchpoint.h"

/* Arguments of the transition function. */
#define ARG_STATE	0
#define ARG_AT		1
#define ARG_EVENT	2
#define ARG_CHANNEL	3
#define ARG_VALUE	4
#define ARG_SCORE	5

typedef struct CallSite
{
	Labels	   *labels;			/* shared */
	Labels	   *local;			/* of one of the aggregate's contexts, or NULL */
	JourneyReader *reader;		/* made when first needed */
	uint64		generation;		/* of the reader's labels ... */
	uint32		verified;		/* ... of which those below this code are sound */
	bool		far_future;		/* has that notice been given? */
} CallSite;

PG_FUNCTION_INFO_V1(journey_agg_transfn);
PG_FUNCTION_INFO_V1(journey_agg_merge_transfn);
PG_FUNCTION_INFO_V1(journey_agg_combinefn);
PG_FUNCTION_INFO_V1(journey_agg_serialfn);
PG_FUNCTION_INFO_V1(journey_agg_deserialfn);
PG_FUNCTION_INFO_V1(journey_agg_finalfn);

/* The executor's per-query context, which outlives all states. */
static MemoryContext
query_context(FunctionCallInfo fcinfo)
{
	if (fcinfo->context && IsA(fcinfo->context, AggState))
		return ((AggState *) fcinfo->context)->ss.ps.state->es_query_cxt;
	if (fcinfo->context && IsA(fcinfo->context, WindowAggState))
		return ((WindowAggState *) fcinfo->context)->ss.ps.state->es_query_cxt;
	return fcinfo->flinfo->fn_mcxt;
}

static CallSite *
call_site(FunctionCallInfo fcinfo)
{
	CallSite   *site = fcinfo->flinfo->fn_extra;

	if (unlikely(site == NULL))
	{
		MemoryContext context = query_context(fcinfo);

		site = MemoryContextAllocZero(context, sizeof(CallSite));
		site->labels = labels_create(context);
		site->labels->freely = labels_share();
		fcinfo->flinfo->fn_extra = site;
	}
	return site;
}

static JourneyReader *
call_reader(FunctionCallInfo fcinfo)
{
	CallSite   *site = call_site(fcinfo);

	if (site->reader == NULL)
		site->reader = journey_reader_create(query_context(fcinfo));
	return site->reader;
}

/* A table in a context that is to be reset. */
typedef struct LocalLabels
{
	MemoryContextCallback callback;
	CallSite   *site;
	Labels	   *labels;
} LocalLabels;

static void
forget_local_labels(void *argument)
{
	LocalLabels *local = argument;

	if (local->site->local == local->labels)
		local->site->local = NULL;
}

/* The labels of a new group, which lives in this context. */
static Labels *
group_labels(FunctionCallInfo fcinfo, MemoryContext context)
{
	CallSite   *site = call_site(fcinfo);

	if (likely(!labels_are_many(site->labels)))
		return site->labels;
	if (site->local == NULL || site->local->context != context)
	{
		LocalLabels *local = MemoryContextAllocZero(context, sizeof(LocalLabels));

		local->site = site;
		local->labels = labels_create(context);
		local->callback.func = forget_local_labels;
		local->callback.arg = local;
		MemoryContextRegisterResetCallback(context, &local->callback);
		site->local = local->labels;
	}
	return site->local;
}

/* A group's state, made if there is none, with labels that may grow. */
static inline JourneyBuilder *
ready_state(FunctionCallInfo fcinfo, JourneyBuilder *state, MemoryContext context)
{
	if (state == NULL)
		return builder_create(context, group_labels(fcinfo, context));
	if (unlikely(labels_are_many(builder_labels(state))))
		builder_relabel(state, group_labels(fcinfo, context));
	return state;
}

/* The state of a group, or NULL; *context is where states live. */
static inline JourneyBuilder *
get_state(FunctionCallInfo fcinfo, MemoryContext *context)
{
	if (!AggCheckCallContext(fcinfo, context))
		elog(ERROR, "journey_agg called in a context that is not an aggregate's");
	return PG_ARGISNULL(ARG_STATE) ? NULL : (JourneyBuilder *) PG_GETARG_POINTER(ARG_STATE);
}

/* The code of a text argument; frees what had to be detoasted. */
static inline uint32
intern_argument(FunctionCallInfo fcinfo, int argument, Labels *labels)
{
	text	   *label = PG_GETARG_TEXT_PP(argument);
	uint32		length = VARSIZE_ANY_EXHDR(label);
	uint32		code = LABEL_NONE;

	if (argument == ARG_EVENT)
		journey_check_event(length);
	if (length > 0)
		code = labels_intern(labels, VARDATA_ANY(label), length);
	PG_FREE_IF_COPY(label, argument);
	return code;
}

static inline double
number_argument(FunctionCallInfo fcinfo, int argument, const char *what)
{
	if (PG_NARGS() <= argument || PG_ARGISNULL(argument))
		return get_float8_nan();
	return journey_check_number(PG_GETARG_FLOAT8(argument), what);
}

Datum
journey_agg_transfn(PG_FUNCTION_ARGS)
{
	MemoryContext context;
	JourneyBuilder *state = get_state(fcinfo, &context);
	Labels	   *labels;
	TimestampTz at;
	uint32		event;
	uint32		channel = LABEL_NONE;

	if (PG_ARGISNULL(ARG_AT) || PG_ARGISNULL(ARG_EVENT))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	state = ready_state(fcinfo, state, context);
	labels = builder_labels(state);
	at = PG_GETARG_TIMESTAMPTZ(ARG_AT);
	if (unlikely(at < MIN_TIMESTAMP || at >= NOTICE_FAR_FUTURE))
	{
		journey_check_time(at);
		notice_far_future(fcinfo, at, &call_site(fcinfo)->far_future);
	}
	event = intern_argument(fcinfo, ARG_EVENT, labels);
	if (PG_NARGS() > ARG_CHANNEL && !PG_ARGISNULL(ARG_CHANNEL))
		channel = intern_argument(fcinfo, ARG_CHANNEL, labels);
	builder_add(state, at, event, channel,
				number_argument(fcinfo, ARG_VALUE, "value"),
				number_argument(fcinfo, ARG_SCORE, "score"));
	PG_RETURN_POINTER(state);
}

Datum
journey_agg_merge_transfn(PG_FUNCTION_ARGS)
{
	MemoryContext context;
	JourneyBuilder *state = get_state(fcinfo, &context);

	if (PG_ARGISNULL(1))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	state = ready_state(fcinfo, state, context);
	builder_add_columns(state, journey_read(call_reader(fcinfo), PG_GETARG_DATUM(1), COLUMN_ALL));
	PG_RETURN_POINTER(state);
}

/*
 * The second state is a temporary one, from journey_agg_deserialfn, with labels
 * of that call site.
 */
Datum
journey_agg_combinefn(PG_FUNCTION_ARGS)
{
	MemoryContext context;
	JourneyBuilder *state = get_state(fcinfo, &context);
	JourneyBuilder *other;

	if (PG_ARGISNULL(1))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	other = (JourneyBuilder *) PG_GETARG_POINTER(1);
	state = ready_state(fcinfo, state, context);
	builder_add_columns(state, builder_columns(other));
	PG_RETURN_POINTER(state);
}

/* A state on its way to another process is a journey's bytes. */
Datum
journey_agg_serialfn(PG_FUNCTION_ARGS)
{
	if (!AggCheckCallContext(fcinfo, NULL))
		elog(ERROR, "journey_agg called in a context that is not an aggregate's");
	PG_RETURN_BYTEA_P(builder_journey((JourneyBuilder *) PG_GETARG_POINTER(0)));
}

/*
 * Checks everything that the codec takes on trust, since these bytes may have
 * come from elsewhere.  Their order is not relied on: the builder finds out.
 */
static void
check_columns(CallSite *site, const JourneyColumns *columns)
{
	const Labels *labels = columns->labels;
	uint64		generation;

	(void) journey_reader_labels(site->reader, &generation);
	if (site->generation != generation)
		site->verified = 1;
	site->generation = generation;
	for (; site->verified < labels_count(labels); site->verified++)
	{
		const Label *label = &labels->label[site->verified];

		if ((site->verified & 0xffff) == 0)
			CHECK_FOR_INTERRUPTS();
		(void) pg_verifymbstr(label->text, label->length, false);
	}
	for (int64 i = 0; i < columns->count; i++)
	{
		double		value = COLUMN_VALUE_AT(columns, i);
		double		score = COLUMN_SCORE_AT(columns, i);

		if ((i & 0xfffff) == 0)
			CHECK_FOR_INTERRUPTS();
		journey_check_time(columns->at[i]);
		if (isinf(value))
			journey_check_number(value, "value");
		if (isinf(score))
			journey_check_number(score, "score");
	}
}

Datum
journey_agg_deserialfn(PG_FUNCTION_ARGS)
{
	const JourneyColumns *columns;
	JourneyBuilder *state;
	JourneyReader *reader;

	if (!AggCheckCallContext(fcinfo, NULL))
		elog(ERROR, "journey_agg called in a context that is not an aggregate's");
	reader = call_reader(fcinfo);
	columns = journey_read(reader, PG_GETARG_DATUM(0), COLUMN_ALL);
	check_columns(call_site(fcinfo), columns);
	state = ready_state(fcinfo, NULL, CurrentMemoryContext);
	builder_add_columns(state, columns);
	PG_RETURN_POINTER(state);
}

Datum
journey_agg_finalfn(PG_FUNCTION_ARGS)
{
	MemoryContext context;
	JourneyBuilder *state = get_state(fcinfo, &context);

	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(builder_journey(state));
}
