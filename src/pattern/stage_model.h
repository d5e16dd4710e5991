/*
 * stage_model.h
 *		Stage models: which stage of the customer journey a touchpoint belongs to.
 *
 *		model := name | stage ((';' | newline) stage)*
 *		stage := name ['(' phase ')'] ':' rule (',' rule)*
 *		phase := 'before' | 'during' | 'after'
 *		rule  := choice ['after' choice]
 *
 * A name alone is that of a model that is shipped.  Separators may stand one behind another and
 * at either end; a list goes on behind a comma, also on the next line.  Choices are those of
 * patterns, but a word holds no ":", and "after" is a keyword, too.
 *
 * A touchpoint belongs to the last stage that has a rule which holds for it: one whose choice it
 * matches and, with "after", whose other choice a touchpoint at a strictly earlier instant matches.
 */
#ifndef JOURNEY_PATTERN_STAGE_MODEL_H
#define JOURNEY_PATTERN_STAGE_MODEL_H

#include "pattern/choice.h"

#define STAGE_MAX	64

/* Before, during or after a purchase. */
typedef enum StagePhase
{
	PHASE_NONE,
	PHASE_BEFORE,
	PHASE_DURING,
	PHASE_AFTER
} StagePhase;

typedef struct Stage
{
	const char *name;			/* terminated */
	StagePhase	phase;
	int			first_rule;
	int			rules;
} Stage;

typedef struct StageChoice
{
	int			first_term;
	int			terms;
	const char *text;			/* as written; not terminated */
	int			length;
} StageChoice;

typedef struct StageRule
{
	int			stage;
	StageChoice matches;
	StageChoice after;			/* no terms: none */
} StageRule;

typedef struct StageModel
{
	const char *text;			/* what was parsed: of a name, the model's; not terminated */
	int			length;
	int			stages;
	Stage		stage[STAGE_MAX];
	int			rules;
	StageRule  *rule;			/* in the order of the text, so those of a stage together */
	int			terms;
	PatternTerm *term;
	int			columns;		/* COLUMN_CHANNEL if channels matter, else 0 */
} StageModel;

/* A model that is shipped. */
typedef struct ShippedStageModel
{
	const char *name;
	const char *description;
	const char *text;
} ShippedStageModel;

#define STAGE_MODELS	4

extern const ShippedStageModel stage_models_shipped[STAGE_MODELS];

/* Parses into the current memory context; errors point at the character. */
extern StageModel *stage_model_parse(const char *text, int length);

/* The shipped model of a name; the same errors. */
extern const ShippedStageModel *stage_model_shipped(const char *name, int length);

/* "before", "during" or "after"; NULL for none. */
extern const char *stage_phase_text(StagePhase phase);

/* Does a touchpoint with these labels match a choice of a rule? */
extern bool stage_choice_matches(const StageModel *model, const StageChoice *choice,
								 const Label *event, const Label *channel);

#endif							/* JOURNEY_PATTERN_STAGE_MODEL_H */
