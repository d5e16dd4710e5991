/*
 * parts.c
 *		Asks the parts of a journey: the channels with "same channel", else all
 *		of it as one.
 *
 * Attempts are asked for one after another, each among later touchpoints than the one
 * before, and parts may be many.  So they are the leaves of a tree, in which each node
 * knows the part below it that comes furthest first, and how early the next touchpoint
 * below it is: only parts that lose touchpoints are asked again.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "matcher/matcher_private.h"
#include "type/array.h"

typedef struct PartNode
{
	int64		best;			/* part */
	TimestampTz next;
} PartNode;

/* What is left of a part. */
static ChainRun
part_run(const Matcher *matcher, int64 i)
{
	const MatcherPart *part = &matcher->part[i];
	ChainRun	run = matcher_run(matcher, matcher->mask, part->from, part->end);

	run.ceiling = part->ceiling;
	if (matcher->trailing)
		run.trailing = matcher->trailing + i * matcher->plan.trailing;
	return run;
}

/*
 * How far what is left of a part reaches.  Less of it cannot reach further (but
 * with "from first", where another instant may become the first, which a window, a limit or
 * an exclusion may favour): so when it is asked again and again, all of it is
 * passed over once a step, and else no more than up to the answer.
 */
static const ChainReach *
part_reach(Matcher *matcher, int64 i)
{
	const ChainPlan *plan = &matcher->plan;
	MatcherPart *part = &matcher->part[i];

	if (!part->known)
	{
		ChainRun	run = part_run(matcher, i);

		matcher_find_reach(matcher, &run, &part->reach);
		if (!plan->from_first ||
			(!plan->bounded && plan->trailing == 0 && plan->window == PATTERN_NO_LIMIT))
			part->ceiling = part->reach.reached;
		part->known = true;
	}
	return &part->reach;
}

int
matcher_reached(Matcher *matcher)
{
	int			best = 0;

	for (int64 part = 0; part < matcher->parts; part++)
		best = Max(best, part_reach(matcher, part)->reached);
	return best;
}

bool
matcher_matches(Matcher *matcher)
{
	return matcher_completes(matcher, matcher_reached(matcher));
}

/* Negative if one part comes further than another, or as far and earlier. */
static int
compare_parts(Matcher *matcher, int64 a, int64 b)
{
	const ChainReach *left = part_reach(matcher, a);
	const ChainReach *right = part_reach(matcher, b);

	if (left->reached != right->reached)
		return left->reached > right->reached ? -1 : 1;
	return left->completed_at < right->completed_at ? -1 : left->completed_at > right->completed_at;
}

/* Leaves are the nodes from "parts" on, and node 1 is the root. */
static void
set_node(Matcher *matcher, int64 i)
{
	PartNode   *node = &matcher->node[i];

	if (i >= matcher->parts)
	{
		const MatcherPart *part = &matcher->part[i - matcher->parts];

		node->best = i - matcher->parts;
		node->next = part->from < part->end ? matcher->at[part->from] : PG_INT64_MAX;
	}
	else
	{
		const PartNode *left = &matcher->node[2 * i];
		const PartNode *right = &matcher->node[2 * i + 1];

		node->best = left->best;
		if (compare_parts(matcher, left->best, right->best) > 0)
			node->best = right->best;
		node->next = Min(left->next, right->next);
	}
}

static void
plant(Matcher *matcher)
{
	if (matcher->planted)
		return;
	matcher->planted = true;
	if (matcher->nodes_allocated < 2 * matcher->parts)
	{
		matcher->nodes_allocated = 2 * matcher->parts_allocated;
		matcher->node = array_renew(matcher->context, matcher->node, matcher->nodes_allocated,
									sizeof(PartNode));
	}
	for (int64 i = 2 * matcher->parts - 1; i > 0; i--)
		set_node(matcher, i);
}

/* Finds the chain of each part below a node that is as good as the best of all. */
static void
find_best(Matcher *matcher, int64 i, Chain *chain)
{
	int64		part = matcher->node[i].best;

	if (compare_parts(matcher, part, matcher->node[1].best) != 0)
		return;
	if (i >= matcher->parts)
	{
		ChainRun	run = part_run(matcher, part);

		matcher_keep_better(matcher, &run, part_reach(matcher, part), chain);
		return;
	}
	find_best(matcher, 2 * i, chain);
	find_best(matcher, 2 * i + 1, chain);
}

void
matcher_chain(Matcher *matcher, Chain *chain)
{
	matcher_no_chain(matcher, chain);
	if (matcher->parts > 0)
	{
		plant(matcher);
		find_best(matcher, 1, chain);
	}
	chain->completed = matcher_completes(matcher, chain->reached);
}

/* A part whose chain starts later keeps it, and has no better one without what goes. */
static void
drop(Matcher *matcher, int64 i, TimestampTz after)
{
	if (matcher->node[i].next > after)
		return;
	if (i >= matcher->parts)
	{
		MatcherPart *part = &matcher->part[i - matcher->parts];

		while (part->from < part->end && matcher->at[part->from] <= after)
			part->from++;
		part->known = part->known && part->reach.started_at > after;
		CHECK_FOR_INTERRUPTS();
	}
	else
	{
		drop(matcher, 2 * i, after);
		drop(matcher, 2 * i + 1, after);
	}
	set_node(matcher, i);
}

void
matcher_restart_after(Matcher *matcher, TimestampTz after)
{
	if (matcher->parts == 0)
		return;
	plant(matcher);
	drop(matcher, 1, after);
}
