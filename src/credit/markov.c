/*
 * markov.c
 *		Removal effects of a Markov chain, solved rather than simulated.
 *
 * A path that converts without a channel is one that never met it.  So the loss
 * is what converts of the paths that did: with m(s) for the share of visits of
 * state s whose path has met the channel before or there, the sum of
 * m(s) * converted(s).  The chain tells m when it is read backwards: it is 0 at
 * the start, 1 where the state holds the channel, and elsewhere the mean of m
 * over the states that s was arrived at from, weighted by how often it was.  No
 * probability of conversion has to be solved for, nothing is subtracted, and
 * being a mean m is a share whatever the counts say.
 *
 * A state that leads to itself met the same before: such steps do not matter.
 *
 * At order 1, where a channel is one state k, one matrix M serves all channels.
 * Row s has the arrivals at s from each other state, negative, and all of them
 * on the diagonal; with e(k) for 1 at k and 0 elsewhere, m is inverse(M) e(k)
 * divided by its value at k.  The inverse comes of an elimination without
 * subtraction (Grassmann, Taksar and Heyman, Operations Research 33, 1985, pages
 * 1107-1116), which is right to the last few digits even where paths hardly ever
 * leave a cycle.
 *
 * Higher orders, and very many channels, are swept from m = 0 upwards
 * (Gauss-Seidel), several channels at once.  Where paths hardly ever leave a
 * cycle, sweeps would have no end: the states that then still move most are
 * a channel's core, which is solved by elimination between two sweeps.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "credit/markov.h"

#define ELIMINATED_STATES	4000	/* by one matrix, which has 128 MB then */
#define LANES				8	/* channels swept at once: the doubles of a cache line */
#define STILL				1e-14	/* what a share may move by in a sweep, as a part of it */
#define SWEEPS_WITHOUT_CORE	100
#define SWEEPS_OF_CORE		30	/* until a core grows */
#define CORE_GROWTH			100
#define CORE_STATES			1000
#define SWEEPS				5000	/* when to give up */

#define NO_STEP				PG_UINT32_MAX
#define NOT_REACHED			PG_UINT32_MAX

/* The chain read backwards, its states numbered so that most come after those before them. */
typedef struct Arrivals
{
	const MarkovChain *chain;
	MemoryContext work;
	uint32		states;			/* that the start leads to, and the start, which is 0 */
	uint32	   *state;			/* what the chain calls each */
	uint32	   *first;			/* by state and one more: where its arrivals begin */
	uint32	   *from;			/* by arrival */
	double	   *count;
	double	   *visits;			/* by state: sum of the counts */
	double		paths;
	double		conversions;
} Arrivals;

/* What paths of a state have met, channel by channel of those swept. */
typedef struct Met
{
	double		share[LANES];
} Met;

static void *
allocate(MemoryContext context, Size count, Size size)
{
	return MemoryContextAllocExtended(context, Max(count, 1) * size,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

/* Adds a multiple of a row to another. */
static inline void
add_times(double *pg_restrict row, double factor, const double *pg_restrict other, Size length)
{
	for (Size i = 0; i < length; i++)
		row[i] += factor * other[i];
}

static inline double
positive(int64 count)
{
	return Max(count, 0);
}

static inline bool
is_arrival(const MarkovStep *step)
{
	return step->count > 0 && step->from != step->to && step->to != 0;
}

/*
 * Numbers the states in reverse postorder of a walk from the start: but for
 * cycles a state comes after all that lead to it, and what a sweep finds goes
 * down a long path at once.  Returns how many are reached.
 */
static uint32
number_states(const MarkovChain *chain, MemoryContext work, uint32 *number)
{
	uint32	   *head = allocate(work, chain->states, sizeof(uint32));
	uint32	   *next = allocate(work, chain->steps, sizeof(uint32));
	uint32	   *stack = allocate(work, chain->states, sizeof(uint32));
	uint32		depth = 0;
	uint32		left = 0;

	for (uint32 state = 0; state < chain->states; state++)
	{
		head[state] = NO_STEP;
		number[state] = NOT_REACHED;
	}
	for (uint32 i = chain->steps; i-- > 0;)
	{
		if (!is_arrival(&chain->step[i]))
			continue;
		next[i] = head[chain->step[i].from];
		head[chain->step[i].from] = i;
	}
	number[0] = 0;				/* no longer not reached */
	stack[depth++] = 0;
	while (depth > 0)
	{
		uint32		state = stack[depth - 1];
		uint32		step = head[state];

		if (step == NO_STEP)
		{
			number[state] = left++;
			depth--;
			continue;
		}
		head[state] = next[step];
		if (number[chain->step[step].to] == NOT_REACHED)
		{
			number[chain->step[step].to] = 0;
			stack[depth++] = chain->step[step].to;
		}
	}
	for (uint32 state = 0; state < chain->states; state++)
	{
		if (number[state] != NOT_REACHED)
			number[state] = left - 1 - number[state];
	}
	return left;
}

/* Puts the steps together by the state that they lead to. */
static void
collect_arrivals(Arrivals *arrivals, const uint32 *number)
{
	const MarkovChain *chain = arrivals->chain;
	uint32	   *place = allocate(arrivals->work, arrivals->states, sizeof(uint32));

	arrivals->first = allocate(arrivals->work, (Size) arrivals->states + 1, sizeof(uint32));
	arrivals->from = allocate(arrivals->work, chain->steps, sizeof(uint32));
	arrivals->count = allocate(arrivals->work, chain->steps, sizeof(double));
	arrivals->visits = allocate(arrivals->work, arrivals->states, sizeof(double));
	for (uint32 i = 0; i < chain->steps; i++)
	{
		if (is_arrival(&chain->step[i]) && number[chain->step[i].from] != NOT_REACHED)
			arrivals->first[number[chain->step[i].to] + 1]++;
	}
	for (uint32 state = 0; state < arrivals->states; state++)
	{
		place[state] = arrivals->first[state];
		arrivals->first[state + 1] += place[state];
	}
	for (uint32 i = 0; i < chain->steps; i++)
	{
		const MarkovStep *step = &chain->step[i];

		if (is_arrival(step) && number[step->from] != NOT_REACHED)
		{
			uint32		to = number[step->to];

			arrivals->from[place[to]] = number[step->from];
			arrivals->count[place[to]++] = (double) step->count;
			arrivals->visits[to] += (double) step->count;
		}
	}
}

static void
read_backwards(const MarkovChain *chain, MemoryContext work, Arrivals *arrivals)
{
	uint32	   *number = allocate(work, chain->states, sizeof(uint32));

	memset(arrivals, 0, sizeof(*arrivals));
	arrivals->chain = chain;
	arrivals->work = work;
	arrivals->states = number_states(chain, work, number);
	arrivals->state = allocate(work, arrivals->states, sizeof(uint32));
	for (uint32 state = 0; state < chain->states; state++)
	{
		if (number[state] != NOT_REACHED)
			arrivals->state[number[state]] = state;
		arrivals->conversions += positive(chain->converted[state]);
		arrivals->paths += positive(chain->converted[state]) + positive(chain->lost[state]);
	}
	collect_arrivals(arrivals, number);
}

/* Which of the LANES channels from the first on a state holds; the start holds none. */
static uint32
channels_held(const Arrivals *arrivals, uint32 state, uint32 first)
{
	const MarkovChain *chain = arrivals->chain;
	const uint32 *channel = chain->channel + (Size) arrivals->state[state] * chain->order;
	uint32		held = 0;

	for (int i = 0; i < chain->order && state > 0; i++)
	{
		if (channel[i] < chain->channels && channel[i] - first < LANES)
			held |= 1 << (channel[i] - first);
	}
	return held;
}

static inline double
converted_at(const Arrivals *arrivals, uint32 state)
{
	return positive(arrivals->chain->converted[arrivals->state[state]]);
}

static inline double
value_at(const Arrivals *arrivals, uint32 state)
{
	return arrivals->chain->value[arrivals->state[state]];
}

/* The effect of what is converted, and of which value, in paths that met a channel. */
static void
set_effect(const Arrivals *arrivals, MarkovEffect *effect, double converted, double value)
{
	/* counts that are not of paths may say anything, even what is no number */
	effect->conversions = converted > 0 ? Min(converted / arrivals->conversions, 1) : 0;
	effect->value = value / arrivals->paths;
}

/*
 * A matrix has a row for each state, and in it the arrivals from each other.
 * Row 0 is of all those that are not asked for, and left empty.
 */
static double *
make_matrix(const Arrivals *arrivals, const uint32 *row, uint32 rows)
{
	double	   *matrix = allocate(arrivals->work, (Size) rows * rows, sizeof(double));

	for (uint32 s = 0; s < arrivals->states; s++)
	{
		for (uint32 i = arrivals->first[s]; i < arrivals->first[s + 1] && row[s] > 0; i++)
			matrix[(Size) row[s] * rows + row[arrivals->from[i]]] += arrivals->count[i];
	}
	return matrix;
}

/*
 * Eliminates rows from the last down to row 1: where another had arrivals from
 * it, it now has them from where that was arrived at from.  Afterwards a row has
 * left of the diagonal its arrivals from earlier ones when it was eliminated,
 * whose sum goes into "visits", and right of it by later row the share that it
 * took of that one's arrivals.
 */
static void
eliminate(double *matrix, Size rows, double *visits)
{
	for (Size s = rows; s-- > 1;)
	{
		const double *row = matrix + s * rows;

		CHECK_FOR_INTERRUPTS();
		visits[s] = 0;
		for (Size t = 0; t < s; t++)
			visits[s] += row[t];
		for (Size u = 1; u < s; u++)
		{
			double	   *other = matrix + u * rows;
			double		part = visits[s] > 0 ? other[s] / visits[s] : 0;

			/* what comes back to u itself falls on the diagonal, which nothing reads */
			if (part > 0)
				add_times(other, part, row, s);
			other[s] = part;
		}
	}
}

/*
 * The factors that an elimination leaves, 1 - upper and visits - lower, become
 * their inverses in place: lower with the diagonal, upper without its ones.
 */
static void
invert_factors(double *matrix, Size rows, const double *visits)
{
	double	   *sum = palloc(rows * sizeof(double));

	for (Size s = 1; s < rows; s++)
	{
		double	   *row = matrix + s * rows;

		CHECK_FOR_INTERRUPTS();
		memset(sum, 0, rows * sizeof(double));
		sum[s] = 1;
		for (Size t = 1; t < s; t++)
			add_times(sum + 1, row[t], matrix + t * rows + 1, t);
		for (Size t = 1; t <= s; t++)
			row[t] = visits[s] > 0 ? sum[t] / visits[s] : 0;
	}
	for (Size s = rows - 1; s > 0; s--)
	{
		double	   *row = matrix + s * rows;

		CHECK_FOR_INTERRUPTS();
		memcpy(sum, row, rows * sizeof(double));
		for (Size t = s + 1; t < rows; t++)
			add_times(sum + t + 1, row[t], matrix + t * rows + t + 1, rows - t - 1);
		memcpy(row + s + 1, sum + s + 1, (rows - s - 1) * sizeof(double));
	}
	pfree(sum);
}

/* Order 1: all channels by one elimination. */
static void
eliminate_all(const Arrivals *arrivals, MarkovEffect *effect)
{
	const MarkovChain *chain = arrivals->chain;
	Size		states = arrivals->states;
	uint32	   *row = allocate(arrivals->work, states, sizeof(uint32));
	double	   *visits = allocate(arrivals->work, states, sizeof(double));
	MarkovEffect *half = allocate(arrivals->work, states, sizeof(MarkovEffect));
	double	   *matrix;

	for (uint32 s = 0; s < states; s++)
		row[s] = s;
	matrix = make_matrix(arrivals, row, states);
	eliminate(matrix, states, visits);
	invert_factors(matrix, states, visits);
	for (Size s = 1; s < states; s++)
	{
		double		converted = converted_at(arrivals, s);
		double		value = value_at(arrivals, s);

		for (Size t = 1; t <= s; t++)
		{
			half[t].conversions += converted * matrix[s * states + t];
			half[t].value += value * matrix[s * states + t];
		}
	}
	for (Size k = 1; k < states; k++)
	{
		uint32		channel = chain->channel[arrivals->state[k]];
		double		own = matrix[k * states + k];
		MarkovEffect met = half[k];

		for (Size t = 1; t < k; t++)
		{
			double		upper = matrix[t * states + k];

			own += matrix[k * states + t] * upper;
			met.conversions += half[t].conversions * upper;
			met.value += half[t].value * upper;
		}
		if (own > 0 && channel < chain->channels)
			set_effect(arrivals, &effect[channel], met.conversions / own, met.value / own);
	}
}

/*
 * One step: by channel what converts of the paths that met it, and by how much
 * it moves more than it may.  False if none does.
 */
static bool
sweep(const Arrivals *arrivals, const uint8 *held, Met *met, Met *converted, Met *moving)
{
	memset(converted, 0, sizeof(Met));
	memset(moving, 0, sizeof(Met));
	for (uint32 s = 1; s < arrivals->states; s++)
	{
		Met			sum = {{0}};

		for (uint32 i = arrivals->first[s]; i < arrivals->first[s + 1]; i++)
		{
			const Met  *from = &met[arrivals->from[i]];
			double		count = arrivals->count[i];

			/* or the sums stay in memory */
#pragma GCC unroll 8
			for (int lane = 0; lane < LANES; lane++)
				sum.share[lane] += count * from->share[lane];
		}
		for (int lane = 0; lane < LANES; lane++)
		{
			double		share = Min(sum.share[lane] / arrivals->visits[s], 1);
			double		moved;

			if (held[s] & 1 << lane)
				share = 1;
			moved = fabs(share - met[s].share[lane]) - STILL * share;
			moving->share[lane] = Max(moving->share[lane], moved);
			converted->share[lane] += converted_at(arrivals, s) * share;
			met[s].share[lane] = share;
		}
	}
	for (int lane = 0; lane < LANES; lane++)
	{
		if (moving->share[lane] > 0)
			return true;
	}
	return false;
}

/* States in which paths are caught without the channel of a lane. */
typedef struct Core
{
	uint32	   *row;			/* by state: its row, or 0 */
	Size		rows;
	double	   *matrix;			/* eliminated */
	double	   *visits;
	double	   *share;			/* by row */
} Core;

/* A state that may go into a core. */
typedef struct Candidate
{
	double		moved;			/* visits */
	uint32		state;
} Candidate;

static int
compare_candidates(const void *a, const void *b)
{
	const Candidate *one = a;
	const Candidate *other = b;

	if (one->moved != other->moved)
		return one->moved > other->moved ? -1 : 1;
	return one->state < other->state ? -1 : 1;
}

/* Takes in more states, those where a sweep still moves most visits. */
static void
grow_core(const Arrivals *arrivals, int lane, const Met *past, const Met *met, Core *core)
{
	Candidate  *candidate = allocate(arrivals->work, arrivals->states, sizeof(Candidate));
	uint32		candidates = 0;

	for (uint32 s = 1; s < arrivals->states; s++)
	{
		double		moved = fabs(met[s].share[lane] - past[s].share[lane]);

		if (moved > 0 && core->row[s] == 0)
			candidate[candidates++] = (Candidate) {moved * arrivals->visits[s], s};
	}
	qsort(candidate, candidates, sizeof(Candidate), compare_candidates);
	for (uint32 i = 0; i < candidates && i < CORE_GROWTH && core->rows <= CORE_STATES; i++)
		core->row[candidate[i].state] = core->rows++;
	pfree(candidate);
	if (core->matrix)
		pfree(core->matrix);
	core->matrix = make_matrix(arrivals, core->row, core->rows);
	eliminate(core->matrix, core->rows, core->visits);
}

/* The shares of the core that go with those of all other states. */
static void
solve_core(const Arrivals *arrivals, Core *core, int lane, Met *met)
{
	double	   *share = core->share;

	memset(share, 0, core->rows * sizeof(double));
	for (uint32 s = 1; s < arrivals->states; s++)
	{
		for (uint32 i = arrivals->first[s]; i < arrivals->first[s + 1] && core->row[s] > 0; i++)
		{
			if (core->row[arrivals->from[i]] == 0)
				share[core->row[s]] += arrivals->count[i] * met[arrivals->from[i]].share[lane];
		}
	}
	for (Size s = core->rows; s-- > 1;)
	{
		for (Size t = s + 1; t < core->rows; t++)
			share[s] += core->matrix[s * core->rows + t] * share[t];
	}
	for (Size s = 1; s < core->rows; s++)
	{
		for (Size t = 1; t < s; t++)
			share[s] += core->matrix[s * core->rows + t] * share[t];
		share[s] = core->visits[s] > 0 ? share[s] / core->visits[s] : 0;
	}
	for (uint32 s = 1; s < arrivals->states; s++)
	{
		if (core->row[s] > 0)
			met[s].share[lane] = share[core->row[s]];
	}
}

/* A channel that does not become still: solves a core, and ever more with it, between sweeps. */
static void
sweep_with_core(const Arrivals *arrivals, const uint8 *held, int lane, Met *met, Met *converted,
				Met *moving)
{
	Met		   *past = met + arrivals->states;
	Core		core = {.rows = 1};

	core.row = allocate(arrivals->work, arrivals->states, sizeof(uint32));
	core.visits = allocate(arrivals->work, CORE_STATES + 1, sizeof(double));
	core.share = allocate(arrivals->work, CORE_STATES + 1, sizeof(double));
	for (int sweeps = 0; moving->share[lane] > 0; sweeps++)
	{
		CHECK_FOR_INTERRUPTS();
		if (sweeps == SWEEPS)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("markov(%d) is not solved within %d steps",
							arrivals->chain->order, SWEEPS),
					 errdetail("Some of its %u states are in cycles that paths hardly ever leave.",
							   arrivals->states),
					 errhint("Use a lower order, or leave out customers with very many touchpoints.")));
		if (sweeps % SWEEPS_OF_CORE == 0 && core.rows <= CORE_STATES)
		{
			memcpy(past, met, arrivals->states * sizeof(Met));
			sweep(arrivals, held, met, converted, moving);
			grow_core(arrivals, lane, past, met, &core);
		}
		solve_core(arrivals, &core, lane, met);
		sweep(arrivals, held, met, converted, moving);
	}
	pfree(core.row);
	pfree(core.matrix);
	pfree(core.visits);
	pfree(core.share);
}

/* Sweeps until all channels are still, those that take long each with a core of its own. */
static void
sweep_channels(const Arrivals *arrivals, const uint8 *held, Met *met, Met *converted)
{
	Met			moving;
	int			sweeps = 0;

	memset(met, 0, arrivals->states * sizeof(Met));
	while (sweep(arrivals, held, met, converted, &moving) && sweeps++ < SWEEPS_WITHOUT_CORE)
		CHECK_FOR_INTERRUPTS();
	for (int lane = 0; lane < LANES; lane++)
	{
		if (moving.share[lane] > 0)
			sweep_with_core(arrivals, held, lane, met, converted, &moving);
	}
}

/* Any order: LANES channels at once. */
static void
sweep_all(const Arrivals *arrivals, MarkovEffect *effect)
{
	uint32		channels = arrivals->chain->channels;
	uint8	   *held = allocate(arrivals->work, arrivals->states, sizeof(uint8));
	Met		   *met = allocate(arrivals->work, (Size) arrivals->states * 2, sizeof(Met));

	for (Size first = 0; first < channels; first += LANES)
	{
		Met			converted;
		Met			value = {{0}};

		for (uint32 s = 0; s < arrivals->states; s++)
			held[s] = channels_held(arrivals, s, first);
		sweep_channels(arrivals, held, met, &converted);
		for (uint32 s = 1; s < arrivals->states; s++)
		{
			for (int lane = 0; lane < LANES; lane++)
				value.share[lane] += value_at(arrivals, s) * met[s].share[lane];
		}
		for (Size channel = first; channel < channels && channel < first + LANES; channel++)
			set_effect(arrivals, &effect[channel], converted.share[channel - first],
					   value.share[channel - first]);
	}
}

void
markov_removal_effects(const MarkovChain *chain, MarkovEffect *effect)
{
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "journey markov chain",
											   ALLOCSET_DEFAULT_SIZES);
	Arrivals	arrivals;

	memset(effect, 0, chain->channels * sizeof(MarkovEffect));
	read_backwards(chain, work, &arrivals);
	if (arrivals.conversions > 0 && chain->order == 1 && arrivals.states <= ELIMINATED_STATES)
		eliminate_all(&arrivals, effect);
	else if (arrivals.conversions > 0)
		sweep_all(&arrivals, effect);
	MemoryContextDelete(work);
}
