/*
 * keyed_private.h
 *		The state of the keyed form of population aggregates.
 */
#ifndef JOURNEY_POPULATION_KEYED_PRIVATE_H
#define JOURNEY_POPULATION_KEYED_PRIVATE_H

#include "keyed/eventlog.h"
#include "population/population_private.h"

/*
 * A configuration, and what an analysis makes of it, which is made again after
 * many others were met.
 */
typedef struct KeyedPlan
{
	TallyDefinition definition; /* without slots */
	MemoryContext context;		/* of what follows */
	AnalysisPlan *plan;			/* NULL: not made */
	TallyKey   *key;
	uint64	   *pair;			/* of labels: event, channel + 1; 0 is free */
	uint8	   *need;
} KeyedPlan;

typedef struct KeyedSite
{
	MemoryContext context;
	EventSite  *events;
	Labels	   *configurations; /* as labels, whose codes number the plans */
	KeyedPlan **plan;
	uint32		plans;
	KeyedPlan  *made[PLANS_KEPT];
	int			oldest_made;
} KeyedSite;

typedef struct KeyedState
{
	KeyedSite  *site;
	KeyedPlan  *plan;
	EventLog   *log;
	TimestampTz latest;			/* of what was not wanted; DT_NOBEGIN: nothing */
	Tally	   *tally;			/* once the final function was called */
	bytea	   *run;			/* once the serial function was called */
} KeyedState;

extern KeyedSite *keyed_site(FunctionCallInfo fcinfo);
extern KeyedPlan *keyed_plan(KeyedSite *site, const TallyDefinition *definition);
extern KeyedState *keyed_state(FunctionCallInfo fcinfo, KeyedSite *site, KeyedPlan *plan, int columns);

#endif							/* JOURNEY_POPULATION_KEYED_PRIVATE_H */
