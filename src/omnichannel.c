/*
 * omnichannel.c
 *		Customers by how many channels they use, and what becomes of them.
 *
 * A customer is gone through once.  Channels are told apart by stamps: one for each
 * label code, of the last customer who met it.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "matcher/matcher.h"
#include "pattern/interval.h"
#include "population/population.h"
#include "population/rates.h"
#include "population/row_memo.h"
#include "type/array.h"

#define MANY	0xfffff			/* touchpoints between looks at interrupts */

/* Slots of a number of channels.  Nobody is of both kinds, so that rates are rates. */
enum
{
	SLOT_CONVERTED,
	SLOT_UNCONVERTED,
	SLOT_SWITCHES,
	SLOT_TOUCHPOINTS,
	SLOT_TO_GOAL,
	SLOT_VALUE,
	SLOT_ELSEWHERE
};

static const TallySlot channels_slots[] = {
	{"converted", TALLY_COUNT},
	{"unconverted", TALLY_COUNT},
	{"switches", TALLY_COUNT},
	{"touchpoints", TALLY_COUNT},
	{"to goal", TALLY_DURATIONS},
	{"value", TALLY_SUM},
	{"elsewhere", TALLY_COUNT}
};

#define SHAPE_CHANNELS	0

/* Its key is the number in ten digits, by which rows sort as numbers do. */
static const TallyShape channels_shape = {
	"channels", 1, lengthof(channels_slots), channels_slots, 0, 0, NULL
};

/* Columns of channel_count. */
enum
{
	COUNT_CHANNELS,
	COUNT_CUSTOMERS,
	COUNT_CONVERTED,
	COUNT_CONVERSION,
	COUNT_LOW,
	COUNT_HIGH,
	COUNT_AVERAGE_SWITCHES,
	COUNT_AVERAGE_TOUCHPOINTS,
	COUNT_MEDIAN_SECONDS,
	COUNT_VALUE,
	COUNT_ELSEWHERE,
	COUNT_COLUMNS
};

static const RowColumn count_columns[COUNT_COLUMNS] = {
	{"channels", INT4OID},
	{"customers", INT8OID},
	{"converted", INT8OID},
	{"conversion", FLOAT8OID},
	{"low", FLOAT8OID},
	{"high", FLOAT8OID},
	{"average_switches", FLOAT8OID},
	{"average_touchpoints", FLOAT8OID},
	{"median_seconds", FLOAT8OID},
	{"value", FLOAT8OID},
	{"finished_elsewhere", INT8OID}
};

typedef struct OmnichannelPlan
{
	AnalysisPlan plan;
	const Pattern *goal;
	MemoryContext context;
	Matcher    *matcher;		/* made for the first customer */
	RowMemo		memo;			/* by the number of channels */
	uint64		customer;		/* of all tallies: the number of the current one */
	uint64		stamps;
	uint64	   *stamp;			/* by label code: the last customer with this channel */
} OmnichannelPlan;

static AnalysisPlan *
omnichannel_configure(const ArgumentValue *value)
{
	OmnichannelPlan *omnichannel = palloc0(sizeof(OmnichannelPlan));

	omnichannel->goal = pattern_parse(value[0].text, value[0].length);
	pattern_require_term(omnichannel->goal, "omnichannel_summary");
	omnichannel->context = omnichannel->memo.context = CurrentMemoryContext;
	omnichannel->plan.columns = COLUMN_CHANNEL | COLUMN_VALUE;
	omnichannel->plan.shapes = 1;
	omnichannel->plan.shape = &channels_shape;
	return &omnichannel->plan;
}

/* ----------
 * Counting
 * ----------
 */

/* What the channels and values of one customer tell. */
typedef struct Use
{
	uint32		channels;		/* different ones */
	uint32		first;			/* of the first touchpoint that has one */
	int64		switches;		/* as channel_switches() counts them */
	TallySum	value;
} Use;

/* All labels have stamps; no customer has the number 0. */
static void
reserve_stamps(OmnichannelPlan *omnichannel, uint32 labels)
{
	uint64		room;

	if (likely(labels <= omnichannel->stamps))
		return;
	room = Max(64, (uint64) labels + labels / 2);
	omnichannel->stamp = array_grow(omnichannel->context, omnichannel->stamp, room,
									sizeof(uint64));
	memset(omnichannel->stamp + omnichannel->stamps, 0,
		   (room - omnichannel->stamps) * sizeof(uint64));
	omnichannel->stamps = room;
}

static void
see_channels(OmnichannelPlan *omnichannel, const JourneyColumns *columns, Use *use)
{
	uint32		current = LABEL_NONE;

	reserve_stamps(omnichannel, labels_count(columns->labels));
	for (int64 i = 0; columns->channel && i < columns->count; i++)
	{
		uint32		channel = columns->channel[i];

		if ((i & MANY) == MANY)
			CHECK_FOR_INTERRUPTS();
		if (channel == LABEL_NONE || channel == current)
			continue;
		if (current == LABEL_NONE)
			use->first = channel;
		else
			use->switches++;
		current = channel;
		use->channels += omnichannel->stamp[channel] != omnichannel->customer;
		omnichannel->stamp[channel] = omnichannel->customer;
	}
}

static void
see_values(const JourneyColumns *columns, Use *use)
{
	for (int64 i = 0; columns->value && i < columns->count; i++)
	{
		if ((i & MANY) == MANY)
			CHECK_FOR_INTERRUPTS();
		if (!isnan(columns->value[i]))
			tally_sum_add(&use->value, columns->value[i]);
	}
}

static uint32
channels_row(OmnichannelPlan *omnichannel, uint32 channels, Tally **tally)
{
	uint32		row = row_memo_find(&omnichannel->memo, *tally, SHAPE_CHANNELS, channels);
	char		digits[16];
	Label		key = {digits, 0};

	if (likely(row != ROW_UNKNOWN))
		return row;
	key.length = snprintf(digits, sizeof(digits), "%010u", channels);
	row = tally_row(tally, SHAPE_CHANNELS, &key, 1);
	row_memo_note(&omnichannel->memo, SHAPE_CHANNELS, channels, row);
	return row;
}

/* Counts a customer whose touchpoint "goal" is the first that is the goal. */
static void
count_converted(const JourneyColumns *columns, int64 goal, uint32 first, uint32 row,
				Tally **tally)
{
	uint32		last = COLUMN_CHANNEL_AT(columns, goal);

	tally_add_count(*tally, row, SLOT_CONVERTED, 1);
	if (last != LABEL_NONE && last != first)
		tally_add_count(*tally, row, SLOT_ELSEWHERE, 1);
	tally_add_time(tally, row, SLOT_TO_GOAL, span_between(columns->at[0], columns->at[goal]));
}

static void
omnichannel_count(AnalysisPlan *plan, const JourneyColumns *columns, uint64 generation,
				  Tally **tally)
{
	OmnichannelPlan *omnichannel = (OmnichannelPlan *) plan;
	Use			use = {0};
	const int64 *goal;
	int64		goals;
	uint32		row;

	if (columns->count == 0)
		return;
	if (omnichannel->matcher == NULL)
		omnichannel->matcher = matcher_create(omnichannel->goal, omnichannel->context);
	matcher_load(omnichannel->matcher, columns, generation);
	goal = matcher_touchpoints(omnichannel->matcher, &goals);
	omnichannel->customer++;
	see_channels(omnichannel, columns, &use);
	see_values(columns, &use);

	row_memo_begin(&omnichannel->memo, generation, *tally);
	row = channels_row(omnichannel, use.channels, tally);
	tally_add_count(*tally, row, SLOT_SWITCHES, use.switches);
	tally_add_count(*tally, row, SLOT_TOUCHPOINTS, columns->count);
	if (use.value.count > 0)
		tally_add_value(*tally, row, SLOT_VALUE, tally_sum_total(&use.value));
	if (goals > 0)
		count_converted(columns, goal[0], use.first, row, tally);
	else
		tally_add_count(*tally, row, SLOT_UNCONVERTED, 1);
}

/* ----------
 * Rows
 * ----------
 */

/* Only that of a forged state is no number. */
static void
report_channels(Report *report, const Tally *tally, uint32 row)
{
	Label		key;

	tally_key(tally, row, &key);
	if (key.text)
		report_integer(report, COUNT_CHANNELS, pg_strtoint32(pnstrdup(key.text, key.length)));
}

static void
report_conversion(Report *report, const Tally *tally, uint32 row, int64 customers)
{
	int64		converted = tally_count(tally, row, SLOT_CONVERTED);
	double		low,
				high;

	report_count(report, COUNT_CUSTOMERS, customers);
	report_count(report, COUNT_CONVERTED, converted);
	report_ratio(report, COUNT_CONVERSION, converted, customers);
	if (customers == 0)
		return;
	rate_interval(converted, customers, &low, &high);
	report_number(report, COUNT_LOW, low);
	report_number(report, COUNT_HIGH, high);
}

static void
omnichannel_rows(const AnalysisPlan *plan, const Tally *tally, Report *report)
{
	uint32		rows;
	uint32	   *row = tally_rows(tally, SHAPE_CHANNELS, &rows);

	for (uint32 i = 0; i < rows; i++)
	{
		int64		customers = tally_count(tally, row[i], SLOT_CONVERTED);

		CHECK_FOR_INTERRUPTS();
		tally_sum_counts(&customers, tally_count(tally, row[i], SLOT_UNCONVERTED));
		report_row(report);
		report_channels(report, tally, row[i]);
		report_conversion(report, tally, row[i], customers);
		report_ratio(report, COUNT_AVERAGE_SWITCHES,
					 tally_count(tally, row[i], SLOT_SWITCHES), customers);
		report_ratio(report, COUNT_AVERAGE_TOUCHPOINTS,
					 tally_count(tally, row[i], SLOT_TOUCHPOINTS), customers);
		report_percentile(report, COUNT_MEDIAN_SECONDS, tally, row[i], SLOT_TO_GOAL, 50);
		report_sum(report, COUNT_VALUE, tally_sum(tally, row[i], SLOT_VALUE));
		report_count(report, COUNT_ELSEWHERE, tally_count(tally, row[i], SLOT_ELSEWHERE));
	}
}

/* That nobody converts is most often a typing error. */
static bool
omnichannel_remark(const AnalysisPlan *plan, const Tally *tally, const Remark *remark)
{
	const Pattern *goal = ((const OmnichannelPlan *) plan)->goal;

	for (uint32 row = 0; row < tally->rows; row++)
		if (tally_count(tally, row, SLOT_CONVERTED) > 0)
			return false;
	population_notice(remark, psprintf("no touchpoint matched the goal \"%s\"", goal->step[0].name),
					  "Labels are compared byte by byte: check the spelling, upper and lower case, and the channel.");
	return true;
}

static const AnalysisArgument omnichannel_arguments[] = {
	{"goal", ARGUMENT_TEXT, NULL}
};

ANALYSIS(omnichannel_summary) = {
	.name = "omnichannel_summary",
	.version = 1,
	.arguments = lengthof(omnichannel_arguments),
	.argument = omnichannel_arguments,
	.columns = COUNT_COLUMNS,
	.column = count_columns,
	.configure = omnichannel_configure,
	.count = omnichannel_count,
	.rows = omnichannel_rows,
	.remark = omnichannel_remark
};

POPULATION_AGGREGATE(omnichannel_summary, omnichannel_summary_analysis);
