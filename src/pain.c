/*
 * pain.c
 *		Pain points: where in the stages of a model customers leave or rate low, by
 *		event and channel.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"

#include "matcher/staging.h"
#include "pattern/stage_model.h"
#include "population/population.h"
#include "population/row_memo.h"
#include "type/array.h"

/* Slots of a stage, event and channel. */
enum
{
	SLOT_CUSTOMERS,
	SLOT_TOUCHPOINTS,
	SLOT_LEFT,					/* customers who left here */
	SLOT_SCORE,
	SLOT_LOW,					/* touchpoints */
	SLOT_HURT					/* customers who left here or rated low */
};

static const TallySlot point_slots[] = {
	{"customers", TALLY_COUNT},
	{"touchpoints", TALLY_COUNT},
	{"left", TALLY_COUNT},
	{"score", TALLY_SUM},
	{"low", TALLY_COUNT},
	{"hurt", TALLY_COUNT}
};

enum
{
	KEY_STAGE,
	KEY_EVENT,
	KEY_CHANNEL,
	KEY_LABELS
};

#define SHAPE_POINT		0

static const TallyShape point_shape = {
	"point", KEY_LABELS, lengthof(point_slots), point_slots, 0, 0, NULL
};

/* Columns of pain_point. */
enum
{
	POINT_STAGE,
	POINT_EVENT,
	POINT_CHANNEL,
	POINT_CUSTOMERS,
	POINT_TOUCHPOINTS,
	POINT_LEFT,
	POINT_SCORED,
	POINT_LOW,
	POINT_AVERAGE_SCORE,
	POINT_PAIN,
	POINT_COLUMNS
};

static const RowColumn point_columns[POINT_COLUMNS] = {
	{"stage", TEXTOID},
	{"event", TEXTOID},
	{"channel", TEXTOID},
	{"customers", INT8OID},
	{"touchpoints", INT8OID},
	{"left_here", INT8OID},
	{"scored", INT8OID},
	{"low", INT8OID},
	{"average_score", FLOAT8OID},
	{"pain", FLOAT8OID}
};

/* Which customer was the last one that a row of the tally counted. */
typedef struct PointStamp
{
	uint64		met;
	uint64		hurt;
} PointStamp;

typedef struct PainPlan
{
	AnalysisPlan plan;
	const StageModel *model;
	int			goal;			/* the stage that is to be reached */
	double		low;
	MemoryContext context;
	Staging    *staging;		/* made for the first customer */
	RowMemo		memo;
	uint64		customer;		/* of all tallies: the number of the current one */
	uint32		stamps;
	PointStamp *stamp;			/* by row */
} PainPlan;

/* The first stage of the purchase itself, or the last one. */
static int
find_goal(const StageModel *model)
{
	int			goal = 0;

	while (goal < model->stages - 1 && model->stage[goal].phase != PHASE_DURING)
		goal++;
	return goal;
}

static AnalysisPlan *
pain_configure(const ArgumentValue *value)
{
	PainPlan   *pain = palloc0(sizeof(PainPlan));

	pain->model = stage_model_parse(value[0].text, value[0].length);
	pain->goal = find_goal(pain->model);
	pain->low = value[1].real;
	pain->context = pain->memo.context = CurrentMemoryContext;
	pain->plan.columns = COLUMN_CHANNEL | COLUMN_SCORE;
	pain->plan.shapes = 1;
	pain->plan.shape = &point_shape;
	return &pain->plan;
}

static AnalysisNeed
pain_wants(const AnalysisPlan *plan, const Label *event, const Label *channel)
{
	return staging_wants(((const PainPlan *) plan)->model, event, channel) ?
		NEED_TOUCHPOINT : NEED_NOTHING;
}

/* ----------
 * Counting
 * ----------
 */

static uint32
look_up_point(const PainPlan *pain, const Labels *labels, int stage, uint32 event, uint32 channel,
			  Tally **tally)
{
	const char *name = pain->model->stage[stage].name;
	Label		key[KEY_LABELS] = {{name, strlen(name)}, labels->label[event]};

	if (channel != LABEL_NONE)
		key[KEY_CHANNEL] = labels->label[channel];
	return tally_row(tally, SHAPE_POINT, key, KEY_LABELS);
}

/* Rows have room for stamps; no customer has the number 0. */
static void
reserve_stamps(PainPlan *pain, uint32 rows)
{
	uint32		room = Max(64, rows + rows / 2);

	if (pain->stamp == NULL)
		pain->stamp = array_alloc(pain->context, room, sizeof(PointStamp));
	else
		pain->stamp = array_realloc(pain->stamp, room, sizeof(PointStamp));
	memset(pain->stamp + pain->stamps, 0, (Size) (room - pain->stamps) * sizeof(PointStamp));
	pain->stamps = room;
}

/*
 * The row of a touchpoint.  The memo knows it by its stage and codes, of which a sum
 * tells only if they are not too large.
 */
static inline uint32
point_row(PainPlan *pain, const Labels *labels, int stage, uint32 event, uint32 channel,
		  Tally **tally)
{
	bool		small = ((event | channel) >> 29) == 0;
	uint64		number = (uint64) event << 35 | (uint64) channel << 6 | stage;
	uint32		row = small ? row_memo_find(&pain->memo, *tally, SHAPE_POINT, number) : ROW_UNKNOWN;

	StaticAssertStmt(STAGE_MAX <= 64, "a stage has six bits");
	if (unlikely(row == ROW_UNKNOWN))
	{
		row = look_up_point(pain, labels, stage, event, channel, tally);
		if (small)
			row_memo_note(&pain->memo, SHAPE_POINT, number, row);
	}
	if (unlikely(row >= pain->stamps))
		reserve_stamps(pain, row + 1);
	return row;
}

static inline void
hurt(PainPlan *pain, uint32 row, Tally *tally)
{
	if (pain->stamp[row].hurt == pain->customer)
		return;
	pain->stamp[row].hurt = pain->customer;
	tally_add_count(tally, row, SLOT_HURT, 1);
}

static inline void
count_point(PainPlan *pain, uint32 row, double score, Tally *tally)
{
	tally_add_count(tally, row, SLOT_TOUCHPOINTS, 1);
	if (pain->stamp[row].met != pain->customer)
		tally_add_count(tally, row, SLOT_CUSTOMERS, 1);
	pain->stamp[row].met = pain->customer;
	if (isnan(score))
		return;
	tally_add_value(tally, row, SLOT_SCORE, score);
	if (score >= pain->low)
		return;
	tally_add_count(tally, row, SLOT_LOW, 1);
	hurt(pain, row, tally);
}

static void
pain_count(AnalysisPlan *plan, const JourneyColumns *columns, uint64 generation, Tally **tally)
{
	PainPlan   *pain = (PainPlan *) plan;
	const int8 *stage;
	int			furthest = -1;
	uint32		last = 0;

	if (pain->staging == NULL)
		pain->staging = staging_create(pain->model, pain->context);
	stage = staging_load(pain->staging, columns, generation);
	row_memo_begin(&pain->memo, generation, *tally);
	pain->customer++;
	for (int64 i = 0; i < columns->count; i++)
	{
		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		if (stage[i] < 0)
			continue;
		last = point_row(pain, columns->labels, stage[i], columns->event[i],
						 COLUMN_CHANNEL_AT(columns, i), tally);
		count_point(pain, last, COLUMN_SCORE_AT(columns, i), *tally);
		furthest = Max(furthest, stage[i]);
	}
	if (furthest < 0 || furthest >= pain->goal)
		return;
	tally_add_count(*tally, last, SLOT_LEFT, 1);
	hurt(pain, last, *tally);
}

/* ----------
 * Rows
 * ----------
 */

/* A row of the tally, to be sorted. */
typedef struct Point
{
	uint32		row;
	uint32		order;			/* of its key, in the order of bytes */
	int			stage;
	int64		customers;
	double		pain;
} Point;

/* The number of a stage, or of all if there is none of this name. */
static int
find_stage(const StageModel *model, const Label *label)
{
	int			stage = 0;

	while (stage < model->stages && (label->text == NULL ||
									 strlen(model->stage[stage].name) != label->length ||
									 memcmp(model->stage[stage].name, label->text,
											label->length) != 0))
		stage++;
	return stage;
}

/* Worst first, then what most met, then in the order of stages, events and channels. */
static int
compare_points(const Point *a, const Point *b)
{
	if (a->pain != b->pain)
		return a->pain > b->pain ? -1 : 1;
	if (a->customers != b->customers)
		return a->customers > b->customers ? -1 : 1;
	if (a->stage != b->stage)
		return a->stage < b->stage ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

#define ST_SORT sort_by_pain
#define ST_ELEMENT_TYPE Point
#define ST_COMPARE(a, b) compare_points(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

static Point *
sort_points(const StageModel *model, const Tally *tally, uint32 *points)
{
	uint32	   *row = tally_rows(tally, SHAPE_POINT, points);
	Point	   *point = array_alloc(CurrentMemoryContext, Max(*points, 1), sizeof(Point));

	for (uint32 i = 0; i < *points; i++)
	{
		int64		customers = tally_count(tally, row[i], SLOT_CUSTOMERS);
		double		hurt_there = tally_count(tally, row[i], SLOT_HURT);
		Label		key[KEY_LABELS];

		CHECK_FOR_INTERRUPTS();
		tally_key(tally, row[i], key);
		point[i] = (Point) {
			.row = row[i], .order = i, .stage = find_stage(model, &key[KEY_STAGE]),
			.customers = customers, .pain = customers > 0 ? hurt_there / customers : 0
		};
	}
	pfree(row);
	sort_by_pain(point, *points);
	return point;
}

static void
report_point(Report *report, const Tally *tally, const Point *point)
{
	const TallySum *score = tally_sum(tally, point->row, SLOT_SCORE);
	Label		key[KEY_LABELS];

	tally_key(tally, point->row, key);
	report_row(report);
	report_label(report, POINT_STAGE, &key[KEY_STAGE]);
	report_label(report, POINT_EVENT, &key[KEY_EVENT]);
	report_label(report, POINT_CHANNEL, &key[KEY_CHANNEL]);
	report_count(report, POINT_CUSTOMERS, point->customers);
	report_count(report, POINT_TOUCHPOINTS, tally_count(tally, point->row, SLOT_TOUCHPOINTS));
	report_count(report, POINT_LEFT, tally_count(tally, point->row, SLOT_LEFT));
	report_count(report, POINT_SCORED, score->count);
	report_count(report, POINT_LOW, tally_count(tally, point->row, SLOT_LOW));
	report_ratio(report, POINT_AVERAGE_SCORE, tally_sum_total(score), score->count);
	report_number(report, POINT_PAIN, point->pain);
}

static void
pain_rows(const AnalysisPlan *plan, const Tally *tally, Report *report)
{
	uint32		points;
	Point	   *point = sort_points(((const PainPlan *) plan)->model, tally, &points);

	for (uint32 i = 0; i < points; i++)
	{
		CHECK_FOR_INTERRUPTS();
		report_point(report, tally, &point[i]);
	}
}

/* That nothing is of a stage is most often a slip. */
static bool
pain_remark(const AnalysisPlan *plan, const Tally *tally, const Remark *remark)
{
	if (tally->rows > 0)
		return false;
	population_notice(remark, "no touchpoint has a stage of the model",
					  "Labels are compared byte by byte; stage_model_rules(model) shows which have a stage.");
	return true;
}

static const AnalysisArgument pain_arguments[] = {
	{"model", ARGUMENT_TEXT, NULL},
	{"low", ARGUMENT_NUMBER, "0"}
};

ANALYSIS(pain_points) = {
	.name = "pain_points",
	.version = 1,
	.arguments = lengthof(pain_arguments),
	.argument = pain_arguments,
	.columns = POINT_COLUMNS,
	.column = point_columns,
	.configure = pain_configure,
	.wants = pain_wants,
	.count = pain_count,
	.rows = pain_rows,
	.remark = pain_remark
};

POPULATION_AGGREGATE(pain_points, pain_points_analysis);
