/*
 * markov.c
 *		Removal effects of a Markov chain, solved rather than simulated.
 *
 * A path that converts without a channel is one that never met it.  So the loss
 * is what converts of the paths that did: with m(s) for the share of visits of
 * state s whose path has met the channel before or there, the sum over all
 * states of m(s) * converted(s).  The chain tells m when it is read backwards.  It is 0 at
 * the start, 1 where the state holds the channel, and elsewhere the mean of m
 * over the states that s was arrived at from, weighted by how often it was.
 * Nothing but the counts goes in, neither do probabilities of conversion need
 * to be solved for, nor is anything subtracted; m is a mean whatever the counts
 * say, hence the effect a share.
 *
 * A state that leads to itself met the same before: such steps do not matter.
 *
 * Order 1, where a channel is one state k, takes one matrix M for all channels:
 * in its row s stand the arrivals at s from each other state, negative, and all
 * of them in the diagonal.  With e(k) for 1 at k and 0 elsewhere, m is
 * inverse(M) e(k) divided by its value at k.  The inverse comes from an
 * elimination without subtraction (Grassmann, Taksar and Heyman, Operations
 * Research 33, 1985, pages 1107-1116), which is exact to a few last digits even
 * where paths hardly ever leave a cycle.
 *
 * Higher orders are swept (Gauss-Seidel), several channels at once, from
 * m = 0 upwards.  What does not become still for cycles that are hardly ever
 * left is eliminated, channel by channel, if the states are few enough.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "credit/markov.h"

#define LANES				8	/* channels swept at once: the doubles of a cache line */
#define SWEEPS				10000	/* when to give up */
#define SWEEPS_OF_FEW		200 /* when to eliminate rather than to sweep on */
#define ELIMINATED_STATES	2000	/* as long as the matrix is below 32 MB and some seconds */
#define PRECISION			1e-12

#define NO_STEP				PG_UINT32_MAX
#define NOT_REACHED			PG_UINT32_MAX
#define ON_THE_WAY			(PG_UINT32_MAX - 1)

/* The chain read backwards, with its states numbered so that most come after those before. */
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
	number[0] = ON_THE_WAY;
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
			number[chain->step[step].to] = ON_THE_WAY;
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
 * Several states may share a row; the first "kept" rows have nothing in them.
 */
static double *
make_matrix(const Arrivals *arrivals, const uint32 *row, uint32 rows, uint32 kept)
{
	double	   *matrix = allocate(arrivals->work, (Size) rows * rows, sizeof(double));

	for (uint32 s = 0; s < arrivals->states; s++)
	{
		for (uint32 i = arrivals->first[s]; i < arrivals->first[s + 1] && row[s] >= kept; i++)
			matrix[(Size) row[s] * rows + row[arrivals->from[i]]] += arrivals->count[i];
	}
	return matrix;
}

/*
 * Eliminates rows from the last down to the first that is not kept: where
 * another had arrivals from it, it now has them from where that was arrived at
 * from.  Afterwards a row has left of the diagonal its arrivals from earlier
 * ones when it was eliminated, whose sum goes into "visits", and right of it by
 * later row the share that it took of that one's arrivals.
 */
static void
eliminate(double *matrix, Size rows, Size kept, double *visits)
{
	for (Size s = rows; s-- > kept;)
	{
		const double *row = matrix + s * rows;

		CHECK_FOR_INTERRUPTS();
		visits[s] = 0;
		for (Size t = 0; t < s; t++)
			visits[s] += row[t];
		for (Size u = kept; u < s; u++)
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
	matrix = make_matrix(arrivals, row, states, 1);
	eliminate(matrix, states, 1, visits);
	invert_factors(matrix, states, visits);
	for (Size s = 1; s < states; s++)
	{
		for (Size t = 1; t <= s; t++)
		{
			half[t].conversions += converted_at(arrivals, s) * matrix[s * states + t];
			half[t].value += value_at(arrivals, s) * matrix[s * states + t];
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

/* One channel: all states but the start, row 0, and those that hold it, row 1, are eliminated. */
static void
eliminate_others(const Arrivals *arrivals, const uint8 *held, int lane, MarkovEffect *effect)
{
	uint32	   *row = allocate(arrivals->work, arrivals->states, sizeof(uint32));
	double	   *visits = allocate(arrivals->work, (Size) arrivals->states + 2, sizeof(double));
	double	   *share = allocate(arrivals->work, (Size) arrivals->states + 2, sizeof(double));
	double	   *matrix;
	Size		rows = 2;
	double		converted = 0;
	double		value = 0;

	for (uint32 s = 1; s < arrivals->states; s++)
		row[s] = held[s] & 1 << lane ? 1 : rows++;
	matrix = make_matrix(arrivals, row, rows, 2);
	eliminate(matrix, rows, 2, visits);
	share[1] = 1;
	for (Size s = 2; s < rows; s++)
	{
		for (Size t = 1; t < s; t++)
			share[s] += matrix[s * rows + t] * share[t];
		share[s] = visits[s] > 0 ? share[s] / visits[s] : 0;
	}
	for (uint32 s = 1; s < arrivals->states; s++)
	{
		converted += converted_at(arrivals, s) * share[row[s]];
		value += value_at(arrivals, s) * share[row[s]];
	}
	set_effect(arrivals, effect, converted, value);
	pfree(matrix);
	pfree(share);
	pfree(visits);
	pfree(row);
}

/* Of each channel what changed, in visits, and what converts of the paths that met it. */
static void
sweep(const Arrivals *arrivals, const uint8 *held, Met *met, Met *changed, Met *converted)
{
	memset(changed, 0, sizeof(Met));
	memset(converted, 0, sizeof(Met));
	for (uint32 s = 1; s < arrivals->states; s++)
	{
		Met			sum = {{0}};

		for (uint32 i = arrivals->first[s]; i < arrivals->first[s + 1]; i++)
		{
			const Met  *from = &met[arrivals->from[i]];
			double		count = arrivals->count[i];

			for (int lane = 0; lane < LANES; lane++)
				sum.share[lane] += count * from->share[lane];
		}
		for (int lane = 0; lane < LANES; lane++)
		{
			double		share = Min(sum.share[lane] / arrivals->visits[s], 1);

			if (held[s] & 1 << lane)
				share = 1;
			changed->share[lane] += arrivals->visits[s] * (share - met[s].share[lane]);
			converted->share[lane] += converted_at(arrivals, s) * share;
			met[s].share[lane] = share;
		}
	}
}

/*
 * Whether a channel can stay as it is.  What one more visit is known to have met
 * brings one conversion at the most, now and in all sweeps to come.
 */
static inline bool
is_still(const Met *changed, const Met *converted, int lane)
{
	return changed->share[lane] <= PRECISION * converted->share[lane];
}

static bool
are_still(const Met *changed, const Met *converted)
{
	for (int lane = 0; lane < LANES; lane++)
	{
		if (!is_still(changed, converted, lane))
			return false;
	}
	return true;
}

/* LANES channels from the first on, or as many as there are. */
static void
sweep_channels(const Arrivals *arrivals, uint32 first, uint8 *held, Met *met, MarkovEffect *effect)
{
	bool		few = arrivals->states <= ELIMINATED_STATES;
	int			sweeps = few ? SWEEPS_OF_FEW : SWEEPS;
	int			lanes = Min(LANES, arrivals->chain->channels - first);
	Met			changed;
	Met			converted;
	Met			value = {{0}};

	memset(met, 0, arrivals->states * sizeof(Met));
	for (uint32 s = 0; s < arrivals->states; s++)
		held[s] = channels_held(arrivals, s, first);
	do
	{
		CHECK_FOR_INTERRUPTS();
		sweep(arrivals, held, met, &changed, &converted);
	} while (--sweeps > 0 && !are_still(&changed, &converted));

	for (uint32 s = 1; s < arrivals->states; s++)
	{
		for (int lane = 0; lane < lanes; lane++)
			value.share[lane] += value_at(arrivals, s) * met[s].share[lane];
	}
	for (int lane = 0; lane < lanes; lane++)
	{
		if (is_still(&changed, &converted, lane))
			set_effect(arrivals, &effect[first + lane], converted.share[lane], value.share[lane]);
		else if (few)
			eliminate_others(arrivals, held, lane, &effect[first + lane]);
		else
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("markov(%d) has no solution within %d steps",
							arrivals->chain->order, SWEEPS),
					 errdetail("There are %u states, among them cycles that paths hardly ever leave.",
							   arrivals->states),
					 errhint("Use a lower order, or leave out customers with very many touchpoints.")));
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
	{
		uint8	   *held = allocate(work, arrivals.states, sizeof(uint8));
		Met		   *met = allocate(work, arrivals.states, sizeof(Met));

		for (Size first = 0; first < chain->channels; first += LANES)
			sweep_channels(&arrivals, first, held, met, effect);
	}
	MemoryContextDelete(work);
}
