/*
 * population.h
 *		The glue of every population aggregate.
 *
 * An analysis says what it wants to see of each customer, how to count one
 * customer, and how to make rows of the counts.  From that come the aggregate's
 * functions.  The analysis sees columns and a tally, and does not know where
 * the columns came from; nothing here knows what the analysis counts.
 */
#ifndef JOURNEY_POPULATION_POPULATION_H
#define JOURNEY_POPULATION_POPULATION_H

#include "population/tally.h"
#include "type/columns.h"

/*
 * What an analysis makes of its configuration, kept as long as the call site
 * meets no other.  An analysis puts this at the beginning of a struct of its
 * own.
 */
typedef struct AnalysisPlan
{
	int			columns;		/* COLUMN_... that it reads */
	uint32		common_slots;	/* of its tally */
	uint32		row_slots;
	const uint8 *type;			/* TallyType of the common slots, then of a row's */
} AnalysisPlan;

/* Does an analysis need a touchpoint?  Asked once per pair of labels. */
typedef enum AnalysisNeed
{
	NEED_NOTHING,
	NEED_MARKER,				/* only that something stands there, and when */
	NEED_TOUCHPOINT
} AnalysisNeed;

/* Where an analysis puts the rows of its answer. */
typedef struct PopulationRows PopulationRows;

typedef struct Analysis
{
	const char *name;			/* of the aggregate */
	int32		version;		/* raised when slots change their meaning */
	int			texts;			/* its configuration: so many text arguments */
	const char *const *text_name;

	/*
	 * Reads the configuration; errors are the user's.  The texts and the
	 * current memory context live as long as the plan.
	 */
	AnalysisPlan *(*configure) (const TallyText *text);

	/* Which touchpoints matter?  May be asked for any label, LABEL_NONE too. */
	AnalysisNeed (*wants) (const AnalysisPlan *plan, const Label *event, const Label *channel);

	/*
	 * Counts one customer.  "generation" changes when label codes were given
	 * out anew.
	 */
	void		(*add) (AnalysisPlan *plan, const JourneyColumns *columns, uint64 generation,
						Tally **tally);

	/*
	 * Touchpoints were left out because they were not wanted, and customers
	 * with them: this was the latest one's time.  NULL for an analysis that
	 * has no keyed form.
	 */
	void		(*left_out) (const AnalysisPlan *plan, TimestampTz latest, Tally **tally);

	/* Makes the rows, by population_add_row(). */
	void		(*rows) (const AnalysisPlan *plan, const Tally *tally, PopulationRows *rows);

	/*
	 * Tells the user, by NOTICE, what looks like a slip; called once per call
	 * site until it returns true.
	 */
	bool		(*remark) (const AnalysisPlan *plan, const Tally *tally, bool grouped);
} Analysis;

extern Datum population_transition(FunctionCallInfo fcinfo, const Analysis *analysis);
extern Datum population_final(FunctionCallInfo fcinfo, const Analysis *analysis);
extern Datum population_keyed_transition(FunctionCallInfo fcinfo, const Analysis *analysis);
extern Datum population_keyed_final(FunctionCallInfo fcinfo, const Analysis *analysis);

extern void population_add_row(PopulationRows *rows, Datum *values, bool *nulls);

#endif							/* JOURNEY_POPULATION_POPULATION_H */
