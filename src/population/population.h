/*
 * population.h
 *		The glue of every population aggregate.
 *
 * An analysis declares its arguments and the columns of its answer; it says
 * what it wants to see of each customer, how to count one customer, and how to
 * make rows of the counts.  POPULATION_AGGREGATE makes the aggregate's functions
 * of that, for both forms.  The analysis sees columns and a tally, and does not
 * know where the columns came from; nothing here knows what it counts.
 */
#ifndef JOURNEY_POPULATION_POPULATION_H
#define JOURNEY_POPULATION_POPULATION_H

#include "population/report.h"
#include "population/tally.h"
#include "type/columns.h"

/* ----------
 * Configuration
 * ----------
 */

typedef enum ArgumentType
{
	ARGUMENT_TEXT,
	ARGUMENT_INTERVAL,			/* that always takes the same time */
	ARGUMENT_INTEGER,
	ARGUMENT_NUMBER				/* double precision, finite */
} ArgumentType;

/* The usual value of an argument that may be null: then it is not given. */
extern const char population_null[];

/*
 * An argument behind the journey or the columns.  A state keeps it as text, but
 * leaves it out where it is what it usually is: so older states mean the same
 * when an argument is added.  What stands in SQL as USUALLY comes last, and calls in the journey
 * form may leave it out.
 */
typedef struct AnalysisArgument
{
	const char *name;
	ArgumentType type;
	const char *usual;			/* the text of its usual value: as it is, "1800 s", "10",
								 * "0.5"; population_null; NULL: it must be given */
} AnalysisArgument;

typedef struct ArgumentValue
{
	const char *text;			/* ARGUMENT_TEXT; not terminated */
	uint32		length;
	int64		number;			/* microseconds, or the integer */
	double		real;			/* ARGUMENT_NUMBER */
	bool		null;			/* and all of the above zero */
} ArgumentValue;

#define ANALYSIS_MAX_ARGUMENTS	4

/*
 * What an analysis makes of its configuration, kept as long as the call site
 * meets not too many others.  An analysis puts this at the beginning of a struct
 * of its own.
 */
typedef struct AnalysisPlan
{
	int			columns;		/* COLUMN_... that it reads */
	int			needs;			/* those without which the configuration means nothing: a keyed
								 * form that lacks them is refused */
	const char *literal_channel;	/* what to write where the channel is a literal, as it
									 * then was meant for something else; NULL: it was not */
	uint32		shapes;			/* of its tally */
	const TallyShape *shape;
} AnalysisPlan;

/* Does an analysis need a touchpoint?  Asked once per pair of labels. */
typedef enum AnalysisNeed
{
	NEED_NOTHING,
	NEED_MARKER,				/* only that something stands there, when, and its numbers */
	NEED_TOUCHPOINT
} AnalysisNeed;

/* ----------
 * The analysis
 * ----------
 */

/* A remark on an answer. */
typedef struct Remark
{
	FunctionCallInfo fcinfo;
	bool		grouped;		/* may there be other groups? */
} Remark;

/* Gives it, once a call; "in at least one group" is added where there may be others. */
extern void population_notice(const Remark *remark, const char *message, const char *hint);

typedef struct Analysis
{
	const char *name;			/* of the aggregate */

	/*
	 * Raised when slots change their meaning or go.  Slots and shapes that are
	 * added, with names of their own, need no new version: states without them have counted
	 * nothing there.
	 */
	int32		version;

	int			arguments;
	const AnalysisArgument *argument;
	int			columns;		/* of its answer's row type */
	const RowColumn *column;

	/*
	 * Makes a plan of the configuration, one value an argument; errors are the
	 * user's.  The values and the current memory context live as long as the plan.
	 */
	AnalysisPlan *(*configure) (const ArgumentValue *value);

	/* Counts one customer.  "generation" changes when label codes were given out anew. */
	void		(*count) (AnalysisPlan *plan, const JourneyColumns *columns, uint64 generation,
						  Tally **tally);

	/* Makes the rows of the answer. */
	void		(*rows) (const AnalysisPlan *plan, const Tally *tally, Report *report);

	/* ---- optional: NULL is what is said last ---- */

	/* Which touchpoints matter?  May be asked for any label, LABEL_NONE too, and again.  All. */
	AnalysisNeed (*wants) (const AnalysisPlan *plan, const Label *event, const Label *channel);

	/*
	 * Touchpoints were left out because they were not wanted, and customers
	 * with them: this was the latest one's time, and if channels are read, some may
	 * have had one.  It does not matter.
	 */
	void		(*left_out) (const AnalysisPlan *plan, TimestampTz latest, bool channels,
							 Tally **tally);

	/*
	 * Tells the user, by population_notice(), what looks like a slip; called once per
	 * call site until it returns true.  Nothing does.
	 */
	bool		(*remark) (const AnalysisPlan *plan, const Tally *tally, const Remark *remark);

	/*
	 * Adds what a state of an older version has counted to one of this version;
	 * false: it cannot be said.  The older one may be forged: its slots are found by
	 * tally_find_place().  Older versions are refused.
	 */
	bool		(*convert) (const Tally *old, Tally **tally);
} Analysis;

extern Datum population_transition(FunctionCallInfo fcinfo, const Analysis *analysis);
extern Datum population_final(FunctionCallInfo fcinfo, const Analysis *analysis);
extern Datum population_keyed_transition(FunctionCallInfo fcinfo, const Analysis *analysis);
extern Datum population_keyed_final(FunctionCallInfo fcinfo, const Analysis *analysis);

/*
 * For an analysis with rows of another kind, whose transition function is its own:
 * the plan of the configuration that begins at some argument, and the group's
 * state, NULL if there is none yet and the row is to be skipped.
 */
extern AnalysisPlan *population_begin_row(FunctionCallInfo fcinfo, const Analysis *analysis,
										  int first, bool skip, Tally **tally);

/*
 * Makes an analysis known by its name, so that states of it can be converted
 * when they are combined: once, when the library is loaded.
 */
extern void population_register(const Analysis *analysis);

/* An analysis, which module.c knows: ANALYSIS(name) = { ... }; */
#define ANALYSIS(name) \
	extern const Analysis name##_analysis; \
	const Analysis name##_analysis

/* The four functions of an aggregate. */
#define POPULATION_FUNCTION(function, body, analysis) \
	PG_FUNCTION_INFO_V1(function); \
	Datum \
	function(PG_FUNCTION_ARGS) \
	{ \
		return body(fcinfo, &(analysis)); \
	} \
	extern Datum function(PG_FUNCTION_ARGS)

#define POPULATION_AGGREGATE(name, analysis) \
	POPULATION_FUNCTION(name##_transition, population_transition, analysis); \
	POPULATION_FUNCTION(name##_final, population_final, analysis); \
	POPULATION_FUNCTION(name##_keyed_transition, population_keyed_transition, analysis); \
	POPULATION_FUNCTION(name##_keyed_final, population_keyed_final, analysis)

#endif							/* JOURNEY_POPULATION_POPULATION_H */
