/*
 * attribution_model.h
 *		Models of attribution: what the text says that names them.
 *
 *		models := model (',' model)*
 *		model  := word ['(' argument (',' argument)* ')']
 *
 * What each of them means stands in doc/attribution.md, and how its weights are
 * made in credit/.
 */
#ifndef JOURNEY_PATTERN_ATTRIBUTION_MODEL_H
#define JOURNEY_PATTERN_ATTRIBUTION_MODEL_H

#include "pattern/choice.h"

typedef enum ModelKind
{
	MODEL_FIRST,
	MODEL_LAST,
	MODEL_FIRST_NON,			/* first touch of another channel than those named */
	MODEL_LAST_NON,
	MODEL_LINEAR,
	MODEL_LINEAR_UNIQUE,		/* each channel alike */
	MODEL_POSITION,				/* three weights: first, middle, last */
	MODEL_W_SHAPED,				/* two names: events of the lead and the opportunity */
	MODEL_TIME_DECAY,
	MODEL_CUSTOM,				/* weights from the most recent touch backwards */
	MODEL_PARTICIPATION,		/* each channel all of it */
	MODEL_MARKOV,				/* of whole populations, as is the next */
	MODEL_SHAPLEY
} ModelKind;

typedef struct Model
{
	ModelKind	kind;
	const char *text;			/* as written; not terminated */
	int			length;
	int			names;
	PatternName *name;
	int			weights;
	double	   *weight;
	int64		half_life;		/* microseconds */
	int			order;
} Model;

#define MODEL_MAX_ORDER	3
#define MODEL_MAX_LIST	64

typedef struct Models
{
	int			count;
	Model		model[MODEL_MAX_LIST];
} Models;

/* Is it one that looks at all customers before it gives credit? */
static inline bool
model_is_of_population(const Model *model)
{
	return model->kind == MODEL_MARKOV || model->kind == MODEL_SHAPLEY;
}

/* Parses into the current memory context; errors point at the character. */
extern Models *models_parse(const char *text, int length);

#endif							/* JOURNEY_PATTERN_ATTRIBUTION_MODEL_H */
