/*
 * by.c
 *		Splits what is reported by the touchpoint that matched step 1: by its
 *		channel, or by the day, week or month of its time.
 *
 * For one label only its own touchpoints may start a chain, which is done by
 * taking step 1 away from all others; later steps are free.  For a time the
 * touchpoints later than the last window under the label are left out, too, so
 * that the cost stays linear in the touchpoints as long as windows are not much
 * longer than periods.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "matcher/matcher_private.h"
#include "type/array.h"

#define START	STEP_BIT(0)

static void
reserve_masks(Matcher *matcher)
{
	Size		size = array_size(Max(matcher->allocated, 1), sizeof(uint64));

	if (matcher->by_allocated >= matcher->allocated && matcher->labelled != NULL)
		return;
	if (matcher->labelled != NULL)
	{
		pfree(matcher->labelled);
		pfree(matcher->restricted);
	}
	matcher->labelled = MemoryContextAllocHuge(matcher->context, size);
	matcher->restricted = MemoryContextAllocHuge(matcher->context, size);
	matcher->by_allocated = matcher->allocated;
}

static uint32
channel_of(const Matcher *matcher, int64 i)
{
	const uint32 *channel = matcher->columns->channel;

	return channel ? channel[matcher->index[i]] : LABEL_NONE;
}

/* With "from first" only starts at the first instant remain. */
static void
keep_first_starts(Matcher *matcher, int64 from, int64 to)
{
	int64		first = -1;

	for (int64 i = from; i < to; i++)
	{
		if ((matcher->labelled[i] & START) == 0)
			continue;
		if (first < 0)
			first = i;
		else if (matcher->at[i] != matcher->at[first])
			matcher->labelled[i] &= ~START;
	}
}

static void
begin(Matcher *matcher)
{
	reserve_masks(matcher);
	memcpy(matcher->labelled, matcher->mask, matcher->count * sizeof(uint64));
	for (int64 part = 0; part < matcher->parts; part++)
	{
		matcher->part[part].by_from = matcher->part[part].begin;
		if (matcher->pattern->from_first)
			keep_first_starts(matcher, matcher->part[part].begin, matcher->part[part].end);
	}
	if (matcher->pattern->by == BY_CHANNEL && !matcher->pattern->from_first)
	{
		matcher_list_channels(matcher, matcher->labelled, START);
		for (int64 i = 0; i < matcher->channels; i++)
			matcher->place[matcher->channel[i]] = 0;
	}
	matcher->by_position = 0;
}

static void
set_channel(const Matcher *matcher, uint32 code, ChainLabel *label)
{
	label->isnull = code == LABEL_NONE;
	label->text = matcher->labels->label[code].text;
	label->length = matcher->labels->label[code].length;
}

static bool
next_channel(Matcher *matcher, ChainLabel *label, Chain *chain)
{
	uint32		code;

	if (matcher->by_position >= matcher->channels)
		return false;
	code = matcher->channel[matcher->by_position++];
	set_channel(matcher, code, label);
	for (int64 i = 0; i < matcher->count; i++)
	{
		uint64		mask = matcher->labelled[i];

		if ((mask & START) != 0 && channel_of(matcher, i) == code)
			label->starts++;
		else
			mask &= ~START;
		matcher->restricted[i] = mask;
		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	for (int64 part = 0; part < matcher->parts; part++)
		matcher_try_run(matcher, matcher->restricted, matcher->part[part].begin,
						matcher->part[part].end, chain);
	return true;
}

/*
 * With "from first" a journey (with "same channel": a channel of it) has one
 * label, that of the chain reported, even if its first instant holds starts of
 * several channels.
 */
static bool
next_first_channel(Matcher *matcher, ChainLabel *label, Chain *chain)
{
	uint32		code;

	while (matcher->by_position < matcher->parts && chain->reached == 0)
	{
		const MatcherPart *part = &matcher->part[matcher->by_position++];

		matcher_try_run(matcher, matcher->labelled, part->begin, part->end, chain);
	}
	if (chain->reached == 0)
		return false;
	code = matcher->columns->channel ? matcher->columns->channel[chain->touchpoint[0]] : LABEL_NONE;
	set_channel(matcher, code, label);
	for (int64 i = matcher->part[matcher->by_position - 1].begin;
		 i < matcher->part[matcher->by_position - 1].end &&
		 matcher->at[i] <= chain->started_at; i++)
		label->starts += (matcher->labelled[i] & START) != 0 && channel_of(matcher, i) == code;
	return true;
}

/* The earliest start not yet under a label; moves each part to its own. */
static bool
next_start(Matcher *matcher, TimestampTz *at)
{
	bool		found = false;

	for (MatcherPart *part = matcher->part; part < matcher->part + matcher->parts; part++)
	{
		int64		i = part->by_from;

		while (i < part->end && (matcher->labelled[i] & START) == 0)
			i++;
		part->by_from = i;
		if (i < part->end && (!found || matcher->at[i] < *at))
		{
			*at = matcher->at[i];
			found = true;
		}
	}
	return found;
}

/* One part of a label by time: the starts before "until" and their windows. */
static void
try_period(Matcher *matcher, MatcherPart *part, ChainLabel *label, Chain *chain)
{
	int64		from = part->by_from;
	int64		end = part->end;
	TimestampTz closes = PG_INT64_MIN;
	int64		i;

	/* touchpoints at the instant of the first start may serve later steps */
	while (from > part->begin && from < end && matcher->at[from - 1] == matcher->at[from])
		from--;
	for (i = from; i < end && matcher->at[i] < label->until; i++)
	{
		matcher->restricted[i] = matcher->labelled[i];
		if (matcher->labelled[i] & START)
		{
			label->starts++;
			closes = later_by(matcher->at[i], matcher->pattern->window);
		}
	}
	part->by_from = i;
	if (closes == PG_INT64_MIN)
		return;
	for (; i < end && matcher->at[i] <= closes; i++)
		matcher->restricted[i] = matcher->labelled[i] & ~START;
	matcher_try_run(matcher, matcher->restricted, from, i, chain);
	CHECK_FOR_INTERRUPTS();
}

static CalendarUnit
unit_of(PatternBy by)
{
	return by == BY_MONTH ? CALENDAR_MONTH : by == BY_WEEK ? CALENDAR_WEEK : CALENDAR_DAY;
}

static bool
next_period(Matcher *matcher, ChainLabel *label, Chain *chain)
{
	const Pattern *pattern = matcher->pattern;
	TimestampTz at = 0;

	if (!next_start(matcher, &at))
		return false;
	matcher->by_position++;
	calendar_period(unit_of(pattern->by), pattern->zone, at, matcher->by_text, &label->until);
	for (int64 part = 0; part < matcher->parts; part++)
		try_period(matcher, &matcher->part[part], label, chain);
	label->text = matcher->by_text;
	label->length = strlen(matcher->by_text);
	return true;
}

bool
matcher_next(Matcher *matcher, ChainLabel *label, Chain *chain)
{
	bool		found;

	memset(label, 0, sizeof(ChainLabel));
	matcher_no_chain(matcher, chain);
	if (matcher->pattern->by == BY_NOTHING)
	{
		if (matcher->by_position++ >= 0)
			return false;
		label->isnull = true;
		label->starts = matcher->raw[0];
		matcher_chain(matcher, chain);
		return true;
	}
	if (matcher->by_position < 0)
		begin(matcher);
	if (matcher->pattern->by == BY_CHANNEL && matcher->pattern->from_first)
		found = next_first_channel(matcher, label, chain);
	else if (matcher->pattern->by == BY_CHANNEL)
		found = next_channel(matcher, label, chain);
	else
		found = next_period(matcher, label, chain);
	chain->completed = matcher_completes(matcher, chain->reached);
	return found;
}
