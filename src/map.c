/*
 * map.c
 *		The journey map: for each stage of a model who gets there, through which
 *		channels, how they feel, where they wait, where they leave.  And how
 *		ratings of several kinds come to one scale.
 *
 * A customer is gone through once: what the stages tell of times first, then what
 * each touchpoint tells.  Every figure but the channels and events is of slots that
 * the one row of the tally repeats for each stage; channels and events have a row
 * each, with a count for each stage, so a state grows with stages times labels.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"

#include "matcher/staging.h"
#include "pattern/stage_model.h"
#include "population/population.h"
#include "population/row_memo.h"

PG_FUNCTION_INFO_V1(score_from_nps);
PG_FUNCTION_INFO_V1(score_from_csat);
PG_FUNCTION_INFO_V1(score_from_ces);

#define STAGE_BIT(stage)	(UINT64CONST(1) << (stage))

/* Slots of a stage. */
enum
{
	SLOT_CUSTOMERS,				/* with a touchpoint in it */
	SLOT_FURTHEST,				/* customers who came no further */
	SLOT_RETURNS,
	SLOT_TOUCHPOINTS,
	SLOT_SCORE,
	SLOT_LOW,
	SLOT_SCORES,
	SLOT_TO_NEXT,
	SLOT_VALUE,
	STAGE_SLOTS
};

#define STAGE_SLOT(stage, slot)	((stage) * STAGE_SLOTS + (slot))

static const TallySlot stage_slots[STAGE_SLOTS] = {
	{"customers", TALLY_COUNT},
	{"furthest", TALLY_COUNT},
	{"returns", TALLY_COUNT},
	{"touchpoints", TALLY_COUNT},
	{"score", TALLY_SUM},
	{"low", TALLY_COUNT},
	{"scores", TALLY_NUMBERS},
	{"to next", TALLY_DURATIONS},
	{"value", TALLY_SUM}
};

/* The one slot of a channel or an event in each stage. */
static const TallySlot label_slots[] = {
	{"touchpoints", TALLY_COUNT}
};

enum
{
	SHAPE_STAGES,
	SHAPE_CHANNEL,
	SHAPE_EVENT,
	SHAPES
};

#define STAGES_ROW	0			/* the only one of its shape */

/* Columns of journey_map_stage. */
enum
{
	MAP_POSITION,
	MAP_STAGE,
	MAP_PHASE,
	MAP_CUSTOMERS,
	MAP_SHARE,
	MAP_REACHED,
	MAP_SKIPPED,
	MAP_EXITS,
	MAP_EXIT_RATE,
	MAP_TOUCHPOINTS,
	MAP_PER_CUSTOMER,
	MAP_CHANNELS,
	MAP_TOP_CHANNEL,
	MAP_TOP_CHANNEL_SHARE,
	MAP_TOP_EVENT,
	MAP_SCORED,
	MAP_AVERAGE_SCORE,
	MAP_LOW_SHARE,
	MAP_P10_SCORE,
	MAP_P90_SCORE,
	MAP_SCORE_CHANGE,
	MAP_MEDIAN_TO_NEXT,
	MAP_P90_TO_NEXT,
	MAP_RETURNS,
	MAP_VALUE,
	MAP_COLUMNS
};

static const RowColumn map_columns[MAP_COLUMNS] = {
	{"position", INT4OID},
	{"stage", TEXTOID},
	{"phase", TEXTOID},
	{"customers", INT8OID},
	{"share", FLOAT8OID},
	{"reached", INT8OID},
	{"skipped", INT8OID},
	{"exits", INT8OID},
	{"exit_rate", FLOAT8OID},
	{"touchpoints", INT8OID},
	{"touchpoints_per_customer", FLOAT8OID},
	{"channels", INT8OID},
	{"top_channel", TEXTOID},
	{"top_channel_share", FLOAT8OID},
	{"top_event", TEXTOID},
	{"scored", INT8OID},
	{"average_score", FLOAT8OID},
	{"low_share", FLOAT8OID},
	{"p10_score", FLOAT8OID},
	{"p90_score", FLOAT8OID},
	{"score_change", FLOAT8OID},
	{"median_seconds_to_next", FLOAT8OID},
	{"p90_seconds_to_next", FLOAT8OID},
	{"returns", INT8OID},
	{"value", FLOAT8OID}
};

typedef struct MapPlan
{
	AnalysisPlan plan;
	const StageModel *model;
	double		low;
	MemoryContext context;
	Staging    *staging;		/* made for the first customer */
	RowMemo		memo;			/* of channels and events, by their codes */
} MapPlan;

static AnalysisPlan *
map_configure(const ArgumentValue *value)
{
	MapPlan    *map = palloc0(sizeof(MapPlan));
	TallyShape *shape = palloc(SHAPES * sizeof(TallyShape));
	uint32		stages;

	map->model = stage_model_parse(value[0].text, value[0].length);
	map->low = value[1].real;
	map->context = map->memo.context = CurrentMemoryContext;
	stages = map->model->stages;
	shape[SHAPE_STAGES] = (TallyShape) {
		"stages", 0, 0, NULL, stages, STAGE_SLOTS, stage_slots
	};
	shape[SHAPE_CHANNEL] = (TallyShape) {
		"channel", 1, 0, NULL, stages, lengthof(label_slots), label_slots
	};
	shape[SHAPE_EVENT] = (TallyShape) {
		"event", 1, 0, NULL, stages, lengthof(label_slots), label_slots
	};
	map->plan.columns = COLUMN_ALL;
	map->plan.shapes = SHAPES;
	map->plan.shape = shape;
	return &map->plan;
}

static AnalysisNeed
map_wants(const AnalysisPlan *plan, const Label *event, const Label *channel)
{
	return staging_wants(((const MapPlan *) plan)->model, event, channel) ?
		NEED_TOUCHPOINT : NEED_NOTHING;
}

/* ----------
 * Counting
 * ----------
 */

/* One customer's way through the stages, of which sets are bits. */
typedef struct Walk
{
	uint64		met;			/* with a touchpoint */
	uint64		returned;		/* with one after a later stage's */
	uint64		waiting;		/* met at an earlier instant, and no later stage since */
	uint64		begun;			/* the same, met at this instant */
	int			furthest;
	int			furthest_before;	/* this instant */
	TimestampTz instant;
	TimestampTz first[STAGE_MAX];
	int64		touchpoints[STAGE_MAX];
} Walk;

/* Of one instant none is later than another. */
static inline void
begin_instant(Walk *walk, TimestampTz at)
{
	walk->waiting |= walk->begun;
	walk->begun = 0;
	walk->furthest_before = walk->furthest;
	walk->instant = at;
}

/* Ends the waiting in earlier stages. */
static void
add_waits(Walk *walk, int stage, TimestampTz at, Tally **tally)
{
	uint64		ended = walk->waiting & (STAGE_BIT(stage) - 1);

	walk->waiting &= ~ended;
	for (; ended != 0; ended &= ended - 1)
	{
		int			earlier = pg_rightmost_one_pos64(ended);

		tally_add_time(tally, STAGES_ROW, STAGE_SLOT(earlier, SLOT_TO_NEXT),
					   (uint64) at - (uint64) walk->first[earlier]);
	}
}

static inline void
take_step(Walk *walk, int stage, TimestampTz at, Tally **tally)
{
	uint64		bit = STAGE_BIT(stage);

	if (at != walk->instant)
		begin_instant(walk, at);
	if (walk->waiting & (bit - 1))
		add_waits(walk, stage, at, tally);
	if (stage < walk->furthest_before)
		walk->returned |= bit;
	if ((walk->met & bit) == 0)
	{
		walk->met |= bit;
		walk->begun |= bit;
		walk->first[stage] = at;
		walk->touchpoints[stage] = 0;
		walk->furthest = Max(walk->furthest, stage);
	}
	walk->touchpoints[stage]++;
}

static void
count_customer(const Walk *walk, Tally *tally)
{
	for (uint64 met = walk->met; met != 0; met &= met - 1)
	{
		int			stage = pg_rightmost_one_pos64(met);

		tally_add_count(tally, STAGES_ROW, STAGE_SLOT(stage, SLOT_CUSTOMERS), 1);
		tally_add_count(tally, STAGES_ROW, STAGE_SLOT(stage, SLOT_TOUCHPOINTS),
						walk->touchpoints[stage]);
		if (walk->returned & STAGE_BIT(stage))
			tally_add_count(tally, STAGES_ROW, STAGE_SLOT(stage, SLOT_RETURNS), 1);
	}
	tally_add_count(tally, STAGES_ROW, STAGE_SLOT(walk->furthest, SLOT_FURTHEST), 1);
}

/* Counts a touchpoint of a channel or an event. */
static inline void
count_label(MapPlan *map, uint32 shape, const JourneyColumns *columns, uint32 code, int stage,
			Tally **tally)
{
	uint32		row = row_memo_find(&map->memo, *tally, shape, code);

	if (unlikely(row == ROW_UNKNOWN))
	{
		const Label none = {NULL, 0};

		row = tally_row(tally, shape,
						code == LABEL_NONE ? &none : &columns->labels->label[code], 1);
		row_memo_note(&map->memo, shape, code, row);
	}
	tally_add_count(*tally, row, stage, 1);
}

static inline void
count_touchpoint(MapPlan *map, const JourneyColumns *columns, int64 i, int stage, Tally **tally)
{
	double		score = COLUMN_SCORE_AT(columns, i);
	double		value = COLUMN_VALUE_AT(columns, i);

	count_label(map, SHAPE_CHANNEL, columns, COLUMN_CHANNEL_AT(columns, i), stage, tally);
	count_label(map, SHAPE_EVENT, columns, columns->event[i], stage, tally);
	if (!isnan(value))
		tally_add_value(*tally, STAGES_ROW, STAGE_SLOT(stage, SLOT_VALUE), value);
	if (isnan(score))
		return;
	tally_add_value(*tally, STAGES_ROW, STAGE_SLOT(stage, SLOT_SCORE), score);
	tally_add_number(tally, STAGES_ROW, STAGE_SLOT(stage, SLOT_SCORES), score);
	if (score < map->low)
		tally_add_count(*tally, STAGES_ROW, STAGE_SLOT(stage, SLOT_LOW), 1);
}

static void
map_count(AnalysisPlan *plan, const JourneyColumns *columns, uint64 generation, Tally **tally)
{
	MapPlan    *map = (MapPlan *) plan;
	const int8 *stage;
	Walk		walk;

	if (map->staging == NULL)
		map->staging = staging_create(map->model, map->context);
	stage = staging_load(map->staging, columns, generation);
	row_memo_begin(&map->memo, generation, *tally);
	walk.met = walk.returned = walk.waiting = walk.begun = 0;
	walk.furthest = walk.furthest_before = -1;
	walk.instant = DT_NOBEGIN;
	for (int64 i = 0; i < columns->count; i++)
	{
		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		if (stage[i] < 0)
			continue;
		take_step(&walk, stage[i], columns->at[i], tally);
		count_touchpoint(map, columns, i, stage[i], tally);
	}
	if (walk.met != 0)
		count_customer(&walk, *tally);
}

/* ----------
 * Rows
 * ----------
 */

/* The labels of a stage, all but null: how many, and which one has most touchpoints. */
typedef struct TopLabel
{
	int64		labels;
	int64		touchpoints;
	Label		label;
} TopLabel;

/* By stage, palloc'd.  Of equals the first in the order of bytes is on top. */
static TopLabel *
find_top_labels(const Tally *tally, uint32 shape, int stages)
{
	TopLabel   *top = palloc0(stages * sizeof(TopLabel));
	uint32		rows;
	uint32	   *row = tally_rows(tally, shape, &rows);

	for (uint32 i = 0; i < rows; i++)
	{
		Label		label;

		CHECK_FOR_INTERRUPTS();
		tally_key(tally, row[i], &label);
		for (int stage = 0; stage < stages && label.text; stage++)
		{
			int64		touchpoints = tally_count(tally, row[i], stage);

			top[stage].labels += touchpoints > 0;
			if (touchpoints > top[stage].touchpoints)
			{
				top[stage].touchpoints = touchpoints;
				top[stage].label = label;
			}
		}
	}
	pfree(row);
	return top;
}

/* Customers who came to each stage or a later one: their number with any stage is the first. */
static void
count_reached(const Tally *tally, int stages, int64 *reached)
{
	int64		sum = 0;

	for (int stage = stages - 1; stage >= 0; stage--)
	{
		tally_sum_counts(&sum, tally_count(tally, STAGES_ROW, STAGE_SLOT(stage, SLOT_FURTHEST)));
		reached[stage] = sum;
	}
}

static void
report_customers(Report *report, const Tally *tally, int stage, int stages, const int64 *reached)
{
	int64		customers = tally_count(tally, STAGES_ROW, STAGE_SLOT(stage, SLOT_CUSTOMERS));
	int64		exits = stage == stages - 1 ? 0 : reached[stage] - reached[stage + 1];

	report_count(report, MAP_CUSTOMERS, customers);
	report_ratio(report, MAP_SHARE, customers, reached[0]);
	report_count(report, MAP_REACHED, reached[stage]);
	report_count(report, MAP_SKIPPED, reached[stage] - customers);
	report_count(report, MAP_EXITS, exits);
	report_ratio(report, MAP_EXIT_RATE, exits, reached[stage]);
	report_count(report, MAP_RETURNS,
				 tally_count(tally, STAGES_ROW, STAGE_SLOT(stage, SLOT_RETURNS)));
	report_percentile(report, MAP_MEDIAN_TO_NEXT, tally, STAGES_ROW,
					  STAGE_SLOT(stage, SLOT_TO_NEXT), 50);
	report_percentile(report, MAP_P90_TO_NEXT, tally, STAGES_ROW,
					  STAGE_SLOT(stage, SLOT_TO_NEXT), 90);
}

static void
report_touchpoints(Report *report, const Tally *tally, int stage, const TopLabel *channel,
				   const TopLabel *event)
{
	int64		touchpoints = tally_count(tally, STAGES_ROW, STAGE_SLOT(stage, SLOT_TOUCHPOINTS));

	report_count(report, MAP_TOUCHPOINTS, touchpoints);
	report_ratio(report, MAP_PER_CUSTOMER, touchpoints,
				 tally_count(tally, STAGES_ROW, STAGE_SLOT(stage, SLOT_CUSTOMERS)));
	report_count(report, MAP_CHANNELS, channel->labels);
	report_label(report, MAP_TOP_CHANNEL, &channel->label);
	if (channel->labels > 0)
		report_ratio(report, MAP_TOP_CHANNEL_SHARE, channel->touchpoints, touchpoints);
	report_label(report, MAP_TOP_EVENT, &event->label);
	report_sum(report, MAP_VALUE, tally_sum(tally, STAGES_ROW, STAGE_SLOT(stage, SLOT_VALUE)));
}

/* *previous is the average score of the last stage that has one, NaN if none has. */
static void
report_scores(Report *report, const Tally *tally, int stage, double *previous)
{
	const TallySum *score = tally_sum(tally, STAGES_ROW, STAGE_SLOT(stage, SLOT_SCORE));
	double		average = tally_sum_total(score) / score->count;

	report_count(report, MAP_SCORED, score->count);
	if (score->count == 0)
		return;
	report_number(report, MAP_AVERAGE_SCORE, average);
	report_ratio(report, MAP_LOW_SHARE,
				 tally_count(tally, STAGES_ROW, STAGE_SLOT(stage, SLOT_LOW)), score->count);
	report_percentile(report, MAP_P10_SCORE, tally, STAGES_ROW,
					  STAGE_SLOT(stage, SLOT_SCORES), 10);
	report_percentile(report, MAP_P90_SCORE, tally, STAGES_ROW,
					  STAGE_SLOT(stage, SLOT_SCORES), 90);
	if (!isnan(*previous))
		report_number(report, MAP_SCORE_CHANGE, average - *previous);
	*previous = average;
}

static void
map_rows(const AnalysisPlan *plan, const Tally *tally, Report *report)
{
	const StageModel *model = ((const MapPlan *) plan)->model;
	TopLabel   *channel = find_top_labels(tally, SHAPE_CHANNEL, model->stages);
	TopLabel   *event = find_top_labels(tally, SHAPE_EVENT, model->stages);
	double		previous = get_float8_nan();
	int64		reached[STAGE_MAX] = {0};

	count_reached(tally, model->stages, reached);
	for (int stage = 0; stage < model->stages; stage++)
	{
		const char *name = model->stage[stage].name;
		const char *phase = stage_phase_text(model->stage[stage].phase);

		report_row(report);
		report_integer(report, MAP_POSITION, stage + 1);
		report_text(report, MAP_STAGE, name, strlen(name));
		if (phase)
			report_text(report, MAP_PHASE, phase, strlen(phase));
		report_customers(report, tally, stage, model->stages, reached);
		report_touchpoints(report, tally, stage, &channel[stage], &event[stage]);
		report_scores(report, tally, stage, &previous);
	}
}

/* That nothing is of a stage is most often a slip. */
static bool
map_remark(const AnalysisPlan *plan, const Tally *tally, const Remark *remark)
{
	int64		reached[STAGE_MAX] = {0};

	count_reached(tally, ((const MapPlan *) plan)->model->stages, reached);
	if (reached[0] > 0)
		return false;
	population_notice(remark, "no touchpoint has a stage of the model",
					  "Labels are compared byte by byte; stage_model_rules(model) shows which have a stage.");
	return true;
}

static const AnalysisArgument map_arguments[] = {
	{"model", ARGUMENT_TEXT, NULL},
	{"low", ARGUMENT_NUMBER, "0"}
};

ANALYSIS(journey_map) = {
	.name = "journey_map",
	.version = 1,
	.arguments = lengthof(map_arguments),
	.argument = map_arguments,
	.columns = MAP_COLUMNS,
	.column = map_columns,
	.configure = map_configure,
	.wants = map_wants,
	.count = map_count,
	.rows = map_rows,
	.remark = map_remark
};

POPULATION_AGGREGATE(journey_map, journey_map_analysis);

/* ----------
 * Ratings on one scale
 * ----------
 */

/* Where a rating lies on its scale, from -1 to 1. */
static double
place_on_scale(const char *kind, double rating, double bottom, double top)
{
	if (!(top > bottom) || isinf(top))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("top of a %s scale must be a number greater than 1", kind),
				 errdetail("It is %s.", float8out_internal(top))));
	if (!(rating >= bottom && rating <= top))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s rating is outside its scale", kind),
				 errdetail("%s is not from %s to %s.", float8out_internal(rating),
						   float8out_internal(bottom), float8out_internal(top))));
	return ((rating - bottom) - (top - rating)) / (top - bottom);
}

/* score_from_nps(rating) -> from -1 for 0 to 1 for 10 */
Datum
score_from_nps(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(place_on_scale("NPS", PG_GETARG_FLOAT8(0), 0, 10));
}

/* score_from_csat(rating, top) -> from -1 for 1 to 1 for top */
Datum
score_from_csat(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(place_on_scale("CSAT", PG_GETARG_FLOAT8(0), 1, PG_GETARG_FLOAT8(1)));
}

/* score_from_ces(rating, top) -> likewise; top is the least effort */
Datum
score_from_ces(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(place_on_scale("CES", PG_GETARG_FLOAT8(0), 1, PG_GETARG_FLOAT8(1)));
}
