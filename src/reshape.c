/*
 * reshape.c
 *		From journey to journey: parts of it, fewer touchpoints, runs and matches
 *		as one.  All keep touchpoints in order, so nothing is sorted, and a journey
 *		that stays as it is goes out as it came in.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "matcher/call.h"
#include "population/tally.h"
#include "type/chosen.h"
#include "type/codec.h"

PG_FUNCTION_INFO_V1(journey_slice);
PG_FUNCTION_INFO_V1(journey_slice_pattern);
PG_FUNCTION_INFO_V1(journey_before);
PG_FUNCTION_INFO_V1(journey_after);
PG_FUNCTION_INFO_V1(journey_first_touchpoints);
PG_FUNCTION_INFO_V1(journey_last_touchpoints);
PG_FUNCTION_INFO_V1(journey_keep_touchpoints);
PG_FUNCTION_INFO_V1(journey_drop_touchpoints);
PG_FUNCTION_INFO_V1(journey_distinct_touchpoints);
PG_FUNCTION_INFO_V1(journey_collapse);
PG_FUNCTION_INFO_V1(journey_replace_matches);

#define MANY	0xfffff			/* touchpoints between looks at interrupts */

/* The touchpoints from "first" up to "end" of argument 0. */
static Datum
range_of(FunctionCallInfo fcinfo, const JourneyColumns *columns, int64 first, int64 end)
{
	if (first == 0 && end == columns->count)
		return PG_GETARG_DATUM(0);
	return PointerGetDatum(journey_encode_range(columns, first, end));
}

/* ----------
 * Stretches of time
 * ----------
 */

/* The first touchpoint that is no earlier than an instant. */
static int64
lower_bound(const JourneyColumns *columns, TimestampTz at)
{
	return times_lower_bound(columns->at, columns->count, at);
}

/* The touchpoints of argument 0 from one instant on and before another. */
static Datum
between(FunctionCallInfo fcinfo, const JourneyColumns *columns, TimestampTz since,
		TimestampTz until)
{
	int64		first = lower_bound(columns, since);

	return range_of(fcinfo, columns, first, Max(first, lower_bound(columns, until)));
}

/* slice(journey, since, until): half-open; null is an open end */
Datum
journey_slice(PG_FUNCTION_ARGS)
{
	TimestampTz since = PG_ARGISNULL(1) ? DT_NOBEGIN : PG_GETARG_TIMESTAMPTZ(1);
	TimestampTz until = PG_ARGISNULL(2) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(2);
	const JourneyColumns *columns;
	JourneyHeader header;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	journey_read_header(PG_GETARG_DATUM(0), false, &header);
	if (header.count == 0 || (since <= header.first && header.last < until))
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	columns = journey_read(journey_call_reader(fcinfo), PG_GETARG_DATUM(0), COLUMN_ALL);
	return between(fcinfo, columns, since, until);
}

/* The journey without what is not among its first or last n touchpoints. */
static Datum
some_touchpoints(FunctionCallInfo fcinfo, bool last)
{
	int32		n = PG_GETARG_INT32(1);
	const JourneyColumns *columns;
	JourneyHeader header;

	if (n < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of touchpoints must not be negative"),
				 errdetail("It is %d.", n)));
	journey_read_header(PG_GETARG_DATUM(0), false, &header);
	if (n >= header.count)
		return PG_GETARG_DATUM(0);
	columns = journey_read(journey_call_reader(fcinfo), PG_GETARG_DATUM(0), COLUMN_ALL);
	return last ? range_of(fcinfo, columns, columns->count - n, columns->count) :
		range_of(fcinfo, columns, 0, n);
}

/* first_touchpoints(journey, n) */
Datum
journey_first_touchpoints(PG_FUNCTION_ARGS)
{
	return some_touchpoints(fcinfo, false);
}

/* last_touchpoints(journey, n) */
Datum
journey_last_touchpoints(PG_FUNCTION_ARGS)
{
	return some_touchpoints(fcinfo, true);
}

/* ----------
 * Patterns
 * ----------
 */

static PatternCall *
chain_of_call(FunctionCallInfo fcinfo, const char *function, Chain *chain)
{
	PatternCall *call = pattern_call_begin(fcinfo, function, pattern_refuse_by, COLUMN_ALL);

	matcher_chain(call->matcher, chain);
	return call;
}

/* What lies between two instants; null if the chain that gave them is not complete. */
static Datum
part_by_chain(FunctionCallInfo fcinfo, PatternCall *call, const Chain *chain, TimestampTz since,
			  TimestampTz until)
{
	Datum		result = (Datum) 0;

	if (chain->completed)
		result = between(fcinfo, call->columns, since, until);
	else
		fcinfo->isnull = true;
	pattern_call_end(call);
	return result;
}

/* Shall what is at the end's own instant be kept?  Argument 2, if there is one. */
static bool
including(FunctionCallInfo fcinfo)
{
	return PG_NARGS() > 2 && PG_GETARG_BOOL(2);
}

/* before(journey, pattern [, including]): all that is earlier than the chain's first touchpoint */
Datum
journey_before(PG_FUNCTION_ARGS)
{
	Chain		chain;
	PatternCall *call = chain_of_call(fcinfo, "before", &chain);

	return part_by_chain(fcinfo, call, &chain, DT_NOBEGIN, chain.started_at + including(fcinfo));
}

/* after(journey, pattern [, including]): all that is later than the chain's last touchpoint */
Datum
journey_after(PG_FUNCTION_ARGS)
{
	Chain		chain;
	PatternCall *call = chain_of_call(fcinfo, "after", &chain);

	return part_by_chain(fcinfo, call, &chain, chain.ended_at + !including(fcinfo), DT_NOEND);
}

/* slice(journey, pattern): from the chain's first instant to its last one */
Datum
journey_slice_pattern(PG_FUNCTION_ARGS)
{
	Chain		chain;
	PatternCall *call = chain_of_call(fcinfo, "slice", &chain);

	return part_by_chain(fcinfo, call, &chain, chain.started_at, chain.ended_at + 1);
}

/* ----------
 * Some touchpoints of all
 * ----------
 */

/* The journey of what was chosen. */
static Datum
journey_of(const Chosen *chosen, const JourneyColumns *columns)
{
	JourneyColumns result = chosen_columns(chosen, columns->labels);

	return PointerGetDatum(journey_encode(&result));
}

/* The same, or argument 0 where all its touchpoints were chosen. */
static Datum
journey_of_fewer(FunctionCallInfo fcinfo, const Chosen *chosen, const JourneyColumns *columns)
{
	return chosen->count == columns->count ? PG_GETARG_DATUM(0) : journey_of(chosen, columns);
}

/* The touchpoints that match a term, or all others. */
static Datum
matching_touchpoints(FunctionCallInfo fcinfo, const char *function, bool keep)
{
	PatternCall *call = pattern_call_begin(fcinfo, function, pattern_require_term, COLUMN_ALL);
	const JourneyColumns *columns = call->columns;
	int64		matches;
	const int64 *match = matcher_touchpoints(call->matcher, &matches);
	int64		kept = keep ? matches : columns->count - matches;
	int64		next = 0;
	Chosen		chosen;
	Datum		result;

	if (kept == columns->count)
	{
		pattern_call_end(call);
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	chosen_create(&chosen, columns, kept);
	for (int64 i = 0; i < columns->count; i++)
	{
		bool		matched = next < matches && match[next] == i;

		if ((i & MANY) == MANY)
			CHECK_FOR_INTERRUPTS();
		next += matched;
		if (matched == keep)
			choose(&chosen, columns, i);
	}
	result = journey_of_fewer(fcinfo, &chosen, columns);
	pattern_call_end(call);
	return result;
}

/* keep_touchpoints(journey, term) */
Datum
journey_keep_touchpoints(PG_FUNCTION_ARGS)
{
	return matching_touchpoints(fcinfo, "keep_touchpoints", true);
}

/* drop_touchpoints(journey, term): all that keep_touchpoints leaves out */
Datum
journey_drop_touchpoints(PG_FUNCTION_ARGS)
{
	return matching_touchpoints(fcinfo, "drop_touchpoints", false);
}

static bool
same_number(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* Have touchpoints i and i - 1 the same event and channel? */
static inline bool
same_labels(const JourneyColumns *columns, int64 i)
{
	return columns->event[i] == columns->event[i - 1] &&
		COLUMN_CHANNEL_AT(columns, i) == COLUMN_CHANNEL_AT(columns, i - 1);
}

/* distinct_touchpoints(journey): equal ones stand side by side */
Datum
journey_distinct_touchpoints(PG_FUNCTION_ARGS)
{
	const JourneyColumns *columns = journey_read(journey_call_reader(fcinfo),
												 PG_GETARG_DATUM(0), COLUMN_ALL);
	Chosen		chosen;

	chosen_create(&chosen, columns, columns->count);
	for (int64 i = 0; i < columns->count; i++)
	{
		if ((i & MANY) == MANY)
			CHECK_FOR_INTERRUPTS();
		if (i == 0 || columns->at[i] != columns->at[i - 1] || !same_labels(columns, i) ||
			(columns->value && !same_number(columns->value[i], columns->value[i - 1])) ||
			(columns->score && !same_number(columns->score[i], columns->score[i - 1])))
			choose(&chosen, columns, i);
	}
	return journey_of_fewer(fcinfo, &chosen, columns);
}

/* The sum of the values from "first" up to "end"; NaN if there are none. */
static double
sum_values(const JourneyColumns *columns, int64 first, int64 end)
{
	TallySum	sum = {0};

	if (end == first + 1)
		return columns->value[first];
	for (int64 i = first; i < end; i++)
	{
		if ((i & MANY) == MANY)
			CHECK_FOR_INTERRUPTS();
		if (!isnan(columns->value[i]))
			tally_sum_add(&sum, columns->value[i]);
	}
	return sum.count > 0 ? tally_sum_total(&sum) : columns->value[first];
}

/*
 * collapse(journey): of each run of touchpoints with the same event and channel
 * the first one, with the sum of their values
 */
Datum
journey_collapse(PG_FUNCTION_ARGS)
{
	const JourneyColumns *columns = journey_read(journey_call_reader(fcinfo),
												 PG_GETARG_DATUM(0), COLUMN_ALL);
	Chosen		chosen;

	chosen_create(&chosen, columns, columns->count);
	for (int64 first = 0, end; first < columns->count; first = end)
	{
		for (end = first + 1; end < columns->count && same_labels(columns, end); end++)
		{
			if ((end & MANY) == 0)
				CHECK_FOR_INTERRUPTS();
		}
		choose(&chosen, columns, first);
		if (columns->value)
			chosen.value[chosen.count - 1] = sum_values(columns, first, end);
	}
	return journey_of_fewer(fcinfo, &chosen, columns);
}

/* ----------
 * Matches
 * ----------
 */

/*
 * One touchpoint for those of a chain's stretch, "first" up to "end": with the time of
 * the last one, the channel that the chain was entered by, and the sum of all values.
 */
static void
choose_match(Chosen *chosen, const JourneyColumns *columns, const Chain *chain, int64 first,
			 int64 end, uint32 event)
{
	int64		to = chosen->count;

	choose(chosen, columns, end - 1);
	chosen->event[to] = event;
	if (chosen->channel)
		chosen->channel[to] = columns->channel[chain_entry(chain)];
	if (chosen->value)
		chosen->value[to] = sum_values(columns, first, end);
	if (chosen->score)
		chosen->score[to] = get_float8_nan();
}

static void
choose_range(Chosen *chosen, const JourneyColumns *columns, int64 first, int64 end)
{
	for (int64 i = first; i < end; i++)
	{
		if ((i & MANY) == MANY)
			CHECK_FOR_INTERRUPTS();
		choose(chosen, columns, i);
	}
}

/* Argument 2 as a label. */
static uint32
label_of_matches(FunctionCallInfo fcinfo, struct JourneyReader *reader)
{
	text	   *event = PG_GETARG_TEXT_PP(2);
	uint64		generation;

	if (VARSIZE_ANY_EXHDR(event) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("name of an event must not be empty"),
				 errdetail("It is to stand for what the pattern matches.")));
	return labels_intern(journey_reader_labels(reader, &generation), VARDATA_ANY(event),
						 VARSIZE_ANY_EXHDR(event));
}

/*
 * replace_matches(journey, pattern, event): the stretch of each completed
 * attempt, both instants included, as one touchpoint
 *
 * Nobody shares the instant of what takes a stretch's place, and the next attempt
 * begins later: so touchpoints stay in order.
 */
Datum
journey_replace_matches(PG_FUNCTION_ARGS)
{
	Chain		chain;
	PatternCall *call = chain_of_call(fcinfo, "replace_matches", &chain);
	const JourneyColumns *columns = call->columns;
	uint32		event = label_of_matches(fcinfo, call->reader);
	int64		next = 0;
	Chosen		chosen;

	if (!chain.completed)
	{
		pattern_call_end(call);
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	chosen_create(&chosen, columns, columns->count);
	while (chain.completed)
	{
		int64		first = lower_bound(columns, chain.started_at);

		CHECK_FOR_INTERRUPTS();
		choose_range(&chosen, columns, next, first);
		next = lower_bound(columns, chain.ended_at + 1);
		choose_match(&chosen, columns, &chain, first, next, event);
		matcher_restart_after(call->matcher, chain.ended_at);
		matcher_chain(call->matcher, &chain);
	}
	choose_range(&chosen, columns, next, columns->count);
	pattern_call_end(call);
	return journey_of(&chosen, columns);
}
