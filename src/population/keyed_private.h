/*
 * keyed_private.h
 *		The state of the keyed form of population aggregates.
 */
#ifndef JOURNEY_POPULATION_KEYED_PRIVATE_H
#define JOURNEY_POPULATION_KEYED_PRIVATE_H

#include "keyed/eventlog.h"
#include "population/population_private.h"

/* What the states of a call site share; it lives as long as the query. */
typedef struct KeyedSite
{
	MemoryContext context;
	EventSite  *events;
	PopulationPlans plans;
	bool		checked;		/* its channel for being a literal */
	bool		far_future;		/* it has given that notice */
} KeyedSite;

typedef struct KeyedState
{
	KeyedSite  *site;
	const ArgumentValue *value; /* the configuration */
	uint64		plan_id;		/* of a plan that is known to be of it, or 0 */
	EventLog   *log;
	TimestampTz latest;			/* of what was not wanted; DT_NOBEGIN: nothing */
	bool		channels;		/* may that have had some? */
	Tally	   *tally;			/* once the final function was called */
	bytea	   *run;			/* once the serial function was called */
} KeyedState;

extern KeyedSite *keyed_site(FunctionCallInfo fcinfo, const Analysis *analysis);
extern KeyedState *keyed_state(FunctionCallInfo fcinfo, KeyedSite *site,
							   const ArgumentValue *value, int columns);

#endif							/* JOURNEY_POPULATION_KEYED_PRIVATE_H */
