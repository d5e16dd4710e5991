/*
 * funnel.c
 *		stage_funnel: how many customers reached each step of a pattern, and
 *		what they did between.
 *
 * One row of the tally per label of "by", or a single one.  Of each customer
 * it counts where the chain ended; "reached this step or a later one" is summed
 * up from that when rows are made, so it cannot rise from step to step,
 * whatever bytes the state came from.
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include "matcher/matcher.h"
#include "population/population.h"
#include "population/rates.h"

PG_FUNCTION_INFO_V1(stage_funnel_transition);
PG_FUNCTION_INFO_V1(stage_funnel_final);
PG_FUNCTION_INFO_V1(stage_funnel_keyed_transition);
PG_FUNCTION_INFO_V1(stage_funnel_keyed_final);

#define FUNNEL_VERSION	1

#define MAX_REMARK_LENGTH	200	/* of the terms that nothing matched */

/* Common slots. */
enum
{
	LATEST_TOUCHPOINT,
	TERM_SEEN					/* one a term: TALLY_NOTHING, or 1 */
};

/* Slots of a row: one, and then those of each step. */
enum
{
	LABEL_UNTIL,				/* by a time: first instant after the label */
	STEP_SLOTS_BEGIN
};

enum
{
	STEP_ENDED,					/* customers who came so far and no further */
	STEP_SKIPPED,
	STEP_TOUCHPOINTS,
	STEP_TIME,					/* since the step matched before */
	STEP_VALUE,
	STEP_SINCE_PREVIOUS,
	STEP_SINCE_START,
	STEP_SLOTS
};

#define STEP_SLOT(step, slot)	(STEP_SLOTS_BEGIN + (step) * STEP_SLOTS + (slot))

static const uint8 step_types[STEP_SLOTS] = {
	TALLY_COUNT, TALLY_COUNT, TALLY_COUNT, TALLY_DURATION, TALLY_SUM,
	TALLY_DISTRIBUTION, TALLY_DISTRIBUTION
};

/* Columns of funnel_stage. */
enum
{
	STAGE_LABEL,
	STAGE_STEP,
	STAGE_NAME,
	STAGE_CUSTOMERS,
	STAGE_FROM_START,
	STAGE_FROM_PREVIOUS,
	STAGE_DROP_OFF,
	STAGE_DROP_OFF_RATE,
	STAGE_SKIPPED,
	STAGE_TOUCHPOINTS,
	STAGE_AVG_SECONDS,
	STAGE_MEDIAN_SECONDS,
	STAGE_P90_SECONDS,
	STAGE_MEDIAN_FROM_START,
	STAGE_VALUE,
	STAGE_LOW,
	STAGE_HIGH,
	STAGE_COMPLETE,
	STAGE_COLUMNS
};

typedef struct FunnelPlan
{
	AnalysisPlan plan;
	const Pattern *pattern;
	MemoryContext context;
	Matcher    *matcher;		/* made for the first customer */
} FunnelPlan;

/* ----------
 * Counting
 * ----------
 */

static AnalysisPlan *
funnel_configure(const TallyText *text)
{
	FunnelPlan *funnel = palloc0(sizeof(FunnelPlan));
	const Pattern *pattern = pattern_parse(text[0].text, text[0].length);
	uint8	   *type;

	funnel->pattern = pattern;
	funnel->context = CurrentMemoryContext;
	funnel->plan.columns = pattern->columns | COLUMN_VALUE_SELDOM;
	funnel->plan.common_slots = TERM_SEEN + pattern->terms;
	funnel->plan.row_slots = STEP_SLOT(pattern->steps, 0);
	type = palloc(funnel->plan.common_slots + funnel->plan.row_slots);
	funnel->plan.type = type;
	memset(type, TALLY_LATEST, funnel->plan.common_slots);
	type += funnel->plan.common_slots;
	type[LABEL_UNTIL] = TALLY_LATEST;
	for (int step = 0; step < pattern->steps; step++)
		memcpy(type + STEP_SLOT(step, 0), step_types, sizeof(step_types));
	return &funnel->plan;
}

static AnalysisNeed
funnel_wants(const AnalysisPlan *plan, const Label *event, const Label *channel)
{
	const Pattern *pattern = ((const FunnelPlan *) plan)->pattern;
	AnalysisNeed need = NEED_NOTHING;

	for (int i = 0; i < pattern->terms; i++)
		if (pattern_term_matches(&pattern->term[i], event, channel))
			return NEED_TOUCHPOINT;
	for (int i = 0; i < pattern->elements; i++)
		if (pattern->element[i].next)
			need = NEED_MARKER;
	return need;
}

/*
 * Loads a customer and marks the terms that matched something.  Only those are
 * looked for that the tally does not have yet: few, once some customers were
 * counted.
 */
static void
load(const FunnelPlan *funnel, const JourneyColumns *columns, uint64 generation, Tally *tally)
{
	int			terms = funnel->pattern->terms;
	bool	   *seen = matcher_terms_seen(funnel->matcher);

	for (int i = 0; i < terms; i++)
		seen[i] = *(int64 *) tally_common(tally, TERM_SEEN + i) != TALLY_NOTHING;
	matcher_load(funnel->matcher, columns, generation);
	for (int i = 0; i < terms; i++)
		if (seen[i])
			tally_add_latest(tally_common(tally, TERM_SEEN + i), 1);
}

/*
 * Touchpoints that match any of several trailing exclusions, which are one
 * step together.  The matcher's counts would tell twice of some.
 */
static int64
count_excluded(const Pattern *pattern, const JourneyColumns *columns)
{
	const Label *label = columns->labels->label;
	int			first = pattern->step[pattern->steps - 1].element;
	int64		count = 0;

	for (int64 i = 0; i < columns->count; i++)
	{
		const Label *event = &label[columns->event[i]];
		const Label *channel = &label[COLUMN_CHANNEL_AT(columns, i)];
		int			term = 0;

		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		while (term < pattern->terms && (pattern->term[term].element < first ||
										 !pattern_term_matches(&pattern->term[term], event, channel)))
			term++;
		count += term < pattern->terms;
	}
	return count;
}

/* Raw matches of each step: exclusions count for a trailing one alone. */
static void
count_touchpoints(const Pattern *pattern, const JourneyColumns *columns, const int64 *raw,
				  int64 *touchpoints)
{
	const PatternStep *last = &pattern->step[pattern->steps - 1];
	int64		all = 0;

	memset(touchpoints, 0, pattern->steps * sizeof(int64));
	for (int i = 0; i < pattern->elements; i++)
	{
		const PatternElement *element = &pattern->element[i];

		all += raw[i];
		if (element->exclusion == pattern->step[element->step].trailing)
			touchpoints[element->step] += raw[i];
	}
	if (last->trailing && last->element < pattern->elements - 1)
		touchpoints[pattern->steps - 1] = count_excluded(pattern, columns);
	/* "2 of 3" is no label of its own */
	for (int step = 0; pattern->set && step < pattern->steps; step++)
		touchpoints[step] = all;
}

/* Adds what the touchpoints of a chain tell: times and values. */
static void
add_touchpoints(const FunnelPlan *funnel, const JourneyColumns *columns, const Chain *chain,
				Tally **tally, uint32 row)
{
	const TimestampTz *at = columns->at;
	int64		start = -1;
	int64		previous = -1;

	for (int step = 0; step < chain->reached; step++)
	{
		int64		i = chain->touchpoint[step];
		double		value;
		uint64		since_previous;

		if (i < 0)
		{
			if (funnel->pattern->step[step].optional)
				tally_add_count(tally_slot(*tally, row, STEP_SLOT(step, STEP_SKIPPED)), 1);
			continue;
		}
		value = COLUMN_VALUE_AT(columns, i);
		if (!isnan(value))
			tally_add_sum(tally_slot(*tally, row, STEP_SLOT(step, STEP_VALUE)), value);
		if (start < 0)
			start = i;
		if (previous >= 0)
		{
			since_previous = (uint64) at[i] - (uint64) at[previous];
			tally_add_durations(tally_slot(*tally, row, STEP_SLOT(step, STEP_TIME)), 1,
								since_previous, 0);
			tally_add_distribution(tally, row, STEP_SLOT(step, STEP_SINCE_PREVIOUS),
								   since_previous);
		}
		tally_add_distribution(tally, row, STEP_SLOT(step, STEP_SINCE_START),
							   (uint64) at[i] - (uint64) at[start]);
		previous = i;
	}
}

static void
funnel_add(AnalysisPlan *plan, const JourneyColumns *columns, uint64 generation, Tally **tally)
{
	FunnelPlan *funnel = (FunnelPlan *) plan;
	const Pattern *pattern = funnel->pattern;
	int64		touchpoints[PATTERN_MAX_ELEMENTS];
	const int64 *raw;
	ChainLabel	label;
	Chain		chain;

	if (funnel->matcher == NULL)
		funnel->matcher = matcher_create(pattern, funnel->context);
	load(funnel, columns, generation, *tally);
	raw = matcher_raw_matches(funnel->matcher);
	if (columns->count > 0)
		tally_add_latest(tally_common(*tally, LATEST_TOUCHPOINT),
						 columns->at[columns->count - 1]);
	count_touchpoints(pattern, columns, raw, touchpoints);

	while (matcher_next(funnel->matcher, &label, &chain))
	{
		uint32		row = tally_row(tally, label.isnull ? NULL : label.text, label.length);

		if (pattern->by != BY_NOTHING)
			touchpoints[0] = label.starts;
		if (pattern->by != BY_NOTHING && pattern->by != BY_CHANNEL)
			tally_add_latest(tally_slot(*tally, row, LABEL_UNTIL), label.until);
		for (int step = 0; step < pattern->steps; step++)
			tally_add_count(tally_slot(*tally, row, STEP_SLOT(step, STEP_TOUCHPOINTS)),
							touchpoints[step]);
		if (chain.reached == 0)
			continue;
		tally_add_count(tally_slot(*tally, row, STEP_SLOT(chain.reached - 1, STEP_ENDED)), 1);
		add_touchpoints(funnel, columns, &chain, tally, row);
	}
}

/* A customer with nothing that the pattern names counts, but reaches no step. */
static void
funnel_left_out(const AnalysisPlan *plan, TimestampTz latest, Tally **tally)
{
	tally_add_latest(tally_common(*tally, LATEST_TOUCHPOINT), latest);
	if (((const FunnelPlan *) plan)->pattern->by == BY_NOTHING)
		(void) tally_row(tally, NULL, 0);
}

/* ----------
 * Rows
 * ----------
 */

/* One row of the answer, all null to begin with. */
typedef struct Stage
{
	Datum		values[STAGE_COLUMNS];
	bool		nulls[STAGE_COLUMNS];
} Stage;

static void
set_column(Stage *stage, int column, Datum value)
{
	stage->values[column] = value;
	stage->nulls[column] = false;
}

static void
set_count(Stage *stage, int column, int64 count)
{
	set_column(stage, column, Int64GetDatum(count));
}

static void
set_number(Stage *stage, int column, double number)
{
	set_column(stage, column, Float8GetDatum(number));
}

/* What follows from how many reached the steps. */
static void
set_rates(Stage *stage, const int64 *customers, int step)
{
	double		low,
				high;

	set_count(stage, STAGE_CUSTOMERS, customers[step]);
	if (customers[0] > 0)
	{
		rate_interval(customers[step], customers[0], &low, &high);
		set_number(stage, STAGE_FROM_START, (double) customers[step] / customers[0]);
		set_number(stage, STAGE_LOW, low);
		set_number(stage, STAGE_HIGH, high);
	}
	if (step == 0)
		return;
	set_count(stage, STAGE_DROP_OFF, customers[step - 1] - customers[step]);
	if (customers[step - 1] > 0)
	{
		set_number(stage, STAGE_FROM_PREVIOUS,
				   (double) customers[step] / customers[step - 1]);
		set_number(stage, STAGE_DROP_OFF_RATE,
				   (double) (customers[step - 1] - customers[step]) / customers[step - 1]);
	}
}

static void
set_percentile(Stage *stage, int column, const Tally *tally, const TallyCells *cells,
			   uint32 row, uint32 slot, int percent)
{
	double		microseconds;

	if (tally_percentile(tally, cells, row, slot, percent, &microseconds))
		set_number(stage, column, microseconds / USECS_PER_SEC);
}

/* What the touchpoints of a step tell. */
static void
set_measures(Stage *stage, const Tally *tally, const TallyCells *cells, uint32 row, int step)
{
	const TallyDuration *time = tally_slot(tally, row, STEP_SLOT(step, STEP_TIME));
	const TallySum *value = tally_slot(tally, row, STEP_SLOT(step, STEP_VALUE));

	set_count(stage, STAGE_SKIPPED,
			  *(int64 *) tally_slot(tally, row, STEP_SLOT(step, STEP_SKIPPED)));
	set_count(stage, STAGE_TOUCHPOINTS,
			  *(int64 *) tally_slot(tally, row, STEP_SLOT(step, STEP_TOUCHPOINTS)));
	if (time->count > 0)
		set_number(stage, STAGE_AVG_SECONDS,
				   tally_duration_total(time) / time->count / USECS_PER_SEC);
	set_percentile(stage, STAGE_MEDIAN_SECONDS, tally, cells, row,
				   STEP_SLOT(step, STEP_SINCE_PREVIOUS), 50);
	set_percentile(stage, STAGE_P90_SECONDS, tally, cells, row,
				   STEP_SLOT(step, STEP_SINCE_PREVIOUS), 90);
	set_percentile(stage, STAGE_MEDIAN_FROM_START, tally, cells, row,
				   STEP_SLOT(step, STEP_SINCE_START), 50);
	if (value->count > 0)
		set_number(stage, STAGE_VALUE, value->sum + value->rest);
}

/*
 * By a time: has the window of the label's last possible start closed by the
 * latest touchpoint?  Without a window it never does.
 */
static bool
is_complete(const Pattern *pattern, int64 until, int64 latest)
{
	if (pattern->window == PATTERN_NO_LIMIT || until == TALLY_NOTHING || latest < until - 1)
		return false;
	return (uint64) latest - (uint64) (until - 1) >= (uint64) pattern->window;
}

static void
add_label(const FunnelPlan *funnel, const Tally *tally, const TallyCells *cells, uint32 row,
		  PopulationRows *rows)
{
	const Pattern *pattern = funnel->pattern;
	int64		customers[PATTERN_MAX_ELEMENTS];
	int64		reached = 0;
	uint32		length;
	const char *label = tally_label(tally, row, &length);

	for (int step = pattern->steps - 1; step >= 0; step--)
	{
		tally_add_count(&reached, *(int64 *) tally_slot(tally, row, STEP_SLOT(step, STEP_ENDED)));
		customers[step] = reached;
	}
	for (int step = 0; step < pattern->steps; step++)
	{
		Stage		stage;
		const char *name = pattern->step[step].name;

		memset(stage.nulls, true, sizeof(stage.nulls));
		if (label)
			set_column(&stage, STAGE_LABEL,
					   PointerGetDatum(cstring_to_text_with_len(label, length)));
		if (pattern->set)
			name = psprintf("%d of %d", step + 1, pattern->steps);
		set_column(&stage, STAGE_STEP, Int32GetDatum(step + 1));
		set_column(&stage, STAGE_NAME, CStringGetTextDatum(name));
		set_rates(&stage, customers, step);
		set_measures(&stage, tally, cells, row, step);
		if (pattern->by != BY_NOTHING && pattern->by != BY_CHANNEL)
			set_column(&stage, STAGE_COMPLETE,
					   BoolGetDatum(is_complete(pattern,
												*(int64 *) tally_slot(tally, row, LABEL_UNTIL),
												*(int64 *) tally_common(tally, LATEST_TOUCHPOINT))));
		population_add_row(rows, stage.values, stage.nulls);
	}
}

static int
compare_until(const void *a, const void *b, void *tally)
{
	int64		a_until = *(int64 *) tally_slot(tally, *(const uint32 *) a, LABEL_UNTIL);
	int64		b_until = *(int64 *) tally_slot(tally, *(const uint32 *) b, LABEL_UNTIL);

	return (a_until > b_until) - (a_until < b_until);
}

/* Labels in the order of bytes, null last; dates in the order of time. */
static void
funnel_rows(const AnalysisPlan *plan, const Tally *tally, PopulationRows *rows)
{
	const FunnelPlan *funnel = (const FunnelPlan *) plan;
	uint32	   *order = tally_rows_by_label(tally);
	TallyCells	cells;

	tally_sort_cells(tally, &cells);
	if (funnel->pattern->by != BY_NOTHING && funnel->pattern->by != BY_CHANNEL)
		qsort_arg(order, tally->rows, sizeof(uint32), compare_until, (void *) tally);
	for (uint32 i = 0; i < tally->rows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		add_label(funnel, tally, &cells, order[i], rows);
	}
}

/*
 * A term that no touchpoint matched is most often a typing error.  Without any
 * touchpoint there is nothing to say.
 */
static bool
funnel_remark(const AnalysisPlan *plan, const Tally *tally, bool grouped)
{
	const Pattern *pattern = ((const FunnelPlan *) plan)->pattern;
	StringInfoData terms;

	if (*(int64 *) tally_common(tally, LATEST_TOUCHPOINT) == TALLY_NOTHING)
		return false;
	initStringInfo(&terms);
	for (int i = 0; i < pattern->terms; i++)
	{
		const PatternTerm *term = &pattern->term[i];
		int			length = term->source_length;

		if (*(int64 *) tally_common(tally, TERM_SEEN + i) != TALLY_NOTHING)
			continue;
		if (terms.len > MAX_REMARK_LENGTH)
		{
			appendStringInfoString(&terms, ", ...");
			break;
		}
		length = pg_mbcliplen(term->source, length, MAX_REMARK_LENGTH);
		appendStringInfo(&terms, memchr(term->source, '"', length) ? "%s%.*s" : "%s\"%.*s\"",
						 terms.len > 0 ? ", " : "", length, term->source);
	}
	if (terms.len == 0)
		return false;
	ereport(NOTICE,
			(errmsg(grouped ? "no touchpoint matched %s in at least one group" :
					"no touchpoint matched %s", terms.data),
			 errhint("Labels are compared byte by byte: check the spelling, upper and lower case, and the channel.")));
	return true;
}

static const char *const funnel_texts[] = {"pattern"};

static const Analysis funnel_analysis = {
	.name = "stage_funnel",
	.version = FUNNEL_VERSION,
	.texts = lengthof(funnel_texts),
	.text_name = funnel_texts,
	.configure = funnel_configure,
	.wants = funnel_wants,
	.add = funnel_add,
	.left_out = funnel_left_out,
	.rows = funnel_rows,
	.remark = funnel_remark
};

Datum
stage_funnel_transition(PG_FUNCTION_ARGS)
{
	return population_transition(fcinfo, &funnel_analysis);
}

Datum
stage_funnel_final(PG_FUNCTION_ARGS)
{
	return population_final(fcinfo, &funnel_analysis);
}

Datum
stage_funnel_keyed_transition(PG_FUNCTION_ARGS)
{
	return population_keyed_transition(fcinfo, &funnel_analysis);
}

Datum
stage_funnel_keyed_final(PG_FUNCTION_ARGS)
{
	return population_keyed_final(fcinfo, &funnel_analysis);
}
