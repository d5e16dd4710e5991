/*
 * stage_model.c
 *		Any text is a stage model or an error; the stages of touchpoints are those that its
 *		rules give, looked at one by one; its pattern has a step for each stage; and restaged
 *		journeys hold.
 *
 * The input is the model, a zero byte, and two bytes a touchpoint.
 */
#include "touchpoints.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "journey.h"
#include "matcher/staging.h"
#include "pattern/pattern.h"

extern Datum stage_pattern(PG_FUNCTION_ARGS);
extern Datum restage(PG_FUNCTION_ARGS);

typedef struct Input
{
	const char *text;
	int			length;
	const uint8_t *touchpoint;
	size_t		touchpoints;
	StageModel *model;
} Input;

static void
parse(void *argument)
{
	Input	   *input = argument;

	input->model = stage_model_parse(input->text, input->length);
}

static void
check_rules(const StageModel *model)
{
	int			rules = 0;
	int			terms = 0;

	fuzz_check(model->stages >= 1 && model->stages <= STAGE_MAX, "a model has no or too many stages");
	for (int i = 0; i < model->stages; i++)
	{
		fuzz_check(model->stage[i].rules >= 1, "a stage has no rule");
		fuzz_check(model->stage[i].first_rule == rules, "rules do not follow one another");
		rules += model->stage[i].rules;
	}
	fuzz_check(rules == model->rules, "a rule belongs to no stage");
	for (int i = 0; i < model->rules; i++)
	{
		const StageRule *rule = &model->rule[i];
		const Stage *stage = &model->stage[rule->stage];

		fuzz_check(i >= stage->first_rule && i < stage->first_rule + stage->rules,
				   "a rule belongs to another stage");
		fuzz_check(rule->matches.terms >= 1 && rule->matches.first_term == terms &&
				   (rule->after.terms == 0 ||
					rule->after.first_term == terms + rule->matches.terms),
				   "terms do not follow one another");
		terms += rule->matches.terms + rule->after.terms;
	}
	fuzz_check(terms == model->terms, "a term belongs to no rule");
}

static bool
holds(const StageModel *model, const StageChoice *choice, const JourneyColumns *columns, int64 i)
{
	return stage_choice_matches(model, choice, &columns->labels->label[columns->event[i]],
								&columns->labels->label[COLUMN_CHANNEL_AT(columns, i)]);
}

static int
stage_by_rules(const StageModel *model, const JourneyColumns *columns, int64 i)
{
	for (int r = model->rules - 1; r >= 0; r--)
	{
		const StageRule *rule = &model->rule[r];
		bool		met = rule->after.terms == 0;

		if (!holds(model, &rule->matches, columns, i))
			continue;
		for (int64 k = 0; k < i && columns->at[k] < columns->at[i] && !met; k++)
			met = holds(model, &rule->after, columns, k);
		if (met)
			return rule->stage;
	}
	return STAGE_NONE;
}

static void
stage(void *argument)
{
	Input	   *input = argument;
	const StageModel *model = input->model;
	const JourneyColumns *columns = fuzz_columns_of(input->touchpoint, input->touchpoints);
	Staging    *staging = staging_create(model, CurrentMemoryContext);
	Datum		text = PointerGetDatum(fuzz_varlena(input->text, input->length));
	Datum		journey = PointerGetDatum(journey_encode(columns));
	Datum		pattern = fuzz_call(stage_pattern, text);
	Datum		restaged;
	int64		staged = 0;
	Pattern    *steps;

	check_rules(model);
	for (int round = 0; round < 2; round++)
	{
		const int8 *found = staging_load(staging, columns, 1 + round);

		staged = 0;
		for (int64 i = 0; i < columns->count; i++)
		{
			fuzz_check(found[i] == stage_by_rules(model, columns, i),
					   "a touchpoint has another stage than its rules say");
			fuzz_check(found[i] == STAGE_NONE ||
					   staging_wants(model, &columns->labels->label[columns->event[i]],
									 &columns->labels->label[COLUMN_CHANNEL_AT(columns, i)]),
					   "a touchpoint with a stage is not wanted");
			staged += found[i] != STAGE_NONE;
		}
	}
	steps = pattern_parse(VARDATA_ANY(pattern), VARSIZE_ANY_EXHDR(pattern));
	fuzz_check(steps->steps == model->stages, "the pattern of a model has another number of steps");
	for (int i = 0; i < steps->steps; i++)
		fuzz_check(steps->step[i].optional && strcmp(steps->step[i].name, model->stage[i].name) == 0,
				   "a step is not its stage");
	restaged = fuzz_call_many(restage, 3, (NullableDatum[]) {{journey, false}, {text, false},
															  {CStringGetTextDatum("drop"), false}});
	journey_holds(restaged);
	fuzz_check(DatumGetInt32(fuzz_call(journey_length, restaged)) == staged,
			   "restaging loses touchpoints with a stage, or keeps others");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\0', size);
	Input		input = {0};

	input.length = end ? end - data : size;
	if (end)
	{
		input.touchpoint = end + 1;
		input.touchpoints = (size - input.length - 1) / 2;
	}
	/* in memory of its own, so that reading beyond its end is seen */
	input.text = malloc(input.length);
	memcpy((char *) input.text, data, input.length);
	if (pg_encoding_verifymbstr(PG_UTF8, input.text, input.length) == input.length &&
		fuzz_try(parse, &input))
		fuzz_try(stage, &input);
	free((char *) input.text);
	if (TopMemoryContext)
		fuzz_reset();
	return 0;
}
