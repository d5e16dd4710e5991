/*
 * matcher.c
 *		Finds a pattern in the columns of a journey: picks the touchpoints that
 *		matter, and asks reach.c, trace.c or set.c about them.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "matcher/matcher_private.h"
#include "type/array.h"

/* ----------
 * Loading
 * ----------
 */

static void
reserve(Matcher *matcher, int64 count)
{
	int64		allocated;

	if (count <= matcher->allocated)
		return;
	allocated = Max(64, Max(count, matcher->allocated * 2));
	matcher->at = array_renew(matcher->context, matcher->at, allocated, sizeof(TimestampTz));
	matcher->mask = array_renew(matcher->context, matcher->mask, allocated, sizeof(uint64));
	matcher->index = array_renew(matcher->context, matcher->index, allocated, sizeof(int64));
	matcher->allocated = allocated;
}

/*
 * Picks the touchpoints that match something, or all of them if need be.  Each
 * is written, and the next one over it unless it counts, since what a
 * touchpoint matches is hard to foresee for a branch.  Everything is held in
 * variables, which the compiler knows not to change by what is written.
 */
static void
pick(Matcher *matcher, int64 from, int64 to)
{
	const JourneyColumns *columns = matcher->columns;
	const uint64 *event_bits = matcher->event_bits;
	const uint64 *channel_bits = matcher->channel_bits;
	const TimestampTz *at = columns->at;
	const uint32 *events = columns->event;
	const uint32 *channels = matcher->pattern->columns ? columns->channel : NULL;
	TimestampTz *picked_at = matcher->at;
	uint64	   *picked_mask = matcher->mask;
	int64	   *picked_index = matcher->index;
	uint64		watched = matcher->watched;
	const bool	simple = matcher->simple;
	const bool	adjacent = matcher->adjacent;
	int64		count = matcher->count;

	for (int64 i = from; i < to; i++)
	{
		uint32		event = events[i];
		uint32		channel = channels ? channels[i] : LABEL_NONE;
		uint64		mask;

		if (simple)
			mask = event_bits[event] & channel_bits[channel];
		else
			mask = matcher_match_factors(matcher, event, channel);
		if (unlikely(mask & watched))
		{
			matcher_note_terms(matcher, event, channel);
			watched = matcher->watched;
		}
		picked_at[count] = at[i];
		picked_mask[count] = mask;
		picked_index[count] = i;
		count += (mask != 0) | adjacent;
	}
	matcher->count = count;
}

/*
 * Counts how often each bit is set in the masks of touchpoints "from" up to "to".  A step of eight
 * masks' first eight bits is counted by one addition of eight lanes.
 */
static void
count_matches_of(Matcher *matcher, int64 from, int64 to)
{
	const uint64 *mask = matcher->mask;

	if (matcher->pattern->elements > 8)
	{
		for (int64 i = from; i < to; i++)
		{
			for (uint64 bits = mask[i]; bits != 0; bits &= bits - 1)
				matcher->raw[pg_rightmost_one_pos64(bits)]++;
		}
		return;
	}
	while (from < to)
	{
		int64		end = Min(to, from + 255);	/* as far as a lane can count */
		uint64		lanes = 0;

		for (; from < end; from++)
			lanes += matcher->lanes[mask[from]];
		for (int bit = 0; bit < matcher->pattern->elements; bit++)
			matcher->raw[bit] += (lanes >> (bit * 8)) & 0xFF;
	}
}

static void
reserve_parts(Matcher *matcher, int64 parts)
{
	if (parts <= matcher->parts_allocated)
		return;
	parts = Max(parts, matcher->parts_allocated * 2);
	matcher->part = array_realloc(matcher->part, parts, sizeof(MatcherPart));
	if (matcher->trailing)
		matcher->trailing = array_realloc(matcher->trailing, parts,
										  matcher->plan.trailing * sizeof(ChainTrailing));
	matcher->parts_allocated = parts;
}

/* Room in place[] for every label. */
void
matcher_reserve_places(Matcher *matcher)
{
	if (matcher->places < matcher->bound)
	{
		matcher->place = array_renew(matcher->context, matcher->place, matcher->bound_allocated,
									 sizeof(int64));
		memset(matcher->place, 0, matcher->bound_allocated * sizeof(int64));
		matcher->places = matcher->bound_allocated;
	}
}

/*
 * Lists the channels, in order of first appearance, and counts in place[] how
 * many touchpoints each has.  LABEL_NONE is a channel here.
 */
static void
list_channels(Matcher *matcher)
{
	const uint32 *channel = matcher->columns->channel;

	matcher_reserve_places(matcher);
	matcher->channels = 0;
	for (int64 i = 0; i < matcher->count; i++)
	{
		uint32		code = channel ? channel[matcher->index[i]] : LABEL_NONE;

		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		if (matcher->place[code]++ > 0)
			continue;
		if (matcher->channels == matcher->channels_allocated)
		{
			matcher->channels_allocated = Max(16, matcher->channels_allocated * 2);
			matcher->channel = array_grow(matcher->context, matcher->channel,
										  matcher->channels_allocated, sizeof(uint32));
		}
		matcher->channel[matcher->channels++] = code;
	}
}

static void
begin_part(Matcher *matcher, int64 i, int64 begin, int64 end)
{
	MatcherPart *part = &matcher->part[i];

	part->begin = part->from = begin;
	part->end = end;
	part->ceiling = matcher->plan.reports;
	part->known = false;
	if (matcher->trailing)
		chain_trailing_begin(&matcher->plan, matcher->trailing + i * matcher->plan.trailing,
							 begin);
}

/* Lays the touchpoints of each channel side by side; those without one go. */
static void
split_by_channel(Matcher *matcher)
{
	const uint32 *channel = matcher->columns->channel;
	TimestampTz *at = matcher->at;
	uint64	   *mask = matcher->mask;
	int64	   *index = matcher->index;
	int64		allocated = matcher->allocated;
	int64		count = matcher->count;
	int64		next = 0;

	list_channels(matcher);
	reserve_parts(matcher, matcher->channels);
	matcher->parts = 0;
	for (int64 i = 0; i < matcher->channels; i++)
	{
		uint32		code = matcher->channel[i];
		int64		size = matcher->place[code];

		if (code == LABEL_NONE)
			continue;
		begin_part(matcher, matcher->parts++, next, next + size);
		matcher->place[code] = next;
		next += size;
	}
	matcher->count = next;

	matcher->at = matcher->other_at;
	matcher->mask = matcher->other_mask;
	matcher->index = matcher->other_index;
	matcher->allocated = matcher->other_allocated;
	reserve(matcher, Max(next, 1));
	for (int64 i = 0; i < count; i++)
	{
		uint32		code = channel ? channel[index[i]] : LABEL_NONE;
		int64		to;

		if (code == LABEL_NONE)
			continue;
		to = matcher->place[code]++;
		matcher->at[to] = at[i];
		matcher->mask[to] = mask[i];
		matcher->index[to] = index[i];
	}
	for (int64 i = 0; i < matcher->channels; i++)
		matcher->place[matcher->channel[i]] = 0;
	matcher->other_at = at;
	matcher->other_mask = mask;
	matcher->other_index = index;
	matcher->other_allocated = allocated;
}

void
matcher_load(Matcher *matcher, const JourneyColumns *columns, uint64 generation)
{
	const int64 chunk = 1 << 20;

	matcher_bind_labels(matcher, columns->labels, generation);
	if (matcher->ask_terms)
		matcher_watch_terms(matcher);
	matcher->columns = columns;
	matcher->count = 0;
	memset(matcher->raw, 0, sizeof(int64) * matcher->pattern->elements);
	reserve(matcher, columns->count + 1);
	for (int64 from = 0; from < columns->count; from += chunk)
	{
		int64		before = matcher->count;

		CHECK_FOR_INTERRUPTS();
		pick(matcher, from, Min(columns->count, from + chunk));
		count_matches_of(matcher, before, matcher->count);
	}
	matcher->parts = 1;
	if (matcher->pattern->same_channel)
		split_by_channel(matcher);
	else
		begin_part(matcher, 0, 0, matcher->count);
	matcher->planted = false;
	matcher->by_position = -1;
}

const int64 *
matcher_raw_matches(const Matcher *matcher)
{
	int64	   *raw = ((Matcher *) matcher)->raw_by_element;

	for (int i = 0; i < matcher->pattern->elements; i++)
		raw[i] = matcher->raw[matcher->plan.bit[i]];
	return raw;
}

const int64 *
matcher_touchpoints(const Matcher *matcher, int64 *count)
{
	Assert(!matcher->adjacent && matcher->parts == 1);
	*count = matcher->count;
	return matcher->index;
}

const uint64 *
matcher_masks(const Matcher *matcher)
{
	return matcher->mask;
}

bool *
matcher_terms_seen(Matcher *matcher)
{
	matcher->ask_terms = true;
	return matcher->term_seen;
}

/* ----------
 * Asking
 * ----------
 */

/* Touchpoints "from" up to "to", with masks of the matcher's or changed ones. */
ChainRun
matcher_run(const Matcher *matcher, const uint64 *mask, int64 from, int64 to)
{
	ChainRun	run;

	run.count = to - from;
	run.at = matcher->at + from;
	run.mask = mask + from;
	run.match = matcher->mask + from;
	run.index = matcher->index + from;
	run.first = from;
	run.ceiling = matcher->plan.reports;
	run.label = NULL;
	run.trailing = NULL;
	run.occurrences = NULL;
	return run;
}

void
matcher_find_reach(Matcher *matcher, const ChainRun *run, ChainReach *reach)
{
	if (matcher->pattern->set)
		anyorder_reach(&matcher->plan, matcher->work, run, reach);
	else
		chain_reach(&matcher->plan, matcher->work, run, reach);
}

static int
chain_length(const Matcher *matcher, const Chain *chain)
{
	int			length = 0;

	for (int i = 0; i < matcher->plan.reports; i++)
		length += chain->touchpoint[i] >= 0;
	return length;
}

static void
find_chain(Matcher *matcher, const ChainRun *run, const ChainReach *reach, Chain *chain)
{
	if (matcher->pattern->set)
		anyorder_trace(&matcher->plan, matcher->work, run, reach, chain);
	else
		chain_trace(&matcher->plan, matcher->work, run, reach, chain);
}

/* Is chain a to be reported rather than chain b, which reached just as far? */
static bool
chain_is_better(const Matcher *matcher, const Chain *a, const Chain *b)
{
	const TimestampTz *at = matcher->columns->at;
	int			length = chain_length(matcher, a) - chain_length(matcher, b);

	if (a->ended_at != b->ended_at)
		return a->ended_at < b->ended_at;
	if (length != 0)
		return length > 0;
	if (a->started_at != b->started_at)
		return a->started_at > b->started_at;
	for (int i = 1; i < matcher->plan.reports; i++)
	{
		TimestampTz left = a->touchpoint[i] >= 0 ? at[a->touchpoint[i]] : PG_INT64_MAX;
		TimestampTz right = b->touchpoint[i] >= 0 ? at[b->touchpoint[i]] : PG_INT64_MAX;

		if (left != right)
			return left < right;
	}
	for (int i = 0; i < matcher->plan.reports; i++)
	{
		if (a->touchpoint[i] != b->touchpoint[i])
			return a->touchpoint[i] < b->touchpoint[i];
	}
	return false;
}

/* Are these all required steps? */
bool
matcher_completes(const Matcher *matcher, int reached)
{
	if (matcher->pattern->set || reached == 0)
		return reached == matcher->plan.reports;
	for (int i = reached; i < matcher->plan.reports; i++)
	{
		if (!matcher->pattern->step[i].optional)
			return false;
	}
	return true;
}

/* Finds the chain for what a run reached, and keeps it if it is the best so far. */
void
matcher_keep_better(Matcher *matcher, const ChainRun *run, const ChainReach *reach, Chain *best)
{
	Chain		chain;

	if (reach->reached == 0 || reach->reached < best->reached ||
		(reach->reached == best->reached && reach->completed_at > best->ended_at))
		return;
	if (best->reached == 0)
		find_chain(matcher, run, reach, best);
	else
	{
		find_chain(matcher, run, reach, &chain);
		if (chain.reached > best->reached || chain_is_better(matcher, &chain, best))
			*best = chain;
	}
}

void
matcher_no_chain(const Matcher *matcher, Chain *chain)
{
	memset(chain, 0, offsetof(Chain, touchpoint));
	for (int i = 0; i < matcher->plan.reports; i++)
		chain->touchpoint[i] = -1;
}
