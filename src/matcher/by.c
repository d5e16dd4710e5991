/*
 * by.c
 *		Splits what is reported by the touchpoint that matched step 1: by its
 *		channel, or by the period of its time.
 *
 * Each touchpoint that may start a chain has a label, and one pass over a part
 * tells how far each label came (starts.c).  Which chain is reported is then found for one
 * label at a time, among the touchpoints from its start to its completion, by
 * taking step 1 away from all touchpoints of other labels.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "matcher/matcher_private.h"
#include "type/array.h"

#define START	STEP_BIT(0)

/* The chains of so few labels are found sooner than where each step is matched. */
#define BY_FEW_LABELS	16

/* How far a label came in one part. */
typedef struct ByReach
{
	int64		part;
	int64		first;			/* start of the label */
	ChainReach	reach;
	int64		next;			/* of the same label; -1: none */
} ByReach;

typedef struct ByLabel
{
	int64		first;			/* start */
	uint32		channel;
	TimestampTz until;
	char		period[CALENDAR_TEXT_SIZE];
	int64		starts;
	int64		reach;			/* first of its list; -1: none */
} ByLabel;

struct ByWork
{
	int64		allocated;		/* touchpoints */
	int64	   *label;			/* by touchpoint, if it matches step 1; -1: may not start */
	uint64	   *restricted;		/* masks without starts, but those of the label being traced */
	int64	   *start;			/* touchpoints that may start */
	int64		starts;
	int64		labels;
	int64		labels_allocated;
	ByLabel    *by_label;
	ChainReach *label_reach;	/* in the part at hand; cleared in between */
	int64		reaches;
	int64		reaches_allocated;
	ByReach    *reach;
	bool		listed;			/* where each step is matched: */
	ChainOccurrences occurrences;
	int64		occurrences_allocated;
};

static void
reserve_touchpoints(Matcher *matcher)
{
	ByWork	   *work = matcher->by;

	if (work == NULL)
		work = matcher->by = MemoryContextAllocZero(matcher->context, sizeof(ByWork));
	if (work->allocated >= matcher->count)
		return;
	work->allocated = Max(64, matcher->allocated);
	work->label = array_renew(matcher->context, work->label, work->allocated, sizeof(int64));
	work->restricted = array_renew(matcher->context, work->restricted, work->allocated,
								   sizeof(uint64));
	work->start = array_renew(matcher->context, work->start, work->allocated, sizeof(int64));
}

/* ----------
 * Labels
 * ----------
 */

/* Lists what may start: with "from first" only the first instant of a part. */
static void
list_starts(Matcher *matcher)
{
	ByWork	   *work = matcher->by;

	work->starts = 0;
	for (int64 part = 0; part < matcher->parts; part++)
	{
		int64		first = -1;

		for (int64 i = matcher->part[part].begin; i < matcher->part[part].end; i++)
		{
			if ((matcher->mask[i] & START) == 0)
				continue;
			if (first < 0)
				first = i;
			work->label[i] = -1;
			if (!matcher->pattern->from_first || matcher->at[i] == matcher->at[first])
				work->start[work->starts++] = i;
		}
	}
}

static ByLabel *
add_label(Matcher *matcher, int64 first)
{
	ByWork	   *work = matcher->by;
	ByLabel    *label;

	if (work->labels == work->labels_allocated)
	{
		int64		allocated = Max(8, work->labels_allocated * 2);

		work->by_label = array_grow(matcher->context, work->by_label, allocated, sizeof(ByLabel));
		work->label_reach = array_renew(matcher->context, work->label_reach, allocated,
										sizeof(ChainReach));
		memset(work->label_reach, 0, allocated * sizeof(ChainReach));
		work->labels_allocated = allocated;
	}
	label = &work->by_label[work->labels++];
	label->first = first;
	label->starts = 0;
	label->reach = -1;
	return label;
}

static uint32
channel_of(const Matcher *matcher, int64 i)
{
	const uint32 *channel = matcher->columns->channel;

	return channel ? channel[matcher->index[i]] : LABEL_NONE;
}

static void
label_by_channel(Matcher *matcher)
{
	ByWork	   *work = matcher->by;

	matcher_reserve_places(matcher);
	for (int64 i = 0; i < work->starts; i++)
	{
		uint32		code = channel_of(matcher, work->start[i]);

		if (matcher->place[code] == 0)
		{
			add_label(matcher, work->start[i])->channel = code;
			matcher->place[code] = work->labels;
		}
		work->label[work->start[i]] = matcher->place[code] - 1;
	}
	for (int64 i = 0; i < work->labels; i++)
		matcher->place[work->by_label[i].channel] = 0;
}

/*
 * With "from first" a part has one label, that of the chain reported, even if its
 * first instant holds starts of several channels.
 */
static void
label_by_part(Matcher *matcher)
{
	ByWork	   *work = matcher->by;
	int64		i = 0;

	for (int64 part = 0; part < matcher->parts && i < work->starts; part++)
	{
		if (work->start[i] >= matcher->part[part].end)
			continue;
		add_label(matcher, work->start[i]);
		for (; i < work->starts && work->start[i] < matcher->part[part].end; i++)
			work->label[work->start[i]] = work->labels - 1;
	}
}

static int
compare_positions(const void *a, const void *b)
{
	int64		left = *(const int64 *) a;
	int64		right = *(const int64 *) b;

	return left < right ? -1 : left > right;
}

static int
compare_starts(const void *a, const void *b, void *arg)
{
	const TimestampTz *at = arg;
	TimestampTz left = at[*(const int64 *) a];
	TimestampTz right = at[*(const int64 *) b];

	return left < right ? -1 : left > right;
}

static void
label_by_time(Matcher *matcher)
{
	ByWork	   *work = matcher->by;
	ByLabel    *label = NULL;

	if (matcher->parts > 1)
		qsort_arg(work->start, work->starts, sizeof(int64), compare_starts, matcher->at);
	for (int64 i = 0; i < work->starts; i++)
	{
		TimestampTz at = matcher->at[work->start[i]];

		if (label == NULL || at >= label->until)
		{
			label = add_label(matcher, work->start[i]);
			calendar_period(&matcher->pattern->calendar, at, label->period, &label->until);
		}
		work->label[work->start[i]] = work->labels - 1;
	}
	if (matcher->parts > 1)
		qsort(work->start, work->starts, sizeof(int64), compare_positions);
}

/* ----------
 * How far
 * ----------
 */

/* Where each step is matched, for plain_trace. */
static void
list_occurrences(Matcher *matcher)
{
	ByWork	   *work = matcher->by;
	ChainOccurrences *all = &work->occurrences;
	int64		count[PATTERN_MAX_ELEMENTS] = {0};
	int64		total = 0;

	for (int64 i = 0; i < matcher->count; i++)
	{
		for (uint64 mask = matcher->mask[i] & matcher->plan.steps; mask != 0; mask &= mask - 1)
			count[pg_rightmost_one_pos64(mask)]++;
	}
	for (int position = 0; position < matcher->plan.positions; position++)
	{
		all->begin[position] = total;
		total += count[position];
		count[position] = all->begin[position];
	}
	all->begin[matcher->plan.positions] = total;
	if (total > work->occurrences_allocated)
	{
		work->occurrences_allocated = Max(total, work->occurrences_allocated * 2);
		all->touchpoint = array_renew(matcher->context, all->touchpoint,
									  work->occurrences_allocated, sizeof(int64));
	}
	for (int64 i = 0; i < matcher->count; i++)
	{
		for (uint64 mask = matcher->mask[i] & matcher->plan.steps; mask != 0; mask &= mask - 1)
			all->touchpoint[count[pg_rightmost_one_pos64(mask)]++] = i;
	}
}

static void
add_reach(Matcher *matcher, int64 part, int64 first, int64 label)
{
	ByWork	   *work = matcher->by;
	ByReach    *reach;

	if (work->reaches == work->reaches_allocated)
	{
		work->reaches_allocated = Max(8, work->reaches_allocated * 2);
		work->reach = array_grow(matcher->context, work->reach, work->reaches_allocated,
								 sizeof(ByReach));
	}
	reach = &work->reach[work->reaches];
	reach->part = part;
	reach->first = first;
	reach->reach = work->label_reach[label];
	reach->reach.only_start = reach->reach.started_at;	/* with "from first" */
	reach->next = work->by_label[label].reach;
	work->by_label[label].reach = work->reaches++;
	memset(&work->label_reach[label], 0, sizeof(ChainReach));
}

static void
find_labels(Matcher *matcher)
{
	reserve_touchpoints(matcher);
	matcher->by->labels = 0;
	list_starts(matcher);
	if (matcher->pattern->by == BY_TIME)
		label_by_time(matcher);
	else if (matcher->pattern->from_first)
		label_by_part(matcher);
	else
		label_by_channel(matcher);
	matcher->by_position = 0;
}

static void
find_reaches(Matcher *matcher)
{
	ByWork	   *work = matcher->by;
	int64		i = 0;

	work->reaches = 0;
	for (int64 touchpoint = 0; touchpoint < matcher->count; touchpoint++)
		work->restricted[touchpoint] = matcher->mask[touchpoint] & ~START;
	for (int64 part = 0; part < matcher->parts; part++)
	{
		int64		from = matcher->part[part].begin;
		int64		to = matcher->part[part].end;
		ChainRun	run = matcher_run(matcher, matcher->mask, from, to);

		run.label = work->label + from;
		chain_reach_labels(&matcher->plan, matcher->work, &run, work->label_reach);
		for (; i < work->starts && work->start[i] < to; i++)
		{
			int64		label = work->label[work->start[i]];

			work->by_label[label].starts++;
			if (work->label_reach[label].reached > 0)
				add_reach(matcher, part, work->start[i], label);
		}
	}
	work->listed = matcher->plan.free && work->labels > BY_FEW_LABELS;
	if (work->listed)
		list_occurrences(matcher);
}

/* ----------
 * Which chain
 * ----------
 */

/* Finds the chain of a label in a part, and keeps it if it is the best so far. */
static void
try_reach(Matcher *matcher, int64 label, const ByReach *found, Chain *best)
{
	ByWork	   *work = matcher->by;
	const MatcherPart *part = &matcher->part[found->part];
	const ChainReach *reach = &found->reach;
	TimestampTz start = matcher->plan.optional == 0 ? reach->started_at :
		matcher->plan.in_order ? reach->earliest_start : matcher->at[found->first];
	int64		from = part->begin + times_lower_bound(matcher->at + part->begin,
													   part->end - part->begin, start);
	int64		to = part->begin + times_lower_bound(matcher->at + part->begin,
													 part->end - part->begin,
													 reach->completed_at + 1);
	ChainRun	run = matcher_run(matcher, work->restricted, from, to);
	int64		i;

	/* where no step is optional only the latest start matters */
	for (i = from; i < to && (matcher->plan.optional != 0 || matcher->at[i] == start); i++)
	{
		if ((matcher->mask[i] & START) != 0 && work->label[i] == label)
			work->restricted[i] |= START;
	}
	if (work->listed)
		run.occurrences = &work->occurrences;
	matcher_keep_better(matcher, &run, reach, best);
	while (i-- > from)
		work->restricted[i] &= ~START;
	CHECK_FOR_INTERRUPTS();
}

/* With "from first" and by channel: that of the chain, and how many starts it shares. */
static void
take_first_channel(Matcher *matcher, int64 number, const Chain *chain)
{
	ByWork	   *work = matcher->by;
	ByLabel    *label = &work->by_label[number];
	const uint32 *channel = matcher->columns->channel;

	label->channel = channel ? channel[chain->touchpoint[0]] : LABEL_NONE;
	label->starts = 0;
	for (int64 i = label->first; i < matcher->count && matcher->at[i] == chain->started_at; i++)
		label->starts += (matcher->mask[i] & START) != 0 && work->label[i] == number &&
			channel_of(matcher, i) == label->channel;
}

/* The chain that is reported for a label: the best one of all parts. */
static void
find_label_chain(Matcher *matcher, int64 number, Chain *chain)
{
	const ByWork *work = matcher->by;
	const ByLabel *by_label = &work->by_label[number];
	ChainReach	best = {0};

	for (int64 i = by_label->reach; i >= 0; i = work->reach[i].next)
	{
		const ChainReach *reach = &work->reach[i].reach;

		if (reach->reached > best.reached ||
			(reach->reached == best.reached && reach->completed_at < best.completed_at))
			best = *reach;
	}
	for (int64 i = by_label->reach; i >= 0; i = work->reach[i].next)
	{
		const ByReach *reach = &work->reach[i];

		if (reach->reach.reached == best.reached && reach->reach.completed_at == best.completed_at)
			try_reach(matcher, number, reach, chain);
	}
}

static void
set_channel(const Matcher *matcher, ChainLabel *label, uint32 channel)
{
	label->isnull = channel == LABEL_NONE;
	label->text = matcher->labels->label[channel].text;
	label->length = matcher->labels->label[channel].length;
}

static bool
next_label(Matcher *matcher, ChainLabel *label, Chain *chain)
{
	ByWork	   *work = matcher->by;
	int64		number = matcher->by_position;
	ByLabel    *by_label;

	if (number >= work->labels)
		return false;
	by_label = &work->by_label[number];
	if (matcher->parts == 1 && work->labels == 1)
	{
		/* as it is without "by" */
		by_label->starts = work->starts;
		matcher_chain(matcher, chain);
	}
	else
	{
		if (number == 0)
			find_reaches(matcher);
		find_label_chain(matcher, number, chain);
	}
	matcher->by_position++;
	if (matcher->pattern->by == BY_TIME)
	{
		label->text = by_label->period;
		label->length = strlen(by_label->period);
		label->until = by_label->until;
	}
	else
	{
		if (matcher->pattern->from_first)
			take_first_channel(matcher, number, chain);
		set_channel(matcher, label, by_label->channel);
	}
	label->starts = by_label->starts;
	return true;
}

/* Without "by", or by the channel of a step: one label, which the reported chain tells. */
static void
only_label(Matcher *matcher, ChainLabel *label, Chain *chain)
{
	const Pattern *pattern = matcher->pattern;
	int64		touchpoint;

	matcher_chain(matcher, chain);
	touchpoint = pattern->by == BY_CHANNEL_OF ? chain->touchpoint[pattern->by_step] : -1;
	label->starts = matcher->raw[0];
	set_channel(matcher, label,
				touchpoint >= 0 ? COLUMN_CHANNEL_AT(matcher->columns, touchpoint) : LABEL_NONE);
}

bool
matcher_next(Matcher *matcher, ChainLabel *label, Chain *chain)
{
	bool		found;

	memset(label, 0, sizeof(ChainLabel));
	matcher_no_chain(matcher, chain);
	if (!pattern_by_start(matcher->pattern))
	{
		if (matcher->by_position++ >= 0)
			return false;
		only_label(matcher, label, chain);
		return true;
	}
	if (matcher->by_position < 0)
		find_labels(matcher);
	found = next_label(matcher, label, chain);
	chain->completed = matcher_completes(matcher, chain->reached);
	return found;
}
