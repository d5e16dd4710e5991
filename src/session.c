/*
 * session.c
 *		Sessions: the window function that numbers them, and the sessions of a
 *		journey as rows.
 */
#include "postgres.h"

#include <math.h>

#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "nodes/supportnodes.h"
#include "utils/builtins.h"
#include "windowapi.h"

#include "population/tally.h"
#include "session.h"
#include "type/codec.h"

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

int64
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
} SessionSite;

static SessionSite *
call_site(FunctionCallInfo fcinfo, WindowObject window)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	SessionSite *site = flinfo->fn_extra;

	if (site == NULL)
	{
		bool		isnull;

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
	TimestampTz at;
	bool		isnull;

	WinSetMarkPosition(window, WinGetCurrentPosition(window));
	at = DatumGetTimestampTz(WinGetFuncArgCurrent(window, ARG_AT, &isnull));
	if (isnull)
		PG_RETURN_INT64(Max(state->sessions, 1));
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

static void
put_label(const JourneyColumns *columns, uint32 code, Datum *value, bool *isnull)
{
	const Label *label = &columns->labels->label[code];

	*isnull = code == LABEL_NONE;
	*value = *isnull ? (Datum) 0 :
		PointerGetDatum(cstring_to_text_with_len(label->text, label->length));
}

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

	for (int64 i = first; columns->value && i < end; i++)
		if (!isnan(columns->value[i]))
			tally_add_sum(&sum, columns->value[i]);
	journey_read_header(journey, false, &header);
	values[SESSION_NUMBER] = Int32GetDatum(number);
	values[SESSION_STARTED_AT] = TimestampTzGetDatum(columns->at[first]);
	values[SESSION_ENDED_AT] = TimestampTzGetDatum(columns->at[end - 1]);
	values[SESSION_SECONDS] = Float8GetDatum((double) span_between(columns->at[first], columns->at[end - 1]) /
											 USECS_PER_SEC);
	values[SESSION_TOUCHPOINTS] = Int32GetDatum((int32) (end - first));
	put_label(columns, columns->event[first],
			  &values[SESSION_ENTRY_EVENT], &nulls[SESSION_ENTRY_EVENT]);
	put_label(columns, columns->event[end - 1],
			  &values[SESSION_EXIT_EVENT], &nulls[SESSION_EXIT_EVENT]);
	put_label(columns, COLUMN_CHANNEL_AT(columns, first),
			  &values[SESSION_ENTRY_CHANNEL], &nulls[SESSION_ENTRY_CHANNEL]);
	values[SESSION_CHANNELS] = Int32GetDatum((int32) header.channels);
	values[SESSION_VALUE] = Float8GetDatum(sum.sum + sum.rest);
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

	InitMaterializedSRF(fcinfo, 0);
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
