/*
 * chain_private.h
 *		What the parts of the matcher share: a pattern made ready for matching,
 *		and the touchpoints that matter to it.
 *
 * reach.c finds how far a customer came and when, starts.c how far each start
 * came; trace.c finds which chain is reported for that; plain.c does both for plain
 * patterns, set.c for sets.  Only matcher.c, parts.c and by.c call
 * them.
 */
#ifndef JOURNEY_MATCHER_CHAIN_PRIVATE_H
#define JOURNEY_MATCHER_CHAIN_PRIVATE_H

#include "port/pg_bitutils.h"

#include "matcher/chain.h"

#define STEP_BIT(step)	(UINT64CONST(1) << (step))

/* The bits of steps "from" to "to", both included. */
#define STEP_BITS(from, to)	((STEP_BIT(to) - STEP_BIT(from)) | STEP_BIT(to))

/*
 * A pattern made ready for matching.  In a mask the steps come first, in
 * order, then the exclusions; "positions" counts the steps that touchpoints
 * serve, which leaves out a trailing exclusion.
 */
typedef struct ChainPlan
{
	int			positions;
	int			reports;		/* pattern->steps */
	bool		free;			/* "->" between required steps, exclusions at most at the end */
	bool		plain;			/* nor there */
	bool		each_start;		/* an older start may be worth more, see starts.c */
	bool		in_order;		/* a newer start never falls behind an older one, too */
	bool		bounded;		/* an arrow asks more than order: a limit, "=>", exclusions */
	bool		from_first;
	int64		window;
	uint64		steps;			/* bits of all positions */
	uint64		optional;
	uint64		exclusion[PATTERN_MAX_ELEMENTS];	/* bits, of the arrow to a position */
	int64		limit[PATTERN_MAX_ELEMENTS];
	bool		next[PATTERN_MAX_ELEMENTS];
	int			earliest[PATTERN_MAX_ELEMENTS]; /* positions from here on can come
												 * straight before; -1: a chain
												 * may start here */
	int			trailing;		/* number of trailing exclusions */
	uint64		trailing_bits;
	int			trailing_bit[PATTERN_MAX_ELEMENTS];
	int64		trailing_limit[PATTERN_MAX_ELEMENTS];
	int			bit[PATTERN_MAX_ELEMENTS];	/* of each element */
} ChainPlan;

/*
 * Touchpoints in canonical order, with what they match.  Those that match
 * nothing are left out, but for patterns with "=>".
 */
typedef struct ChainRun
{
	int64		count;
	const TimestampTz *at;
	const uint64 *mask;			/* what they may serve ... */
	const uint64 *match;		/* ... and what they match: with "by" not all may start */
	const int64 *index;			/* into the columns */
	const int64 *label;			/* of those that may start, -1 of others; NULL: all are 0 */
	int64		first;			/* touchpoints before the run, see ChainTrailing */
	int			ceiling;		/* no chain of the run reaches further */
	struct ChainTrailing *trailing; /* kept from run to run, or NULL */
	const struct ChainOccurrences *occurrences; /* or NULL */
} ChainRun;

/*
 * The next trailing exclusion of a kind: none stands later than "since" and
 * before it.  Runs that end alike, each shorter than the one before, can
 * share it, so that one that is far away is not sought again and again.
 */
typedef struct ChainTrailing
{
	TimestampTz since;
	int64		next;			/* touchpoint, those before the run counted, too */
} ChainTrailing;

/* Where each step is matched, ascending; "first" of the runs counted, too. */
typedef struct ChainOccurrences
{
	int64		begin[PATTERN_MAX_ELEMENTS + 1];	/* of each step's, in touchpoint[] */
	int64	   *touchpoint;
} ChainOccurrences;

/*
 * How far, first completed when, and started when: the latest start of the
 * chains that came so far then, and of labels the earliest one, too.
 */
typedef struct ChainReach
{
	int			reached;
	TimestampTz completed_at;
	TimestampTz started_at;
	TimestampTz earliest_start;
	TimestampTz holds_before;	/* trailing exclusions hold for starts before this */
	TimestampTz only_start;		/* with "from first" */
} ChainReach;

/*
 * Touchpoints of one instant being given to steps, each to one step at most.
 * Alike touchpoints are one class.
 */
typedef struct Assignment
{
	int			classes;
	int			allocated;
	uint64	   *mask;			/* by class: the steps it can serve */
	int		   *capacity;
	int		   *used;
	int		   *visited;
	int			round;
	uint64		held;			/* steps that are served */
	int			class_of[PATTERN_MAX_ELEMENTS];
} Assignment;

extern void assignment_init(Assignment *a);
extern void assignment_load(Assignment *a, const uint64 *mask, int64 count, uint64 steps);
extern void assignment_clear(Assignment *a);
extern int	assignment_class(Assignment *a, uint64 mask);
extern bool assignment_add(Assignment *a, int step);
extern void assignment_remove(Assignment *a, int step);

/* Touchpoints of one instant: what they may serve, and what they match. */
typedef struct ChainGroup
{
	int64		count;
	const uint64 *mask;
	const uint64 *match;
} ChainGroup;

extern bool assignment_uses_followers(Assignment *a, const ChainPlan *plan,
									  const ChainGroup *group, uint64 positions, int last);
extern bool assignment_suffices(Assignment *a, const ChainPlan *plan, const ChainGroup *group,
								uint64 positions, int last);
extern void assignment_pick(Assignment *a, const ChainPlan *plan, const ChainRun *run,
							int64 first, int64 to, uint64 positions, int last,
							int64 *touchpoint);

/* Working memory of reach.c, trace.c and set.c, kept between journeys. */
typedef struct ChainWork ChainWork;

extern ChainWork *chain_work_create(const ChainPlan *plan, MemoryContext context);
extern Assignment *chain_work_assignment(ChainWork *work);
extern Assignment *chain_work_followers(ChainWork *work);
extern MemoryContext chain_work_context(ChainWork *work);

extern void chain_reach(const ChainPlan *plan, ChainWork *work, const ChainRun *run,
						ChainReach *reach);
extern void chain_reach_labels(const ChainPlan *plan, ChainWork *work, const ChainRun *run,
							   ChainReach *reach);
extern void chain_trace(const ChainPlan *plan, ChainWork *work, const ChainRun *run,
						const ChainReach *reach, Chain *chain);
extern void plain_reach(const ChainPlan *plan, Assignment *a, const ChainRun *run,
						ChainReach *reach);
extern void plain_trace(const ChainPlan *plan, Assignment *a, const ChainRun *run,
						const ChainReach *reach, Chain *chain);
extern void anyorder_reach(const ChainPlan *plan, ChainWork *work, const ChainRun *run,
						   ChainReach *reach);
extern void anyorder_trace(const ChainPlan *plan, ChainWork *work, const ChainRun *run,
						   const ChainReach *reach, Chain *chain);

/* The memory of starts.c and trace.c, made when first needed. */
struct StartsWork;
struct TraceWork;
extern struct StartsWork **chain_work_starts(ChainWork *work);
extern struct TraceWork **chain_work_trace(ChainWork *work);

/*
 * Which chains that have their last touchpoint at an instant hold against the
 * trailing exclusions later than it: those that started before this.
 */
extern TimestampTz chain_holds_before(const ChainPlan *plan, ChainWork *work,
									  const ChainRun *run, TimestampTz last);
extern void chain_trailing_begin(const ChainPlan *plan, ChainTrailing *trailing, int64 first);
extern void chain_work_begin_trailing(ChainWork *work, const ChainPlan *plan, const ChainRun *run);

/* What lies behind a pass in time order. */
typedef struct ChainClock
{
	TimestampTz excluded[PATTERN_MAX_ELEMENTS]; /* newest exclusion on the arrow to a position */
	TimestampTz instant_before;
} ChainClock;

extern void chain_clock_begin(ChainClock *clock, const ChainPlan *plan);
extern void chain_clock_pass(ChainClock *clock, const ChainPlan *plan, uint64 present,
							 TimestampTz at);
extern TimestampTz chain_oldest_last(const ChainPlan *plan, const ChainClock *clock, int from,
									 int to, TimestampTz at);

/*
 * Called for each way in which a group can carry chains from one position to another;
 * "unfollowed" tells whether they may end there, see assignment_uses_followers.
 */
typedef void (*ChainArrive) (void *arg, int from, int to, bool unfollowed);

extern void chain_carry(const ChainPlan *plan, ChainWork *work, const ChainGroup *group,
						uint64 entered, ChainArrive arrive, void *arg);

/* Are all positions after this one optional? */
static inline bool
chain_may_end(const ChainPlan *plan, int position)
{
	uint64		after = plan->steps & ~(STEP_BIT(position) | (STEP_BIT(position) - 1));

	return (after & ~plan->optional) == 0;
}

/* What the touchpoints of a group match together. */
static inline uint64
group_mask(const ChainGroup *group)
{
	uint64		present = 0;

	for (int64 i = 0; i < group->count; i++)
		present |= group->mask[i];
	return present;
}

/* The first touchpoint of the run that is no earlier than an instant. */
static inline int64
run_lower_bound(const ChainRun *run, TimestampTz at)
{
	return times_lower_bound(run->at, run->count, at);
}

/* The touchpoints "from" up to "to". */
static inline ChainGroup
run_group(const ChainRun *run, int64 from, int64 to)
{
	ChainGroup	group = {to - from, run->mask + from, run->match + from};

	return group;
}

/* Where the group of touchpoints at one instant ends. */
static inline int64
run_group_end(const ChainRun *run, int64 from)
{
	int64		to = from + 1;

	while (to < run->count && run->at[to] == run->at[from])
		to++;
	return to;
}

/* at - span, or the beginning of time */
static inline TimestampTz
earlier_by(TimestampTz at, int64 span)
{
	if (span == PATTERN_NO_LIMIT || at < PG_INT64_MIN + span)
		return PG_INT64_MIN;
	return at - span;
}

/* at + span, or the end of time */
static inline TimestampTz
later_by(TimestampTz at, int64 span)
{
	if (span == PATTERN_NO_LIMIT || (at > 0 && span > PG_INT64_MAX - at))
		return PG_INT64_MAX;
	return at + span;
}

#endif							/* JOURNEY_MATCHER_CHAIN_PRIVATE_H */
