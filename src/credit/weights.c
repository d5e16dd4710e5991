/*
 * weights.c
 *		What each rule-based model gives to the touches of a conversion.
 *
 * Every rule is linear in the touches of a path, and adds up to one in the end
 * by dividing by the sum.
 */
#include "postgres.h"

#include <math.h>

#include "credit/paths.h"
#include "type/array.h"

#define MILESTONE_WEIGHT	0.3
#define OTHERS_WEIGHT		0.1

static const Label *
channel_of(const CreditPaths *paths, int64 touch)
{
	const JourneyColumns *columns = paths->journey;

	return &columns->labels->label[COLUMN_CHANNEL_AT(columns, paths->touch[touch])];
}

static void
reserve(CreditWeights *weights, int64 count, uint32 labels)
{
	if (count > weights->room)
	{
		weights->room = Max(count, weights->room * 2);
		weights->weight = array_renew(weights->context, weights->weight, weights->room,
									  sizeof(double));
	}
	if (labels > weights->labels)
	{
		weights->labels = Max(labels, Max(weights->labels * 2, 64));
		weights->times = array_renew(weights->context, weights->times, weights->labels,
									 sizeof(int64));
		memset(weights->times, 0, weights->labels * sizeof(int64));
	}
}

/* The first touch of another channel than these, or the last; if there is none, -1. */
static int64
find_other(const Model *model, const CreditPaths *paths, const CreditPath *path, bool last)
{
	for (int64 n = 0; n < path->to - path->from; n++)
	{
		int64		touch = last ? path->to - 1 - n : path->from + n;
		const Label *channel = channel_of(paths, touch);
		int			i = 0;

		while (i < model->names &&
			   !pattern_name_matches(&model->name[i], channel->text, channel->length))
			i++;
		if (i == model->names)
			return touch - path->from;
	}
	return -1;
}

/* Each distinct channel the same, or all of it; its touches share that. */
static void
weigh_channels(CreditWeights *weights, const CreditPaths *paths, const CreditPath *path,
			   bool each_all)
{
	int64		count = path->to - path->from;
	int64		channels = 0;

	for (int64 i = 0; i < count; i++)
		channels += weights->times[credit_channel(paths, path->from + i)]++ == 0;
	for (int64 i = 0; i < count; i++)
		weights->weight[i] = 1.0 / weights->times[credit_channel(paths, path->from + i)] /
			(each_all ? 1 : channels);
	for (int64 i = 0; i < count; i++)
		weights->times[credit_channel(paths, path->from + i)] = 0;
}

static void
weigh_positions(double *weight, int64 count, double first, double middle, double last)
{
	for (int64 i = 1; i < count - 1; i++)
		weight[i] = middle / (count - 2);
	weight[0] = first;
	weight[count - 1] = last;
	if (count == 2 && first == 0 && last == 0)
		weight[0] = weight[1] = 1;
	if (count == 1)
		weight[0] = 1;
}

/* Half as much for each half-life before the last touch, whose weight is 1. */
static void
weigh_decay(double *weight, const Model *model, const CreditPaths *paths, const CreditPath *path)
{
	const TimestampTz *at = paths->journey->at;
	TimestampTz last = at[paths->touch[path->to - 1]];

	for (int64 i = path->from; i < path->to; i++)
		weight[i - path->from] = exp2(-(double) ((uint64) last - (uint64) at[paths->touch[i]]) /
									  (double) model->half_life);
}

static void
weigh_custom(double *weight, int64 count, const Model *model)
{
	for (int64 i = 0; i < count; i++)
		weight[count - 1 - i] = i < model->weights ? model->weight[i] : 0;
}

/*
 * The touch that holds a milestone: the last one up to the first touchpoint with
 * that event that the conversion can see.  -1: there is none.
 */
static int64
find_milestone(const PatternName *event, const CreditPaths *paths, const CreditPath *path)
{
	const JourneyColumns *columns = paths->journey;
	TimestampTz end = columns->at[path->conversion];
	int64		milestone = 0;
	int64		number = 0;		/* of the next conversion */
	int64		touch = path->from;

	for (; milestone < columns->count; milestone++)
	{
		const Label *label = &columns->labels->label[columns->event[milestone]];
		TimestampTz at = columns->at[milestone];
		bool		converts = number < paths->conversions &&
			paths->conversion[number] == milestone;

		if (at > end)
			return -1;
		number += converts;
		if ((uint64) end - (uint64) at > (uint64) paths->lookback)
			continue;
		if (path->scope == CREDIT_EXCLUSIVE && path->number > 0 &&
			at <= columns->at[paths->conversion[path->number - 1]])
			continue;
		if (!converts && pattern_name_matches(event, label->text, label->length))
			break;
	}
	if (milestone == columns->count)
		return -1;
	while (touch < path->to && paths->touch[touch] <= milestone)
		touch++;
	return touch - path->from - 1;
}

static void
weigh_milestones(double *weight, const Model *model, const CreditPaths *paths,
				 const CreditPath *path)
{
	int64		count = path->to - path->from;
	int64		holder[3] = {0, find_milestone(&model->name[0], paths, path),
		find_milestone(&model->name[1], paths, path)};
	int64		others = count;

	memset(weight, 0, count * sizeof(double));
	for (int i = 0; i < lengthof(holder); i++)
	{
		if (holder[i] < 0)
			continue;
		others -= weight[holder[i]] == 0;
		weight[holder[i]] += MILESTONE_WEIGHT;
	}
	for (int64 i = 0; i < count; i++)
		if (weight[i] == 0)
			weight[i] = OTHERS_WEIGHT / others;
}

/* Divides by the sum; if that is nothing, the last touch has it all. */
static void
normalise(double *weight, int64 count)
{
	double		sum = 0;

	for (int64 i = 0; i < count; i++)
		sum += weight[i];
	if (sum == 0)
		weight[count - 1] = sum = 1;
	for (int64 i = 0; sum != 1 && i < count; i++)
		weight[i] /= sum;
}

static void
weigh_one(CreditWeights *weights, int64 count, int64 touch)
{
	memset(weights->weight, 0, count * sizeof(double));
	weights->weight[touch] = 1;
}

void
credit_weigh(CreditWeights *weights, const Model *model, const CreditPaths *paths,
			 const CreditPath *path)
{
	int64		count = path->to - path->from;
	double	   *weight;
	int64		other;

	Assert(count > 0);
	reserve(weights, count, labels_count(paths->journey->labels));
	weight = weights->weight;
	switch (model->kind)
	{
		case MODEL_FIRST:
			weigh_one(weights, count, 0);
			return;
		case MODEL_LAST:
			weigh_one(weights, count, count - 1);
			return;
		case MODEL_FIRST_NON:
			other = find_other(model, paths, path, false);
			weigh_one(weights, count, Max(other, 0));
			return;
		case MODEL_LAST_NON:
			other = find_other(model, paths, path, true);
			weigh_one(weights, count, other < 0 ? count - 1 : other);
			return;
		case MODEL_LINEAR:
			for (int64 i = 0; i < count; i++)
				weight[i] = 1.0 / count;
			return;
		case MODEL_LINEAR_UNIQUE:
		case MODEL_SHAPLEY:
			weigh_channels(weights, paths, path, false);
			return;
		case MODEL_PARTICIPATION:
			weigh_channels(weights, paths, path, true);
			return;
		case MODEL_POSITION:
			weigh_positions(weight, count, model->weight[0], model->weight[1], model->weight[2]);
			break;
		case MODEL_W_SHAPED:
			weigh_milestones(weight, model, paths, path);
			break;
		case MODEL_TIME_DECAY:
			weigh_decay(weight, model, paths, path);
			break;
		case MODEL_CUSTOM:
			weigh_custom(weight, count, model);
			break;
		case MODEL_MARKOV:
			elog(ERROR, "model weighs no path by itself");
	}
	normalise(weight, count);
}
