/*
 * session.c
 *		Sessions: the window function that numbers them, the sessions of a journey
 *		as rows, and session_summary: how many customers have, how long they are,
 *		and how many of them end where they began.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "nodes/supportnodes.h"
#include "utils/tuplestore.h"
#include "windowapi.h"

#include "pattern/interval.h"
#include "population/population.h"
#include "type/codec.h"
#include "type/notice.h"
#include "type/row.h"

PG_FUNCTION_INFO_V1(sessionize);
PG_FUNCTION_INFO_V1(sessionize_support);
PG_FUNCTION_INFO_V1(sessionize_journey);

/* Arguments of the window function. */
enum
{
	ARG_AT,
	ARG_GAP,
	ARG_MAX_LENGTH,
	ARG_START_NEW
};

/* Columns of a session. */
enum
{
	SESSION_NUMBER,
	SESSION_STARTED_AT,
	SESSION_ENDED_AT,
	SESSION_SECONDS,
	SESSION_TOUCHPOINTS,
	SESSION_ENTRY_EVENT,
	SESSION_EXIT_EVENT,
	SESSION_ENTRY_CHANNEL,
	SESSION_CHANNELS,
	SESSION_VALUE,
	SESSION_BOUNCED,
	SESSION_JOURNEY,
	SESSION_COLUMNS
};

static const RowColumn session_columns[SESSION_COLUMNS] = {
	{"session", INT4OID},
	{"started_at", TIMESTAMPTZOID},
	{"ended_at", TIMESTAMPTZOID},
	{"seconds", FLOAT8OID},
	{"touchpoints", INT4OID},
	{"entry_event", TEXTOID},
	{"exit_event", TEXTOID},
	{"entry_channel", TEXTOID},
	{"channels", INT4OID},
	{"value", FLOAT8OID},
	{"bounced", BOOLOID},
	{"journey", InvalidOid}
};

/* ----------
 * Where sessions end: the one rule of all three
 * ----------
 */

typedef struct SessionRule
{
	uint64		gap;			/* microseconds; a longer one ends a session */
	uint64		max_length;		/* or SPAN_NO_LIMIT */
} SessionRule;

/* Does a touchpoint begin a new session after one with this start and last touchpoint? */
static inline bool
session_ends(const SessionRule *rule, TimestampTz start, TimestampTz last, TimestampTz at)
{
	return span_between(last, at) > rule->gap || span_between(start, at) > rule->max_length;
}

/* The first touchpoint behind the session that begins with this one. */
static int64
session_end(const SessionRule *rule, const JourneyColumns *columns, int64 first)
{
	const TimestampTz *at = columns->at;
	int64		i = first + 1;

	while (i < columns->count && !session_ends(rule, at[first], at[i - 1], at[i]))
	{
		if ((i & 0xfffff) == 0)
			CHECK_FOR_INTERRUPTS();
		i++;
	}
	return i;
}

/* ----------
 * The window function
 * ----------
 */

/* What is known of the partition so far; all zero at its beginning. */
typedef struct SessionState
{
	int64		sessions;		/* 0: no row with a time yet */
	TimestampTz start;			/* of the session */
	TimestampTz last;
} SessionState;

/* Arguments that are the same in every row are looked at once a call site. */
typedef struct SessionSite
{
	SessionRule rule;
	bool		gap_known;
	bool		max_length_known;
	bool		gap_stable;
	bool		max_length_stable;
	bool		never_start_new;
	bool		far_future;		/* has that notice been given? */
} SessionSite;

static SessionSite *
call_site(FunctionCallInfo fcinfo, WindowObject window)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	SessionSite *site = flinfo->fn_extra;

	if (site == NULL)
	{
		bool		isnull;

		window_refuse_null_treatment(window, fcinfo);
		site = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(SessionSite));
		site->gap_stable = get_fn_expr_arg_stable(flinfo, ARG_GAP);
		site->max_length_stable = get_fn_expr_arg_stable(flinfo, ARG_MAX_LENGTH);
		if (get_fn_expr_arg_stable(flinfo, ARG_START_NEW))
			site->never_start_new =
				!DatumGetBool(WinGetFuncArgCurrent(window, ARG_START_NEW, &isnull)) || isnull;
		flinfo->fn_extra = site;
	}
	return site;
}

/* The rule that this row gives. */
static inline const SessionRule *
current_rule(SessionSite *site, WindowObject window)
{
	Datum		interval;
	bool		isnull;

	if (!site->gap_known)
	{
		interval = WinGetFuncArgCurrent(window, ARG_GAP, &isnull);
		if (isnull)
			span_refuse_null("gap");
		site->rule.gap = span_microseconds(DatumGetIntervalP(interval), "gap");
		site->gap_known = site->gap_stable;
	}
	if (!site->max_length_known)
	{
		interval = WinGetFuncArgCurrent(window, ARG_MAX_LENGTH, &isnull);
		site->rule.max_length = isnull ? SPAN_NO_LIMIT :
			span_microseconds(DatumGetIntervalP(interval), "max_length");
		site->max_length_known = site->max_length_stable;
	}
	return &site->rule;
}

static bool
starts_new(const SessionSite *site, WindowObject window)
{
	bool		isnull;
	Datum		start_new;

	if (site->never_start_new)
		return false;
	start_new = WinGetFuncArgCurrent(window, ARG_START_NEW, &isnull);
	return !isnull && DatumGetBool(start_new);
}

/*
 * sessionize(at, gap, max_length, start_new) OVER (PARTITION BY customer ORDER
 * BY at) -> bigint: the number of the session, from 1.  Rows behind the
 * current one are never needed again, and saying so keeps memory constant.
 */
Datum
sessionize(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	SessionState *state = WinGetPartitionLocalMemory(window, sizeof(SessionState));
	SessionSite *site = call_site(fcinfo, window);
	const SessionRule *rule = current_rule(site, window);
	Datum		argument;
	TimestampTz at;
	bool		isnull;

	WinSetMarkPosition(window, WinGetCurrentPosition(window));
	argument = WinGetFuncArgCurrent(window, ARG_AT, &isnull);
	if (isnull)
		PG_RETURN_INT64(Max(state->sessions, 1));
	at = DatumGetTimestampTz(argument);
	if (unlikely(at >= NOTICE_FAR_FUTURE) && !TIMESTAMP_NOT_FINITE(at))
		notice_far_future(fcinfo, at, &site->far_future);
	if (state->sessions > 0 && at < state->last)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("sessionize needs rows in time order"),
				 errdetail("%s comes after %s.", pstrdup(timestamptz_to_str(at)),
						   pstrdup(timestamptz_to_str(state->last))),
				 errhint("Add ORDER BY and the time to the window definition.")));
	if (state->sessions == 0 || session_ends(rule, state->start, state->last, at) ||
		starts_new(site, window))
	{
		state->sessions++;
		state->start = at;
	}
	state->last = at;
	PG_RETURN_INT64(state->sessions);
}

/*
 * Tells the planner that session numbers never fall, so that it can stop early,
 * and that they do not depend on the window's frame.
 */
Datum
sessionize_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	if (IsA(request, SupportRequestWFuncMonotonic))
	{
		((SupportRequestWFuncMonotonic *) request)->monotonic = MONOTONICFUNC_INCREASING;
		PG_RETURN_POINTER(request);
	}
#ifdef JOURNEY_WINDOW_CLAUSE_REQUEST
	if (IsA(request, SupportRequestOptimizeWindowClause))
	{
		((SupportRequestOptimizeWindowClause *) request)->frameOptions =
			FRAMEOPTION_NONDEFAULT | FRAMEOPTION_ROWS |
			FRAMEOPTION_START_UNBOUNDED_PRECEDING | FRAMEOPTION_END_CURRENT_ROW;
		PG_RETURN_POINTER(request);
	}
#endif
	PG_RETURN_POINTER(NULL);
}

/* ----------
 * Sessions of a journey
 * ----------
 */

/* The row of the session from touchpoint "first" up to "end". */
static void
put_session(ReturnSetInfo *rsinfo, const JourneyColumns *columns, int number,
			int64 first, int64 end)
{
	Datum		values[SESSION_COLUMNS];
	bool		nulls[SESSION_COLUMNS] = {false};
	Datum		journey = PointerGetDatum(journey_encode_range(columns, first, end));
	TallySum	sum = {0};
	JourneyHeader header;
	double		seconds;

	for (int64 i = first; columns->value && i < end; i++)
		if (!isnan(columns->value[i]))
			tally_sum_add(&sum, columns->value[i]);
	journey_read_header(journey, false, &header);
	values[SESSION_NUMBER] = Int32GetDatum(number);
	values[SESSION_STARTED_AT] = TimestampTzGetDatum(columns->at[first]);
	values[SESSION_ENDED_AT] = TimestampTzGetDatum(columns->at[end - 1]);
	seconds = (double) span_between(columns->at[first], columns->at[end - 1]) / USECS_PER_SEC;
	values[SESSION_SECONDS] = Float8GetDatum(seconds);
	values[SESSION_TOUCHPOINTS] = Int32GetDatum((int32) (end - first));
	row_put_label(columns, columns->event[first],
				  &values[SESSION_ENTRY_EVENT], &nulls[SESSION_ENTRY_EVENT]);
	row_put_label(columns, columns->event[end - 1],
				  &values[SESSION_EXIT_EVENT], &nulls[SESSION_EXIT_EVENT]);
	row_put_label(columns, COLUMN_CHANNEL_AT(columns, first),
				  &values[SESSION_ENTRY_CHANNEL], &nulls[SESSION_ENTRY_CHANNEL]);
	values[SESSION_CHANNELS] = Int32GetDatum((int32) header.channels);
	values[SESSION_VALUE] = Float8GetDatum(tally_sum_total(&sum));
	nulls[SESSION_VALUE] = sum.count == 0;
	values[SESSION_BOUNCED] = BoolGetDatum(end - first == 1);
	values[SESSION_JOURNEY] = journey;
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* sessionize(journey, gap, max_length) -> a row for each session */
Datum
sessionize_journey(PG_FUNCTION_ARGS)
{
	const JourneyColumns *columns;
	SessionRule rule;
	MemoryContext row;
	MemoryContext old;
	int			number = 0;

	row_set_of_call(fcinfo, session_columns, SESSION_COLUMNS);
	rule.gap = span_argument(fcinfo, 1, "gap");
	rule.max_length = PG_ARGISNULL(2) ? SPAN_NO_LIMIT : span_argument(fcinfo, 2, "max_length");
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	columns = journey_read(journey_call_reader(fcinfo), PG_GETARG_DATUM(0), COLUMN_ALL);
	row = AllocSetContextCreate(CurrentMemoryContext, "journey session", ALLOCSET_SMALL_SIZES);
	for (int64 first = 0, end; first < columns->count; first = end)
	{
		CHECK_FOR_INTERRUPTS();
		end = session_end(&rule, columns, first);
		old = MemoryContextSwitchTo(row);
		put_session((ReturnSetInfo *) fcinfo->resultinfo, columns, ++number, first, end);
		MemoryContextSwitchTo(old);
		MemoryContextReset(row);
	}
	MemoryContextDelete(row);
	return (Datum) 0;
}

/* ----------
 * The summary
 * ----------
 */

#define SUMMARY_VERSION	1

/* Slots of the one row. */
enum
{
	SLOT_CUSTOMERS,				/* with a session */
	SLOT_SESSIONS,
	SLOT_TOUCHPOINTS,
	SLOT_BOUNCED,
	SLOT_TIME,
	SLOT_VALUE,
	SLOT_LENGTHS,				/* touchpoints of a session */
	SLOT_TIMES
};

static const TallySlot summary_slots[] = {
	{"customers", TALLY_COUNT},
	{"sessions", TALLY_COUNT},
	{"touchpoints", TALLY_COUNT},
	{"bounced", TALLY_COUNT},
	{"time", TALLY_DURATION},
	{"value", TALLY_SUM},
	{"lengths", TALLY_NUMBERS},
	{"times", TALLY_DURATIONS}
};

static const TallyShape summary_shape = {
	"all", 0, lengthof(summary_slots), summary_slots, 0, 0, NULL
};

#define ALL_ROW	0				/* its only one */

/* Columns of session_stats. */
enum
{
	STATS_CUSTOMERS,
	STATS_SESSIONS,
	STATS_PER_CUSTOMER,
	STATS_TOUCHPOINTS,
	STATS_AVG_TOUCHPOINTS,
	STATS_MEDIAN_TOUCHPOINTS,
	STATS_P90_TOUCHPOINTS,
	STATS_AVG_SECONDS,
	STATS_MEDIAN_SECONDS,
	STATS_P90_SECONDS,
	STATS_BOUNCED,
	STATS_BOUNCE_RATE,
	STATS_VALUE
};

static const RowColumn stats_columns[] = {
	{"customers", INT8OID},
	{"sessions", INT8OID},
	{"sessions_per_customer", FLOAT8OID},
	{"touchpoints", INT8OID},
	{"avg_touchpoints", FLOAT8OID},
	{"median_touchpoints", FLOAT8OID},
	{"p90_touchpoints", FLOAT8OID},
	{"avg_seconds", FLOAT8OID},
	{"median_seconds", FLOAT8OID},
	{"p90_seconds", FLOAT8OID},
	{"bounced", INT8OID},
	{"bounce_rate", FLOAT8OID},
	{"value", FLOAT8OID}
};

typedef struct SummaryPlan
{
	AnalysisPlan plan;
	SessionRule rule;
} SummaryPlan;

static AnalysisPlan *
summary_configure(const ArgumentValue *value)
{
	SummaryPlan *summary = palloc0(sizeof(SummaryPlan));

	summary->rule.gap = value[0].number;
	summary->rule.max_length = SPAN_NO_LIMIT;
	summary->plan.columns = COLUMN_VALUE;
	summary->plan.shapes = 1;
	summary->plan.shape = &summary_shape;
	return &summary->plan;
}

/* Whatever it is called, it is a touchpoint. */
static AnalysisNeed
summary_wants(const AnalysisPlan *plan, const Label *event, const Label *channel)
{
	return NEED_MARKER;
}

static void
add_values(const JourneyColumns *columns, Tally *tally)
{
	for (int64 i = 0; i < columns->count; i++)
	{
		if ((i & 0xfffff) == 0xfffff)
			CHECK_FOR_INTERRUPTS();
		if (!isnan(columns->value[i]))
			tally_add_value(tally, ALL_ROW, SLOT_VALUE, columns->value[i]);
	}
}

static void
summary_count(AnalysisPlan *plan, const JourneyColumns *columns, uint64 generation, Tally **tally)
{
	const SessionRule *rule = &((SummaryPlan *) plan)->rule;
	int64		sessions = 0;
	int64		bounced = 0;

	for (int64 first = 0, end; first < columns->count; first = end)
	{
		uint64		time;

		if ((sessions & 0xffff) == 0xffff)
			CHECK_FOR_INTERRUPTS();
		end = session_end(rule, columns, first);
		time = span_between(columns->at[first], columns->at[end - 1]);
		tally_add_duration(*tally, ALL_ROW, SLOT_TIME, time);
		tally_add_time(tally, ALL_ROW, SLOT_TIMES, time);
		tally_add_number(tally, ALL_ROW, SLOT_LENGTHS, end - first);
		bounced += end - first == 1;
		sessions++;
	}
	tally_add_count(*tally, ALL_ROW, SLOT_CUSTOMERS, sessions > 0);
	tally_add_count(*tally, ALL_ROW, SLOT_SESSIONS, sessions);
	tally_add_count(*tally, ALL_ROW, SLOT_TOUCHPOINTS, columns->count);
	tally_add_count(*tally, ALL_ROW, SLOT_BOUNCED, bounced);
	if (columns->value)
		add_values(columns, *tally);
}

static void
summary_rows(const AnalysisPlan *plan, const Tally *tally, Report *report)
{
	int64		customers = tally_count(tally, ALL_ROW, SLOT_CUSTOMERS);
	int64		sessions = tally_count(tally, ALL_ROW, SLOT_SESSIONS);
	int64		touchpoints = tally_count(tally, ALL_ROW, SLOT_TOUCHPOINTS);
	int64		bounced = tally_count(tally, ALL_ROW, SLOT_BOUNCED);

	report_row(report);
	report_count(report, STATS_CUSTOMERS, customers);
	report_count(report, STATS_SESSIONS, sessions);
	report_ratio(report, STATS_PER_CUSTOMER, sessions, customers);
	report_count(report, STATS_TOUCHPOINTS, touchpoints);
	report_ratio(report, STATS_AVG_TOUCHPOINTS, touchpoints, sessions);
	report_percentile(report, STATS_MEDIAN_TOUCHPOINTS, tally, ALL_ROW, SLOT_LENGTHS, 50);
	report_percentile(report, STATS_P90_TOUCHPOINTS, tally, ALL_ROW, SLOT_LENGTHS, 90);
	report_average(report, STATS_AVG_SECONDS, tally_duration(tally, ALL_ROW, SLOT_TIME));
	report_percentile(report, STATS_MEDIAN_SECONDS, tally, ALL_ROW, SLOT_TIMES, 50);
	report_percentile(report, STATS_P90_SECONDS, tally, ALL_ROW, SLOT_TIMES, 90);
	report_count(report, STATS_BOUNCED, bounced);
	report_ratio(report, STATS_BOUNCE_RATE, bounced, sessions);
	report_sum(report, STATS_VALUE, tally_sum(tally, ALL_ROW, SLOT_VALUE));
}

static const AnalysisArgument summary_arguments[] = {
	{"gap", ARGUMENT_INTERVAL, "1800 s"}
};

ANALYSIS(session_summary) = {
	.name = "session_summary",
	.version = SUMMARY_VERSION,
	.arguments = lengthof(summary_arguments),
	.argument = summary_arguments,
	.columns = lengthof(stats_columns),
	.column = stats_columns,
	.configure = summary_configure,
	.count = summary_count,
	.wants = summary_wants,
	.rows = summary_rows
};

POPULATION_AGGREGATE(session_summary, session_summary_analysis);
