/*
 * population_private.h
 *		What the two forms of population aggregates share.
 */
#ifndef JOURNEY_POPULATION_POPULATION_PRIVATE_H
#define JOURNEY_POPULATION_POPULATION_PRIVATE_H

#include "population/population.h"
#include "population/report_private.h"

/* ----------
 * configuration.c: what the user wrote, and what was made of it
 * ----------
 */

/* Plans that a call site keeps. */
#define PLANS_KEPT		8

/* A configuration, and what an analysis made of it. */
typedef struct PopulationPlan
{
	MemoryContext context;		/* of all of it */
	uint64		id;				/* no other plan of this process has it */
	const ArgumentValue *value;
	AnalysisPlan *plan;
	Tally	   *empty;			/* a state that has counted nothing */
	struct KeyedNeeds *needs;	/* of the keyed form, see keyed.c */
} PopulationPlan;

/*
 * The plans of a call site.  Groups may differ in their configuration, so those
 * met last are kept, the newest first; a plan may go when the next one is asked for.
 */
typedef struct PopulationPlans
{
	MemoryContext context;
	const Analysis *analysis;
	const ArgumentValue *usual; /* of arguments that may be left out */
	int			plans;
	PopulationPlan *known[PLANS_KEPT];
} PopulationPlans;

extern void population_arguments(FunctionCallInfo fcinfo, const Analysis *analysis,
								 const ArgumentValue *usual, int first, ArgumentValue *value);
extern const ArgumentValue *population_usual_values(const Analysis *analysis,
													MemoryContext context);
extern bool population_same_values(const Analysis *analysis, const ArgumentValue *a,
								   const ArgumentValue *b);
extern const ArgumentValue *population_copy_values(const Analysis *analysis,
												   const ArgumentValue *value);
extern void population_values_of(const Analysis *analysis, const TallyDefinition *definition,
								 ArgumentValue *value);
extern PopulationPlan *population_look_up_plan(PopulationPlans *plans, const ArgumentValue *value);

/* The plan of a configuration. */
static inline PopulationPlan *
population_plan(PopulationPlans *plans, const ArgumentValue *value)
{
	if (likely(plans->plans > 0 &&
			   population_same_values(plans->analysis, value, plans->known[0]->value)))
		return plans->known[0];
	return population_look_up_plan(plans, value);
}

extern void population_values_differ(const Analysis *analysis, const ArgumentValue *a,
									 const ArgumentValue *b) pg_attribute_noreturn();
extern void population_other_analysis(const char *a, int32 a_version, const char *b,
									  int32 b_version) pg_attribute_noreturn();

/* ----------
 * population.c
 * ----------
 */

extern const Analysis *population_find(const char *name);
extern void population_check_aggregate(FunctionCallInfo fcinfo);

/* What a call site of a final function keeps. */
typedef struct PopulationAnswer
{
	ReportType	type;
	bool		remarked;
} PopulationAnswer;

extern Datum population_answer(FunctionCallInfo fcinfo, const Analysis *analysis,
							   const AnalysisPlan *plan, const Tally *tally,
							   PopulationAnswer *answer);

#endif							/* JOURNEY_POPULATION_POPULATION_PRIVATE_H */
