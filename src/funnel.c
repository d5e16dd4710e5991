/*
 * funnel.c
 *		stage_funnel: how many customers reached each step of a pattern, and
 *		what they did between.
 *
 * One row of the tally per label of "by", or a single one with a null label.  Of
 * each customer it counts where the chain ended; "reached this step or a later one" is summed
 * up from that when rows are made, so it cannot rise from step to step,
 * whatever bytes the state came from.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/float.h"

#include "matcher/matcher.h"
#include "population/population.h"
#include "population/rates.h"

#define FUNNEL_VERSION	1

#define MAX_REMARK_LENGTH	200	/* of the terms that nothing matched */

/* Shapes of rows. */
enum
{
	SHAPE_ALL,					/* what concerns the whole report */
	SHAPE_LABEL,				/* a row a label */
	SHAPE_CHANNELS,				/* of a pattern that asks for channels: were there any? */
	SHAPES
};

#define ALL_ROW			0		/* the only one of SHAPE_ALL, the first shape */
#define CHANNELS_ROW	1		/* the only one of SHAPE_CHANNELS, the next one without labels */

/* Slots of SHAPE_ALL. */
enum
{
	LATEST_TOUCHPOINT,
	TERM_SEEN					/* one a term: TALLY_NOTHING, or 1 */
};

/* Slots of SHAPE_CHANNELS. */
enum
{
	CHANNEL_SEEN				/* TALLY_NOTHING, or 1 */
};

/* Slots of SHAPE_LABEL: one, and then those of each step. */
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

static const TallySlot all_slots[TERM_SEEN] = {
	{"latest", TALLY_LATEST}
};

static const TallySlot term_slots[] = {
	{"term", TALLY_LATEST}
};

static const TallySlot channel_slots[] = {
	{"seen", TALLY_LATEST}
};

static const TallySlot label_slots[STEP_SLOTS_BEGIN] = {
	{"until", TALLY_LATEST}
};

static const TallySlot step_slots[STEP_SLOTS] = {
	{"ended", TALLY_COUNT},
	{"skipped", TALLY_COUNT},
	{"touchpoints", TALLY_COUNT},
	{"time", TALLY_DURATION},
	{"value", TALLY_SUM},
	{"since previous", TALLY_DURATIONS},
	{"since start", TALLY_DURATIONS}
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

static const RowColumn stage_columns[STAGE_COLUMNS] = {
	{"label", TEXTOID},
	{"step", INT4OID},
	{"stage", TEXTOID},
	{"customers", INT8OID},
	{"conversion_from_start", FLOAT8OID},
	{"conversion_from_previous", FLOAT8OID},
	{"drop_off", INT8OID},
	{"drop_off_rate", FLOAT8OID},
	{"skipped", INT8OID},
	{"touchpoints", INT8OID},
	{"avg_seconds", FLOAT8OID},
	{"median_seconds", FLOAT8OID},
	{"p90_seconds", FLOAT8OID},
	{"median_seconds_from_start", FLOAT8OID},
	{"step_value", FLOAT8OID},
	{"conversion_low", FLOAT8OID},
	{"conversion_high", FLOAT8OID},
	{"complete", BOOLOID}
};

typedef struct FunnelPlan
{
	AnalysisPlan plan;
	const Pattern *pattern;
	MemoryContext context;
	Matcher    *matcher;		/* made for the first customer */
} FunnelPlan;

static bool
asks_for_channels(const Pattern *pattern)
{
	return (pattern->columns & COLUMN_CHANNEL) != 0;
}

/* ----------
 * Counting
 * ----------
 */

/* What is counted for the whole report. */
static void
define_all(const Pattern *pattern, TallyShape *shape)
{
	*shape = (TallyShape) {"all", 0, TERM_SEEN, all_slots, pattern->terms, 1, term_slots};
}

/* What is counted for each label. */
static void
define_label(const Pattern *pattern, TallyShape *shape)
{
	*shape = (TallyShape) {
		"label", 1, STEP_SLOTS_BEGIN, label_slots, pattern->steps, STEP_SLOTS, step_slots
	};
}

static AnalysisPlan *
funnel_configure(const ArgumentValue *value)
{
	FunnelPlan *funnel = palloc0(sizeof(FunnelPlan));
	const Pattern *pattern = pattern_parse(value[0].text, value[0].length);
	TallyShape *shape = palloc(SHAPES * sizeof(TallyShape));

	define_all(pattern, &shape[SHAPE_ALL]);
	define_label(pattern, &shape[SHAPE_LABEL]);
	shape[SHAPE_CHANNELS] = (TallyShape) {
		"channels", 0, lengthof(channel_slots), channel_slots, 0, 0, NULL
	};
	funnel->pattern = pattern;
	funnel->context = CurrentMemoryContext;
	funnel->plan.columns = pattern->columns | COLUMN_VALUE_SELDOM;
	funnel->plan.needs = pattern->columns;
	if (pattern->elements == 1 && !asks_for_channels(pattern))
		funnel->plan.literal_channel = "All steps stand in one text, such as 'visit -> buy'.";
	funnel->plan.shapes = asks_for_channels(pattern) ? SHAPES : SHAPE_CHANNELS;
	funnel->plan.shape = shape;
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
	bool		all_seen = true;

	for (int i = 0; i < terms; i++)
	{
		seen[i] = tally_latest(tally, ALL_ROW, TERM_SEEN + i) != TALLY_NOTHING;
		all_seen &= seen[i];
	}
	matcher_load(funnel->matcher, columns, generation);
	for (int i = 0; i < terms && !all_seen; i++)
		if (seen[i])
			tally_add_latest(tally, ALL_ROW, TERM_SEEN + i, 1);
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
		while (term < pattern->terms &&
			   (pattern->term[term].element < first ||
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
				tally_add_count(*tally, row, STEP_SLOT(step, STEP_SKIPPED), 1);
			continue;
		}
		value = COLUMN_VALUE_AT(columns, i);
		if (!isnan(value))
			tally_add_value(*tally, row, STEP_SLOT(step, STEP_VALUE), value);
		if (start < 0)
			start = i;
		if (previous >= 0)
		{
			since_previous = (uint64) at[i] - (uint64) at[previous];
			tally_add_duration(*tally, row, STEP_SLOT(step, STEP_TIME), since_previous);
			tally_add_time(tally, row, STEP_SLOT(step, STEP_SINCE_PREVIOUS), since_previous);
		}
		tally_add_time(tally, row, STEP_SLOT(step, STEP_SINCE_START),
					   (uint64) at[i] - (uint64) at[start]);
		previous = i;
	}
}

static void
funnel_count(AnalysisPlan *plan, const JourneyColumns *columns, uint64 generation, Tally **tally)
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
		tally_add_latest(*tally, ALL_ROW, LATEST_TOUCHPOINT, columns->at[columns->count - 1]);
	if (columns->channel && asks_for_channels(pattern))
		tally_add_latest(*tally, CHANNELS_ROW, CHANNEL_SEEN, 1);
	count_touchpoints(pattern, columns, raw, touchpoints);

	while (matcher_next(funnel->matcher, &label, &chain))
	{
		Label		key = {label.isnull ? NULL : label.text, label.length};
		uint32		row = tally_row(tally, SHAPE_LABEL, &key, 1);

		if (pattern_by_start(pattern))
			touchpoints[0] = label.starts;
		if (pattern->by == BY_TIME)
			tally_add_latest(*tally, row, LABEL_UNTIL, label.until);
		for (int step = 0; step < pattern->steps; step++)
			if (touchpoints[step] > 0)
				tally_add_count(*tally, row, STEP_SLOT(step, STEP_TOUCHPOINTS), touchpoints[step]);
		if (chain.reached == 0)
			continue;
		tally_add_count(*tally, row, STEP_SLOT(chain.reached - 1, STEP_ENDED), 1);
		add_touchpoints(funnel, columns, &chain, tally, row);
	}
}

/* A customer with nothing that the pattern names counts, but reaches no step. */
static void
funnel_left_out(const AnalysisPlan *plan, TimestampTz latest, bool channels, Tally **tally)
{
	static const Label null = {NULL, 0};
	const Pattern *pattern = ((const FunnelPlan *) plan)->pattern;

	tally_add_latest(*tally, ALL_ROW, LATEST_TOUCHPOINT, latest);
	if (channels && asks_for_channels(pattern))
		tally_add_latest(*tally, CHANNELS_ROW, CHANNEL_SEEN, 1);
	if (!pattern_by_start(pattern))
		(void) tally_row(tally, SHAPE_LABEL, &null, 1);
}

/* ----------
 * Rows
 * ----------
 */

/* What follows from how many reached the steps. */
static void
report_rates(Report *report, const int64 *customers, int step)
{
	double		low,
				high;

	report_count(report, STAGE_CUSTOMERS, customers[step]);
	report_ratio(report, STAGE_FROM_START, customers[step], customers[0]);
	if (customers[0] > 0)
	{
		rate_interval(customers[step], customers[0], &low, &high);
		report_number(report, STAGE_LOW, low);
		report_number(report, STAGE_HIGH, high);
	}
	if (step == 0)
		return;
	report_count(report, STAGE_DROP_OFF, customers[step - 1] - customers[step]);
	report_ratio(report, STAGE_FROM_PREVIOUS, customers[step], customers[step - 1]);
	report_ratio(report, STAGE_DROP_OFF_RATE, customers[step - 1] - customers[step],
				 customers[step - 1]);
}

/* What the touchpoints of a step tell. */
static void
report_measures(Report *report, const Tally *tally, uint32 row, int step)
{
	int			previous = STEP_SLOT(step, STEP_SINCE_PREVIOUS);

	report_count(report, STAGE_SKIPPED, tally_count(tally, row, STEP_SLOT(step, STEP_SKIPPED)));
	report_count(report, STAGE_TOUCHPOINTS,
				 tally_count(tally, row, STEP_SLOT(step, STEP_TOUCHPOINTS)));
	report_average(report, STAGE_AVG_SECONDS,
				   tally_duration(tally, row, STEP_SLOT(step, STEP_TIME)));
	report_percentile(report, STAGE_MEDIAN_SECONDS, tally, row, previous, 50);
	report_percentile(report, STAGE_P90_SECONDS, tally, row, previous, 90);
	report_percentile(report, STAGE_MEDIAN_FROM_START, tally, row,
					  STEP_SLOT(step, STEP_SINCE_START), 50);
	report_sum(report, STAGE_VALUE, tally_sum(tally, row, STEP_SLOT(step, STEP_VALUE)));
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

/* The rows of a label: a step each. */
static void
report_steps(const Pattern *pattern, const Tally *tally, uint32 row, Report *report)
{
	int64		customers[PATTERN_MAX_ELEMENTS];
	int64		reached = 0;
	Label		label;

	tally_key(tally, row, &label);
	for (int step = pattern->steps - 1; step >= 0; step--)
	{
		tally_sum_counts(&reached, tally_count(tally, row, STEP_SLOT(step, STEP_ENDED)));
		customers[step] = reached;
	}
	for (int step = 0; step < pattern->steps; step++)
	{
		const char *name = pattern->step[step].name;

		if (pattern->set)
			name = psprintf("%d of %d", step + 1, pattern->steps);
		report_row(report);
		report_label(report, STAGE_LABEL, &label);
		report_integer(report, STAGE_STEP, step + 1);
		report_text(report, STAGE_NAME, name, strlen(name));
		report_rates(report, customers, step);
		report_measures(report, tally, row, step);
		if (pattern->by == BY_TIME)
			report_boolean(report, STAGE_COMPLETE,
						   is_complete(pattern, tally_latest(tally, row, LABEL_UNTIL),
									   tally_latest(tally, ALL_ROW, LATEST_TOUCHPOINT)));
	}
}

static int
compare_until(const void *a, const void *b, void *tally)
{
	int64		a_until = tally_latest(tally, *(const uint32 *) a, LABEL_UNTIL);
	int64		b_until = tally_latest(tally, *(const uint32 *) b, LABEL_UNTIL);

	return (a_until > b_until) - (a_until < b_until);
}

/* Labels in the order of bytes, null last; dates in the order of time. */
static void
funnel_rows(const AnalysisPlan *plan, const Tally *tally, Report *report)
{
	const Pattern *pattern = ((const FunnelPlan *) plan)->pattern;
	uint32		labels;
	uint32	   *row = tally_rows(tally, SHAPE_LABEL, &labels);

	if (pattern->by == BY_TIME)
		qsort_arg(row, labels, sizeof(uint32), compare_until, (void *) tally);
	for (uint32 i = 0; i < labels; i++)
	{
		CHECK_FOR_INTERRUPTS();
		report_steps(pattern, tally, row[i], report);
	}
}

/* A term that no touchpoint matched is most often a typing error. */
static bool
remark_terms(const Pattern *pattern, const Tally *tally, const Remark *remark)
{
	StringInfoData terms;

	initStringInfo(&terms);
	for (int i = 0; i < pattern->terms; i++)
	{
		const PatternTerm *term = &pattern->term[i];
		int			length = term->source_length;

		if (tally_latest(tally, ALL_ROW, TERM_SEEN + i) != TALLY_NOTHING)
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
	population_notice(remark, psprintf("no touchpoint matched %s", terms.data),
					  "Labels are compared byte by byte: check the spelling, upper and lower case, and the channel.");
	return true;
}

/* Channels were asked for, and there are none: they were not handed over. */
static bool
remark_channels(const Pattern *pattern, const Tally *tally, const Remark *remark)
{
	if (!asks_for_channels(pattern) ||
		tally_latest(tally, CHANNELS_ROW, CHANNEL_SEEN) != TALLY_NOTHING)
		return false;
	population_notice(remark, "the pattern asks for channels, and no touchpoint has one",
					  "Hand the channel over: stage_funnel(customer, at, event, channel, pattern), or journey_agg(at, event, channel).");
	return true;
}

/* Without any touchpoint there is nothing to say. */
static bool
funnel_remark(const AnalysisPlan *plan, const Tally *tally, const Remark *remark)
{
	const Pattern *pattern = ((const FunnelPlan *) plan)->pattern;

	return tally_latest(tally, ALL_ROW, LATEST_TOUCHPOINT) != TALLY_NOTHING &&
		(remark_channels(pattern, tally, remark) || remark_terms(pattern, tally, remark));
}

static const AnalysisArgument funnel_arguments[] = {
	{"pattern", ARGUMENT_TEXT, NULL}
};

ANALYSIS(stage_funnel) = {
	.name = "stage_funnel",
	.version = FUNNEL_VERSION,
	.arguments = lengthof(funnel_arguments),
	.argument = funnel_arguments,
	.columns = STAGE_COLUMNS,
	.column = stage_columns,
	.configure = funnel_configure,
	.wants = funnel_wants,
	.count = funnel_count,
	.left_out = funnel_left_out,
	.rows = funnel_rows,
	.remark = funnel_remark
};

POPULATION_AGGREGATE(stage_funnel, stage_funnel_analysis);
