/*
 * population_private.h
 *		What the two forms of population aggregates share.
 */
#ifndef JOURNEY_POPULATION_POPULATION_PRIVATE_H
#define JOURNEY_POPULATION_POPULATION_PRIVATE_H

#include "access/tupdesc.h"

#include "population/population.h"

/* Configurations of which a call site keeps more than the text. */
#define PLANS_KEPT		8

/* What a call site of a final function keeps. */
typedef struct PopulationAnswer
{
	Oid			row_type;
	TupleDesc	row_desc;
	bool		remarked;
} PopulationAnswer;

extern void population_check_aggregate(FunctionCallInfo fcinfo);
extern void population_texts(FunctionCallInfo fcinfo, const Analysis *analysis, int first,
							 TallyText *text);
extern const TallyText *population_copy_texts(const TallyText *text, int texts);
extern void population_differs(const TallyDefinition *a, const TallyDefinition *b,
							   const char *const *name) pg_attribute_noreturn();
extern TallyKey *population_key(const Analysis *analysis, const AnalysisPlan *plan,
								const TallyText *text);
extern Datum population_answer(FunctionCallInfo fcinfo, const Analysis *analysis,
							   const AnalysisPlan *plan, const Tally *tally,
							   PopulationAnswer *answer);

static inline bool
population_same_text(const TallyText *a, const TallyText *b)
{
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static inline bool
population_same_texts(const TallyText *a, const TallyText *b, int texts)
{
	for (int i = 0; i < texts; i++)
		if (!population_same_text(&a[i], &b[i]))
			return false;
	return true;
}

#endif							/* JOURNEY_POPULATION_POPULATION_PRIVATE_H */
