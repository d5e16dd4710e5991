/*
 * flow.c
 *		journey_flow: which event follows which, by position from the start or from
 *		the end of journeys.
 *
 * Link i of a flow goes from position first + i to the next one.  The state has a shape a
 * link, its keys being source and target, of which null is where a journey starts or
 * ends.  Which events are the most frequent ones of a position is known in the end, so
 * all links are kept until then.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "pattern/interval.h"
#include "sequence/sequence_private.h"

/* Instead of an event that is not among the top ones; no event has an empty name. */
static const Label other = {"", 0};

#define FLOW_MOST_STEPS	100

static const TallySlot link_slots[] = {
	{"journeys", TALLY_COUNT},
	{"times", TALLY_DURATIONS}
};

enum
{
	LINK_JOURNEYS,
	LINK_TIMES
};

/* Columns of flow_link. */
enum
{
	FLOW_STEP,
	FLOW_SOURCE,
	FLOW_TARGET,
	FLOW_SOURCE_EVENT,
	FLOW_TARGET_EVENT,
	FLOW_JOURNEYS,
	FLOW_SHARE_OF_SOURCE,
	FLOW_SHARE_OF_START,
	FLOW_MEDIAN_SECONDS
};

static const RowColumn flow_columns[] = {
	{"step", INT4OID},
	{"source", TEXTOID},
	{"target", TEXTOID},
	{"source_event", TEXTOID},
	{"target_event", TEXTOID},
	{"journeys", INT8OID},
	{"share_of_source", FLOAT8OID},
	{"share_of_start", FLOAT8OID},
	{"median_seconds", FLOAT8OID}
};

typedef struct FlowPlan
{
	AnalysisPlan plan;
	bool		from_end;
	int			links;
	int			first;			/* position of the first link's source */
	int64		top;
	TallyShape *position;		/* of the tally of events by position: links + 1 */
	RowMemo		memo;
} FlowPlan;

static AnalysisPlan *
flow_configure(const ArgumentValue *value)
{
	FlowPlan   *flow = palloc0(sizeof(FlowPlan));
	int64		steps = value[0].number;
	int64		positions = steps < 0 ? -steps : steps;
	TallyShape *link;

	if (positions < 2 || positions > FLOW_MOST_STEPS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("steps must be from 2 to %d, or from -2 to -%d to count from the end",
						FLOW_MOST_STEPS, FLOW_MOST_STEPS),
				 errdetail("It is %lld.", (long long) steps)));
	sequence_check_top(value[1].number);
	flow->from_end = steps < 0;
	flow->links = positions - 1;
	flow->first = flow->from_end ? steps : 1;
	flow->top = value[1].number;
	flow->memo.context = CurrentMemoryContext;
	link = palloc(flow->links * sizeof(TallyShape));
	flow->position = palloc((flow->links + 1) * sizeof(TallyShape));
	for (int i = 0; i <= flow->links; i++)
	{
		char	   *name = psprintf("%d", flow->first + i);

		flow->position[i] = (TallyShape) {name, 1, 1, link_slots, 0, 0, NULL};
		if (i < flow->links)
			link[i] = (TallyShape) {name, 2, lengthof(link_slots), link_slots, 0, 0, NULL};
	}
	flow->plan.shapes = flow->links;
	flow->plan.shape = link;
	return &flow->plan;
}

static void
flow_count(AnalysisPlan *plan, const JourneyColumns *columns, uint64 generation, Tally **tally)
{
	FlowPlan   *flow = (FlowPlan *) plan;
	int			links = Min(columns->count, flow->links);

	row_memo_begin(&flow->memo, generation, *tally);
	for (int i = 0; i < links; i++)
	{
		int64		source = flow->from_end ? columns->count - 2 - i : i;
		int			shape = flow->from_end ? flow->links - 1 - i : i;
		uint32		row = sequence_pair_row(&flow->memo, tally, shape, columns, source);

		tally_add_count(*tally, row, LINK_JOURNEYS, 1);
		if (source >= 0 && source + 1 < columns->count)
			tally_add_time(tally, row, LINK_TIMES,
						   span_between(columns->at[source], columns->at[source + 1]));
	}
}

/* The events at each position, but for start and end, with the journeys that are there. */
static Tally *
events_by_position(const FlowPlan *flow, const Tally *tally)
{
	TallyDefinition definition = {
		.analysis = "positions", .shapes = flow->links + 1, .shape = flow->position
	};
	Tally	   *events = tally_define(&definition);

	for (uint32 row = 0; row < tally->rows; row++)
	{
		int			link = tally_row_entry(tally, row)->shape;
		int64		journeys = tally_count(tally, row, LINK_JOURNEYS);
		Label		key[2];

		CHECK_FOR_INTERRUPTS();
		tally_key(tally, row, key);
		/* whoever is at a position goes on from there, but from the last one */
		for (int i = 0; i < (link == flow->links - 1 ? 2 : 1); i++)
			if (key[i].text)
				tally_add_count(events, tally_row(&events, link + i, &key[i], 1), 0, journeys);
	}
	return events;
}

/* Which of those are the most frequent ones of their position? */
static bool *
choose_events(const FlowPlan *flow, const Tally *events)
{
	bool	   *chosen = palloc0(Max(events->rows, 1) * sizeof(bool));

	for (int i = 0; i <= flow->links; i++)
	{
		uint32		rows;
		uint32	   *row = tally_rows(events, i, &rows);
		uint32		most = Min(rows, flow->top);
		uint32	   *largest = tally_largest(events, row, rows, 0, most);

		for (uint32 j = 0; j < most; j++)
			chosen[largest[j]] = true;
		pfree(row);
		pfree(largest);
	}
	return chosen;
}

/* The flow with "other" in place of all events that are not among the top ones. */
static Tally *
fold_flow(const FlowPlan *flow, const Tally *tally)
{
	Tally	   *folded = sequence_empty_like(tally);
	Tally	   *events = events_by_position(flow, tally);
	bool	   *chosen = choose_events(flow, events);
	uint32	   *to = palloc(Max(tally->rows, 1) * sizeof(uint32));

	for (uint32 row = 0; row < tally->rows; row++)
	{
		int			link = tally_row_entry(tally, row)->shape;
		Label		key[2];

		CHECK_FOR_INTERRUPTS();
		tally_key(tally, row, key);
		for (int i = 0; i < 2; i++)
			if (key[i].text && !chosen[tally_row(&events, link + i, &key[i], 1)])
				key[i] = other;
		to[row] = tally_row(&folded, link, key, 2);
	}
	tally_fold(&folded, tally, to);
	return folded;
}

/* A node's label: its position, and its event or what stands there instead. */
static void
report_node(Report *report, int column, int event_column, int position, const Label *event,
			const char *instead)
{
	const char *mark = GetDatabaseEncoding() == PG_UTF8 ? "\xC2\xB7" : "-";
	char	   *text;

	if (event->text && event->length > 0)
		report_label(report, event_column, event);
	else if (event->text)
		instead = "(other)";
	text = event->length > 0 ?
		psprintf("%d %s %.*s", position, mark, (int) event->length, event->text) :
		psprintf("%d %s %s", position, mark, instead);
	report_text(report, column, text, strlen(text));
	pfree(text);
}

/* The links from one position to the next, most frequent first. */
static void
report_links(const FlowPlan *flow, int link, const Tally *tally, int64 start, int64 *of_source,
			 Report *report)
{
	uint32		rows;
	uint32	   *row = tally_rows(tally, link, &rows);
	uint32	   *largest = tally_largest(tally, row, rows, LINK_JOURNEYS, rows);

	sequence_sum_by_first(tally, row, rows, LINK_JOURNEYS, of_source);
	for (uint32 i = 0; i < rows; i++)
	{
		int64		journeys = tally_count(tally, largest[i], LINK_JOURNEYS);
		Label		key[2];

		CHECK_FOR_INTERRUPTS();
		tally_key(tally, largest[i], key);
		report_row(report);
		report_integer(report, FLOW_STEP, flow->first + link);
		report_node(report, FLOW_SOURCE, FLOW_SOURCE_EVENT, flow->first + link, &key[0],
					"(start)");
		report_node(report, FLOW_TARGET, FLOW_TARGET_EVENT, flow->first + link + 1, &key[1],
					"(end)");
		report_count(report, FLOW_JOURNEYS, journeys);
		report_ratio(report, FLOW_SHARE_OF_SOURCE, journeys, of_source[largest[i]]);
		report_ratio(report, FLOW_SHARE_OF_START, journeys, start);
		report_percentile(report, FLOW_MEDIAN_SECONDS, tally, largest[i], LINK_TIMES, 50);
	}
	pfree(row);
	pfree(largest);
}

static void
flow_rows(const AnalysisPlan *plan, const Tally *tally, Report *report)
{
	const FlowPlan *flow = (const FlowPlan *) plan;
	const Tally *folded = fold_flow(flow, tally);
	uint32		whole = flow->from_end ? flow->links - 1 : 0;	/* where every journey passes */
	int64	   *of_source = palloc(Max(folded->rows, 1) * sizeof(int64));
	int64		start = 0;

	for (uint32 row = 0; row < folded->rows; row++)
		if (tally_row_entry(folded, row)->shape == whole)
			tally_sum_counts(&start, tally_count(folded, row, LINK_JOURNEYS));
	for (int link = 0; link < flow->links; link++)
		report_links(flow, link, folded, start, of_source, report);
}

static const AnalysisArgument flow_arguments[] = {
	{"steps", ARGUMENT_INTEGER, "5"},
	{"top", ARGUMENT_INTEGER, "10"}
};

ANALYSIS(journey_flow) = {
	.name = "journey_flow",
	.version = SEQUENCE_VERSION,
	.arguments = lengthof(flow_arguments),
	.argument = flow_arguments,
	.columns = lengthof(flow_columns),
	.column = flow_columns,
	.configure = flow_configure,
	.count = flow_count,
	.rows = flow_rows
};

POPULATION_AGGREGATE(journey_flow, journey_flow_analysis);
