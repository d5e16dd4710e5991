/*
 * session_summary.c
 *		session_summary: how many sessions customers have, how long they are,
 *		and how many of them end where they began.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"

#include "population/population.h"
#include "session.h"

PG_FUNCTION_INFO_V1(session_summary_transition);
PG_FUNCTION_INFO_V1(session_summary_final);

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
	SLOT_LENGTHS,				/* touchpoints of a session; what a tally calls
								 * microseconds is any whole number */
	SLOT_TIMES,
	SLOTS
};

static const uint8 slot_types[SLOTS] = {
	TALLY_COUNT, TALLY_COUNT, TALLY_COUNT, TALLY_COUNT, TALLY_DURATION, TALLY_SUM,
	TALLY_DISTRIBUTION, TALLY_DISTRIBUTION
};

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
	STATS_VALUE,
	STATS_COLUMNS
};

typedef struct SummaryPlan
{
	AnalysisPlan plan;
	SessionRule rule;
} SummaryPlan;

/* ----------
 * The gap as configuration, which is text: "1800 s" or "1500 us"
 * ----------
 */

#define GAP_TEXT_SIZE	(MAXINT8LEN + 4)

static uint32
write_gap(uint64 gap, char *text)
{
	bool		seconds = gap % USECS_PER_SEC == 0;
	int			length = pg_lltoa(seconds ? gap / USECS_PER_SEC : gap, text);

	strcpy(text + length, seconds ? " s" : " us");
	return length + strlen(text + length);
}

/* Takes what write_gap writes, and nothing else. */
static uint64
read_gap(const TallyText *text)
{
	char		again[GAP_TEXT_SIZE];
	uint64		gap = 0;
	uint32		i = 0;

	while (i < text->length && i < MAXINT8LEN && text->text[i] >= '0' && text->text[i] <= '9')
		gap = gap * 10 + (text->text[i++] - '0');
	if (text->length == i + 2 && gap <= PG_INT64_MAX / USECS_PER_SEC)
		gap *= USECS_PER_SEC;
	if (gap > PG_INT64_MAX || write_gap(gap, again) != text->length ||
		memcmp(again, text->text, text->length) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("gap of a journey_tally is not one of session_summary")));
	return gap;
}

/* ----------
 * The analysis
 * ----------
 */

static AnalysisPlan *
summary_configure(const TallyText *text)
{
	SummaryPlan *summary = palloc0(sizeof(SummaryPlan));

	summary->rule.gap = read_gap(&text[0]);
	summary->rule.max_length = SPAN_NO_LIMIT;
	summary->plan.columns = COLUMN_VALUE;
	summary->plan.row_slots = SLOTS;
	summary->plan.type = slot_types;
	return &summary->plan;
}

static AnalysisNeed
summary_wants(const AnalysisPlan *plan, const Label *event, const Label *channel)
{
	return NEED_TOUCHPOINT;
}

static void
add_values(const JourneyColumns *columns, TallySum *sum)
{
	for (int64 i = 0; i < columns->count; i++)
	{
		if ((i & 0xfffff) == 0xfffff)
			CHECK_FOR_INTERRUPTS();
		if (!isnan(columns->value[i]))
			tally_add_sum(sum, columns->value[i]);
	}
}

static void
summary_add(AnalysisPlan *plan, const JourneyColumns *columns, uint64 generation, Tally **tally)
{
	const SessionRule *rule = &((SummaryPlan *) plan)->rule;
	uint32		row = tally_row(tally, NULL, 0);
	int64		sessions = 0;
	int64		bounced = 0;

	for (int64 first = 0, end; first < columns->count; first = end)
	{
		uint64		time;

		if ((sessions & 0xffff) == 0xffff)
			CHECK_FOR_INTERRUPTS();
		end = session_end(rule, columns, first);
		time = span_between(columns->at[first], columns->at[end - 1]);
		tally_add_durations(tally_slot(*tally, row, SLOT_TIME), 1, time, 0);
		tally_add_distribution(tally, row, SLOT_TIMES, time);
		tally_add_distribution(tally, row, SLOT_LENGTHS, end - first);
		bounced += end - first == 1;
		sessions++;
	}
	tally_add_count(tally_slot(*tally, row, SLOT_CUSTOMERS), sessions > 0);
	tally_add_count(tally_slot(*tally, row, SLOT_SESSIONS), sessions);
	tally_add_count(tally_slot(*tally, row, SLOT_TOUCHPOINTS), columns->count);
	tally_add_count(tally_slot(*tally, row, SLOT_BOUNCED), bounced);
	if (columns->value)
		add_values(columns, tally_slot(*tally, row, SLOT_VALUE));
}

/* ----------
 * Rows
 * ----------
 */

/* The row of the answer, all null to begin with. */
typedef struct Stats
{
	Datum		values[STATS_COLUMNS];
	bool		nulls[STATS_COLUMNS];
} Stats;

static void
set_count(Stats *stats, int column, int64 count)
{
	stats->values[column] = Int64GetDatum(count);
	stats->nulls[column] = false;
}

static void
set_number(Stats *stats, int column, double number)
{
	stats->values[column] = Float8GetDatum(number);
	stats->nulls[column] = false;
}

static void
set_ratio(Stats *stats, int column, double a, double b)
{
	if (b > 0)
		set_number(stats, column, a / b);
}

static void
set_percentile(Stats *stats, int column, const Tally *tally, const TallyCells *cells,
			   uint32 row, uint32 slot, int percent, double unit)
{
	double		number;

	if (tally_percentile(tally, cells, row, slot, percent, &number))
		set_number(stats, column, number / unit);
}

static void
add_stats(const Tally *tally, const TallyCells *cells, uint32 row, PopulationRows *rows)
{
	int64		customers = *(int64 *) tally_slot(tally, row, SLOT_CUSTOMERS);
	int64		sessions = *(int64 *) tally_slot(tally, row, SLOT_SESSIONS);
	int64		touchpoints = *(int64 *) tally_slot(tally, row, SLOT_TOUCHPOINTS);
	int64		bounced = *(int64 *) tally_slot(tally, row, SLOT_BOUNCED);
	const TallyDuration *time = tally_slot(tally, row, SLOT_TIME);
	const TallySum *value = tally_slot(tally, row, SLOT_VALUE);
	Stats		stats;

	memset(stats.nulls, true, sizeof(stats.nulls));
	set_count(&stats, STATS_CUSTOMERS, customers);
	set_count(&stats, STATS_SESSIONS, sessions);
	set_ratio(&stats, STATS_PER_CUSTOMER, sessions, customers);
	set_count(&stats, STATS_TOUCHPOINTS, touchpoints);
	set_ratio(&stats, STATS_AVG_TOUCHPOINTS, touchpoints, sessions);
	set_percentile(&stats, STATS_MEDIAN_TOUCHPOINTS, tally, cells, row, SLOT_LENGTHS, 50, 1);
	set_percentile(&stats, STATS_P90_TOUCHPOINTS, tally, cells, row, SLOT_LENGTHS, 90, 1);
	set_ratio(&stats, STATS_AVG_SECONDS, tally_duration_total(time) / USECS_PER_SEC, time->count);
	set_percentile(&stats, STATS_MEDIAN_SECONDS, tally, cells, row, SLOT_TIMES, 50, USECS_PER_SEC);
	set_percentile(&stats, STATS_P90_SECONDS, tally, cells, row, SLOT_TIMES, 90, USECS_PER_SEC);
	set_count(&stats, STATS_BOUNCED, bounced);
	set_ratio(&stats, STATS_BOUNCE_RATE, bounced, sessions);
	if (value->count > 0)
		set_number(&stats, STATS_VALUE, value->sum + value->rest);
	population_add_row(rows, stats.values, stats.nulls);
}

static void
summary_rows(const AnalysisPlan *plan, const Tally *tally, PopulationRows *rows)
{
	TallyCells	cells;

	tally_sort_cells(tally, &cells);
	for (uint32 row = 0; row < tally->rows; row++)
	{
		CHECK_FOR_INTERRUPTS();
		add_stats(tally, &cells, row, rows);
	}
}

/* There is nothing to mistype. */
static bool
summary_remark(const AnalysisPlan *plan, const Tally *tally, bool grouped)
{
	return true;
}

static const char *const summary_texts[] = {"gap"};

static const Analysis summary_analysis = {
	.name = "session_summary",
	.version = SUMMARY_VERSION,
	.texts = lengthof(summary_texts),
	.text_name = summary_texts,
	.configure = summary_configure,
	.wants = summary_wants,
	.add = summary_add,
	.rows = summary_rows,
	.remark = summary_remark
};

/*
 * (state, journey [, gap interval]): the same call with the gap as the text
 * that belongs to the state, so that equal gaps are equal texts.
 */
Datum
session_summary_transition(PG_FUNCTION_ARGS)
{
	LOCAL_FCINFO(call, 3);
	union
	{
		uint32		header;		/* for its alignment */
		char		bytes[VARHDRSZ + GAP_TEXT_SIZE];
	}			gap;
	uint64		span = PG_NARGS() > 2 ? span_argument(fcinfo, 2, "gap") : SPAN_USUAL_GAP;
	Datum		result;

	SET_VARSIZE(&gap, VARHDRSZ + write_gap(span, gap.bytes + VARHDRSZ));
	InitFunctionCallInfoData(*call, fcinfo->flinfo, 3, fcinfo->fncollation,
							 fcinfo->context, fcinfo->resultinfo);
	call->args[0] = fcinfo->args[0];
	call->args[1] = fcinfo->args[1];
	call->args[2].value = PointerGetDatum(&gap);
	call->args[2].isnull = false;
	result = population_transition(call, &summary_analysis);
	fcinfo->isnull = call->isnull;
	return result;
}

Datum
session_summary_final(PG_FUNCTION_ARGS)
{
	return population_final(fcinfo, &summary_analysis);
}
