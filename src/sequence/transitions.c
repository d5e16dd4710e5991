/*
 * transitions.c
 *		journey_transitions: how often each event follows each other.
 *
 * Keys are the event before, null at the start, and the one after, null at the end.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"

#include "pattern/interval.h"
#include "sequence/sequence_private.h"
#include "type/array.h"

static const TallySlot transition_slots[] = {
	{"transitions", TALLY_COUNT},
	{"journeys", TALLY_COUNT},
	{"times", TALLY_DURATIONS}
};

enum
{
	TRANSITION_TRANSITIONS,
	TRANSITION_JOURNEYS,
	TRANSITION_TIMES
};

static const TallyShape transition_shape = {
	"transition", 2, lengthof(transition_slots), transition_slots, 0, 0, NULL
};

/* Columns of transition. */
enum
{
	TRANSITION_FROM,
	TRANSITION_TO,
	TRANSITION_COUNT,
	TRANSITION_IN_JOURNEYS,
	TRANSITION_PROBABILITY,
	TRANSITION_MEDIAN_SECONDS
};

static const RowColumn transition_columns[] = {
	{"from_event", TEXTOID},
	{"to_event", TEXTOID},
	{"transitions", INT8OID},
	{"journeys", INT8OID},
	{"probability", FLOAT8OID},
	{"median_seconds", FLOAT8OID}
};

typedef struct TransitionsPlan
{
	AnalysisPlan plan;
	RowMemo		memo;
	uint64		journey;		/* the number of this one */
	uint32		rows;
	uint64	   *met;			/* by row: the journey that had it last */
} TransitionsPlan;

static AnalysisPlan *
transitions_configure(const ArgumentValue *value)
{
	TransitionsPlan *transitions = palloc0(sizeof(TransitionsPlan));

	transitions->memo.context = CurrentMemoryContext;
	transitions->plan.shapes = 1;
	transitions->plan.shape = &transition_shape;
	return &transitions->plan;
}

/* Is it the first one in this journey? */
static inline bool
is_new(TransitionsPlan *transitions, uint32 row)
{
	if (unlikely(row >= transitions->rows))
	{
		uint32		rows = Max(2 * row, 256);
		uint64	   *met = array_alloc(transitions->memo.context, rows, sizeof(uint64));

		memset(met, 0, rows * sizeof(uint64));
		if (transitions->met)
		{
			memcpy(met, transitions->met, transitions->rows * sizeof(uint64));
			pfree(transitions->met);
		}
		transitions->met = met;
		transitions->rows = rows;
	}
	if (transitions->met[row] == transitions->journey)
		return false;
	transitions->met[row] = transitions->journey;
	return true;
}

static void
transitions_count(AnalysisPlan *plan, const JourneyColumns *columns, uint64 generation,
				  Tally **tally)
{
	TransitionsPlan *transitions = (TransitionsPlan *) plan;

	row_memo_begin(&transitions->memo, generation, *tally);
	transitions->journey++;
	for (int64 i = 0; columns->count > 0 && i <= columns->count; i++)
	{
		uint32		row = sequence_pair_row(&transitions->memo, tally, 0, columns, i - 1);

		if ((i & 0xffff) == 0xffff)
			CHECK_FOR_INTERRUPTS();
		tally_add_count(*tally, row, TRANSITION_TRANSITIONS, 1);
		if (is_new(transitions, row))
			tally_add_count(*tally, row, TRANSITION_JOURNEYS, 1);
		if (i > 0 && i < columns->count)
			tally_add_time(tally, row, TRANSITION_TIMES,
						   span_between(columns->at[i - 1], columns->at[i]));
	}
}

static void
transitions_rows(const AnalysisPlan *plan, const Tally *tally, Report *report)
{
	uint32		rows;
	uint32	   *row = tally_rows(tally, 0, &rows);
	int64	   *all = palloc(Max(tally->rows, 1) * sizeof(int64));

	sequence_sum_by_first(tally, row, rows, TRANSITION_TRANSITIONS, all);
	for (uint32 i = 0; i < rows; i++)
	{
		int64		count = tally_count(tally, row[i], TRANSITION_TRANSITIONS);
		Label		key[2];

		CHECK_FOR_INTERRUPTS();
		tally_key(tally, row[i], key);
		report_row(report);
		report_label(report, TRANSITION_FROM, &key[0]);
		report_label(report, TRANSITION_TO, &key[1]);
		report_count(report, TRANSITION_COUNT, count);
		report_count(report, TRANSITION_IN_JOURNEYS,
					 tally_count(tally, row[i], TRANSITION_JOURNEYS));
		report_ratio(report, TRANSITION_PROBABILITY, count, all[row[i]]);
		report_percentile(report, TRANSITION_MEDIAN_SECONDS, tally, row[i], TRANSITION_TIMES, 50);
	}
}

ANALYSIS(journey_transitions) = {
	.name = "journey_transitions",
	.version = SEQUENCE_VERSION,
	.columns = lengthof(transition_columns),
	.column = transition_columns,
	.configure = transitions_configure,
	.count = transitions_count,
	.rows = transitions_rows
};

POPULATION_AGGREGATE(journey_transitions, journey_transitions_analysis);
