/*
 * channels.c
 *		What is counted of the channels of all customers.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "credit/channels.h"
#include "credit/channels_private.h"
#include "type/array.h"

#define PARTS			INT64CONST(1000000000000000000)	/* of a conversion */
#define MANY_PARTS		INT64CONST(1000000000)

static const Label none = {CREDIT_NO_CHANNEL, sizeof(CREDIT_NO_CHANNEL) - 1};

static const TallySlot all_slots[] = {
	{"unattributed", TALLY_COUNT},
	{"unattributed value", TALLY_SUM}
};

static const TallySlot channel_slots[SCOPES * CHANNEL_SLOTS] = {
	{"shared touchpoints", TALLY_COUNT},
	{"shared customers", TALLY_COUNT},
	{"shared first touches", TALLY_COUNT},
	{"shared last touches", TALLY_COUNT},
	{"shared only touches", TALLY_COUNT},
	{"shared assists", TALLY_COUNT},
	{"exclusive touchpoints", TALLY_COUNT},
	{"exclusive customers", TALLY_COUNT},
	{"exclusive first touches", TALLY_COUNT},
	{"exclusive last touches", TALLY_COUNT},
	{"exclusive only touches", TALLY_COUNT},
	{"exclusive assists", TALLY_COUNT}
};

static const TallySlot credit_slots[CREDIT_SLOTS] = {
	{"credit", TALLY_DURATION},
	{"value", TALLY_SUM}
};

static const TallySlot step_slots[] = {
	{"paths", TALLY_COUNT}
};

static const TallySlot end_slots[END_SLOTS] = {
	{"converted", TALLY_COUNT},
	{"lost", TALLY_COUNT},
	{"value", TALLY_SUM}
};

/* ----------
 * Configuration
 * ----------
 */

/* Both shapes of a Markov chain of some order. */
static void
define_chain(TallyShape *shape, int order)
{
	shape[CHAIN_STEPS] = (TallyShape) {
		psprintf("steps of order %d", order), TALLY_ANY_LABELS, lengthof(step_slots), step_slots,
		0, 0, NULL
	};
	shape[CHAIN_ENDS] = (TallyShape) {
		psprintf("ends of order %d", order), TALLY_ANY_LABELS, END_SLOTS, end_slots, 0, 0, NULL
	};
}

static void
define(ChannelPlan *plan)
{
	TallyShape *shape = palloc((FIXED_SHAPES + MODEL_MAX_ORDER * CHAIN_SHAPES) *
							   sizeof(TallyShape));

	shape[SHAPE_ALL] = (TallyShape) {
		"all", 0, 0, NULL, SCOPES, lengthof(all_slots), all_slots
	};
	shape[SHAPE_CHANNEL] = (TallyShape) {
		"channel", 1, lengthof(channel_slots), channel_slots,
		plan->models->count, CREDIT_SLOTS, credit_slots
	};
	plan->plan.shapes = FIXED_SHAPES;
	for (int i = 0; i < plan->models->count; i++)
	{
		const Model *model = &plan->models->model[i];

		plan->scope[channels_scope(model)] = true;
		if (model->kind != MODEL_MARKOV || plan->steps[model->order] != 0)
			continue;
		plan->steps[model->order] = plan->plan.shapes;
		define_chain(shape + plan->plan.shapes, model->order);
		plan->plan.shapes += CHAIN_SHAPES;
	}
	plan->plan.shape = shape;
}

ChannelPlan *
channels_configure(const char *conversion, int conversion_length,
				   const char *model, int model_length)
{
	ChannelPlan *plan = palloc0(sizeof(ChannelPlan));

	plan->paths = conversion ? credit_paths_create(conversion, conversion_length) :
		credit_paths_create_bare();
	if (conversion == NULL)
		plan->written.context = CurrentMemoryContext;
	plan->models = models_parse(model, model_length);
	plan->weights.context = plan->memo.context = CurrentMemoryContext;
	plan->plan.columns = COLUMN_CHANNEL | COLUMN_VALUE_SELDOM;
	define(plan);
	return plan;
}

/* ----------
 * Counting
 * ----------
 */

static void
reserve(ChannelPlan *plan, const JourneyColumns *columns, uint64 generation)
{
	MemoryContext context = plan->weights.context;
	uint32		labels = labels_count(columns->labels);

	if (plan->generation == generation && labels <= plan->codes)
		return;
	if (labels > plan->codes)
	{
		uint32		room = Max(labels, Max(64, plan->codes * 2));

		if (plan->met)
		{
			pfree(plan->met);
			pfree(plan->path);
		}
		plan->codes = 0;
		plan->met = plan->path = NULL;
		plan->met = array_alloc(context, (uint64) room * SCOPES, sizeof(uint64));
		plan->path = array_alloc(context, room, sizeof(uint64));
		plan->codes = room;
	}
	memset(plan->met, 0, (Size) plan->codes * SCOPES * sizeof(uint64));
	memset(plan->path, 0, (Size) plan->codes * sizeof(uint64));
	plan->generation = generation;
}

static void
reserve_touches(ChannelPlan *plan, int64 count)
{
	if (count <= plan->touch_room)
		return;
	if (plan->row)
	{
		pfree(plan->row);
		pfree(plan->code);
	}
	plan->touch_room = 0;
	plan->row = plan->code = NULL;
	plan->row = array_alloc(plan->weights.context, count * 2, sizeof(uint32));
	plan->code = array_alloc(plan->weights.context, count * 2, sizeof(uint32));
	plan->touch_room = count * 2;
}

static Label
channel_label(const ChannelPlan *plan, uint32 code)
{
	return code == LABEL_NONE ? none : plan->paths->journey->labels->label[code];
}

static uint32
look_up_channels(const ChannelPlan *plan, Tally **tally, int shape, const uint32 *code,
				 int channels)
{
	Label		key[MODEL_MAX_ORDER + 1] = {{0}};

	for (int i = 0; i < channels; i++)
		key[i] = channel_label(plan, code[i]);
	return tally_row(tally, shape, key, channels);
}

/*
 * The row of channels in order.  The memo knows it by their codes, unless these are too
 * large to be packed; 0 stands for no more channels.
 */
static uint32
channels_row(ChannelPlan *plan, Tally **tally, int shape, const uint32 *code, int channels)
{
	uint64		number = 0;
	uint32		row;

	for (int i = 0; i < channels; i++)
	{
		if (unlikely(code[i] >= PG_UINT16_MAX))
			return look_up_channels(plan, tally, shape, code, channels);
		number = number << 16 | (code[i] + 1);
	}
	row = row_memo_find(&plan->memo, *tally, shape, number);
	if (unlikely(row == ROW_UNKNOWN))
	{
		row = look_up_channels(plan, tally, shape, code, channels);
		row_memo_note(&plan->memo, shape, number, row);
	}
	return row;
}

/* Takes up the touches of a path. */
static void
load_touches(ChannelPlan *plan, const CreditPath *path, Tally **tally)
{
	reserve_touches(plan, path->to - path->from);
	for (int64 i = path->from; i < path->to; i++)
	{
		uint32	   *code = &plan->code[i - path->from];

		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		*code = credit_channel(plan->paths, i);
		plan->row[i - path->from] = channels_row(plan, tally, SHAPE_CHANNEL, code, 1);
	}
}

/* What does not depend on a model, of touches taken up. */
static void
count_touches(ChannelPlan *plan, int64 touches, int scope, int64 times, Tally *tally)
{
	uint32		last = plan->code[touches - 1];

	plan->path_number++;
	for (int64 i = 0; i < touches; i++)
	{
		uint32		code = plan->code[i];
		uint32		row = plan->row[i];
		uint64	   *met = &plan->met[(Size) code * SCOPES + scope];

		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		tally_add_count(tally, row, CHANNEL_SLOT(scope, CHANNEL_TOUCHPOINTS), times);
		if (*met != plan->customer)
			tally_add_count(tally, row, CHANNEL_SLOT(scope, CHANNEL_CUSTOMERS), 1);
		*met = plan->customer;
		if (code != last && plan->path[code] != plan->path_number)
			tally_add_count(tally, row, CHANNEL_SLOT(scope, CHANNEL_ASSISTS), times);
		plan->path[code] = plan->path_number;
	}
	tally_add_count(tally, plan->row[0], CHANNEL_SLOT(scope, CHANNEL_FIRST), times);
	tally_add_count(tally, plan->row[touches - 1], CHANNEL_SLOT(scope, CHANNEL_LAST), times);
	if (touches == 1)
		tally_add_count(tally, plan->row[0], CHANNEL_SLOT(scope, CHANNEL_ONLY), times);
}

/* So many times a number of parts. */
static void
add_parts(Tally *tally, uint32 row, uint32 slot, uint64 parts, int64 times)
{
	uint64		low = (parts & PG_UINT32_MAX) * (times & PG_UINT32_MAX);
	uint64		middle = (parts >> 32) * (times & PG_UINT32_MAX) + (low >> 32);
	uint64		other = (parts & PG_UINT32_MAX) * ((uint64) times >> 32) + (middle & PG_UINT32_MAX);

	tally_add_durations(tally, row, slot, times, (other << 32) | (low & PG_UINT32_MAX),
						(parts >> 32) * ((uint64) times >> 32) + (middle >> 32) + (other >> 32));
}

/*
 * What rounding the weights of a path to parts lost, or gave too much: "each" of
 * those that have many, and "largest", the one that has most, the rest besides.
 */
typedef struct Rounding
{
	int64		each;
	int64		largest;
	int64		rest;
} Rounding;

static int64
parts_of(double weight)
{
	return (int64) rint(weight * PARTS);
}

static Rounding
find_rounding(const double *weight, int64 count)
{
	Rounding	rounding = {0};
	int64		rest = PARTS;
	int64		many = 0;

	for (int64 i = 0; i < count; i++)
	{
		int64		parts = parts_of(weight[i]);

		if (weight[i] > weight[rounding.largest])
			rounding.largest = i;
		many += parts > MANY_PARTS;
		rest -= parts;
	}
	if (many > 0)
		rounding.each = rest / many;
	rounding.rest = rest - rounding.each * many;
	return rounding;
}

/* What a model gives to the touches of a path, and of the value of its conversions. */
static void
count_credit(ChannelPlan *plan, int number, const CreditPath *path, int64 times, double value,
			 Tally *tally)
{
	const Model *model = &plan->models->model[number];
	int			slot = SCOPES * CHANNEL_SLOTS + number * CREDIT_SLOTS;
	int64		count = path->to - path->from;
	const double *weight;
	Rounding	rounding = {0};

	credit_weigh(&plan->weights, model, plan->paths, path);
	weight = plan->weights.weight;
	/* participation does not add up to one */
	if (model->kind != MODEL_PARTICIPATION)
		rounding = find_rounding(weight, count);
	for (int64 i = 0; i < count; i++)
	{
		int64		parts = parts_of(weight[i]);

		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		parts += parts > MANY_PARTS ? rounding.each : 0;
		parts += i == rounding.largest ? rounding.rest : 0;
		if (parts > 0)
			add_parts(tally, plan->row[i], slot + CREDIT_PARTS, parts, times);
		if (!isnan(value))
			tally_add_value(tally, plan->row[i], slot + CREDIT_VALUE, weight[i] * value);
	}
}

/* The steps of touches taken up through the states of a chain, and their end. */
static void
count_chain(ChannelPlan *plan, int order, int64 touches, bool converted, int64 times,
			double value, Tally **tally)
{
	int			shape = plan->steps[order];
	uint32		row;

	for (int64 i = 0; i < touches; i++)
	{
		int64		from = Max(i - order, 0);

		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		row = channels_row(plan, tally, shape + CHAIN_STEPS, &plan->code[from], i - from + 1);
		tally_add_count(*tally, row, 0, times);
	}
	row = channels_row(plan, tally, shape + CHAIN_ENDS, &plan->code[Max(touches - order, 0)],
					   Min(touches, order));
	tally_add_count(*tally, row, converted ? END_CONVERTED : END_LOST, times);
	if (converted && !isnan(value))
		tally_add_value(*tally, row, END_VALUE, value);
}

/* Conversions with these touches, and the value of them all, NaN being none. */
static void
count_path(ChannelPlan *plan, const CreditPath *path, int scope, int64 times, double value,
		   Tally **tally)
{
	int			slot = scope * lengthof(all_slots);

	if (path->from == path->to)
	{
		tally_add_count(*tally, tally_only_row(*tally, SHAPE_ALL), slot, times);
		if (!isnan(value))
			tally_add_value(*tally, tally_only_row(*tally, SHAPE_ALL), slot + 1, value);
		return;
	}
	load_touches(plan, path, tally);
	count_touches(plan, path->to - path->from, scope, times, *tally);
	for (int i = 0; i < plan->models->count; i++)
		if (channels_scope(&plan->models->model[i]) == scope &&
			plan->models->model[i].kind != MODEL_MARKOV)
			count_credit(plan, i, path, times, value, *tally);
	for (int order = 1; order <= MODEL_MAX_ORDER && scope == SCOPE_EXCLUSIVE; order++)
		if (plan->steps[order] != 0)
			count_chain(plan, order, path->to - path->from, true, times, value, tally);
}

/* A path without a conversion: its channels are known, and where it led. */
static void
count_rest(ChannelPlan *plan, const CreditPath *path, int64 times, Tally **tally)
{
	load_touches(plan, path, tally);
	for (int order = 1; order <= MODEL_MAX_ORDER; order++)
		if (plan->steps[order] != 0)
			count_chain(plan, order, path->to - path->from, false, times, 0, tally);
}

void
channels_count(AnalysisPlan *analysis_plan, const JourneyColumns *columns, uint64 generation,
			   Tally **tally)
{
	static const CreditScope scopes[SCOPES] = {CREDIT_SHARED, CREDIT_EXCLUSIVE};
	ChannelPlan *plan = (ChannelPlan *) analysis_plan;
	CreditPath	path;

	credit_paths_load(plan->paths, columns, generation);
	reserve(plan, columns, generation);
	row_memo_begin(&plan->memo, generation, *tally);
	plan->customer++;
	for (int scope = 0; scope < SCOPES; scope++)
		for (bool found = plan->scope[scope] &&
			 credit_path_first(plan->paths, scopes[scope], &path);
			 found; found = credit_path_next(plan->paths, &path))
			count_path(plan, &path, scope, 1, COLUMN_VALUE_AT(columns, path.conversion), tally);
	if (plan->scope[SCOPE_EXCLUSIVE] && credit_path_rest(plan->paths, &path))
		count_rest(plan, &path, 1, tally);
}

void
channels_count_path(ChannelPlan *plan, const JourneyColumns *columns, uint64 generation,
					int64 conversions, double value, int64 lost, Tally **tally)
{
	CreditPath	path = {.conversion = columns->count, .to = columns->count};

	credit_paths_take(plan->paths, columns);
	reserve(plan, columns, generation);
	row_memo_begin(&plan->memo, generation, *tally);
	plan->customer++;
	for (int scope = 0; scope < SCOPES; scope++)
		if (plan->scope[scope] && conversions > 0)
			count_path(plan, &path, scope, conversions, value, tally);
	path.conversion = -1;
	if (plan->scope[SCOPE_EXCLUSIVE] && lost > 0 && columns->count > 0)
		count_rest(plan, &path, lost, tally);
}

/* ----------
 * Reading
 * ----------
 */

int64
channels_unattributed(const Tally *tally, int scope, const TallySum **value)
{
	uint32		row = tally_only_row(tally, SHAPE_ALL);

	*value = tally_sum(tally, row, scope * lengthof(all_slots) + 1);
	return tally_count(tally, row, scope * lengthof(all_slots));
}

/* How many conversions parts are: the whole ones exactly. */
static double
conversions_of(const TallyDuration *parts)
{
	uint64		whole = 0;
	uint64		rest = 0;

	if (parts->high >= PARTS)	/* beyond 64 bits, which are too few for so many anyway */
		return ldexp((double) parts->high, 64) / PARTS;
	for (int bit = 127; bit >= 0; bit--)
	{
		uint64		word = bit >= 64 ? (uint64) parts->high : parts->low;

		rest = rest << 1 | (word >> (bit % 64) & 1);
		whole <<= 1;
		if (rest >= PARTS)
		{
			rest -= PARTS;
			whole |= 1;
		}
	}
	return (double) whole + (double) rest / PARTS;
}

static void
read_credit(ChannelCredit *credit, const Tally *tally, int model)
{
	int			slot = SCOPES * CHANNEL_SLOTS + model * CREDIT_SLOTS;
	const TallyDuration *parts = tally_duration(tally, credit->row, slot + CREDIT_PARTS);
	const TallySum *value = tally_sum(tally, credit->row, slot + CREDIT_VALUE);

	credit->conversions = conversions_of(parts);
	credit->value = tally_sum_total(value);
	credit->valued = value->count > 0;
}

ChannelCredit *
channels_credit(const ChannelPlan *plan, const Tally *tally, int number, uint32 *channels)
{
	const Model *model = &plan->models->model[number];
	uint32	   *row = tally_rows(tally, SHAPE_CHANNEL, channels);
	ChannelCredit *credit = palloc0(Max(*channels, 1) * sizeof(ChannelCredit));

	for (uint32 i = 0; i < *channels; i++)
	{
		credit[i].row = row[i];
		credit[i].met = tally_count(tally, row[i], CHANNEL_SLOT(channels_scope(model),
																CHANNEL_TOUCHPOINTS)) > 0;
		if (model->kind != MODEL_MARKOV)
			read_credit(&credit[i], tally, number);
	}
	if (model->kind == MODEL_MARKOV)
		chain_credit(tally, plan->steps[model->order], model->order, credit, *channels);
	pfree(row);
	return credit;
}
