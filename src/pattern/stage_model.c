/*
 * stage_model.c
 *		Stage models: their parser, and what a rule holds for.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "pattern/choice_private.h"
#include "pattern/stage_model.h"

#define EXPECTED_RULE	"a rule (an event, \"@\" and a channel, or \"(\")"

#define ALL_MODELS \
	"Models are three_stage, ecommerce, online and lifecycle; one's own is written as in " \
	"awareness (before): ad_click, @social*; purchase (during): purchase"

static const char *const phases[] = {NULL, "before", "during", "after"};

const char *
stage_phase_text(StagePhase phase)
{
	return phases[phase];
}

/* ----------
 * Shipped models
 * ----------
 */

static void
skip_separators(Parser *parser)
{
	while (pattern_accept_sign(parser, ';') || pattern_accept_sign(parser, '\n'))
		CHECK_FOR_INTERRUPTS();
}

static Parser
start_parser(const char *text, int length)
{
	Parser		parser = {
		.text = pnstrdup(text, length),
		.length = length,
		.what = "stage model",
		.signs = "():,;|@*\n",
		.keyword = "after"
	};

	pattern_next_token(&parser);
	skip_separators(&parser);
	return parser;
}

/* Is there one token, or none? */
static bool
at_last_token(const Parser *parser)
{
	Parser		ahead = *parser;

	pattern_next_token(&ahead);
	skip_separators(&ahead);
	return ahead.token.kind == TOKEN_END;
}

static const ShippedStageModel *
find_shipped(const Parser *parser, const char *expected)
{
	for (int i = 0; i < STAGE_MODELS && at_last_token(parser); i++)
		if (pattern_at_word(parser, stage_models_shipped[i].name))
			return &stage_models_shipped[i];
	pattern_syntax_error(parser, expected, ALL_MODELS);
	return NULL;				/* not reached */
}

const ShippedStageModel *
stage_model_shipped(const char *name, int length)
{
	Parser		parser = start_parser(name, length);

	return find_shipped(&parser, "the name of a stage model");
}

/* ----------
 * Parsing
 * ----------
 */

static StageRule *
new_rule(StageModel *model)
{
	int			rules = model->rules++;

	if (rules == 0)
		model->rule = palloc(sizeof(StageRule));
	else if ((rules & (rules - 1)) == 0)	/* room for a power of two */
		model->rule = repalloc(model->rule, 2 * rules * sizeof(StageRule));
	return &model->rule[rules];
}

static StageChoice
parse_choice(Parser *parser, StageModel *model)
{
	int			start = parser->token.start;
	StageChoice choice = {.first_term = model->terms, .text = parser->text + start};

	model->columns |= pattern_parse_choice(parser, EXPECTED_RULE, model->rules,
										   &model->term, &model->terms);
	choice.terms = model->terms - choice.first_term;
	choice.length = parser->previous_end - start;
	return choice;
}

/* rule := choice ['after' choice] */
static void
parse_rule(Parser *parser, StageModel *model)
{
	StageRule	rule = {.stage = model->stages - 1, .matches = parse_choice(parser, model)};

	if (pattern_accept_word(parser, "after"))
		rule.after = parse_choice(parser, model);
	*new_rule(model) = rule;
}

/* ['(' phase ')'] */
static StagePhase
parse_phase(Parser *parser)
{
	StagePhase	phase = PHASE_AFTER;

	if (!pattern_accept_sign(parser, '('))
		return PHASE_NONE;
	while (phase != PHASE_NONE && !pattern_accept_word(parser, phases[phase]))
		phase--;
	if (phase == PHASE_NONE)
		pattern_syntax_error(parser, "\"before\", \"during\" or \"after\"",
							 "A phase is before, during or after a purchase.");
	if (!pattern_accept_sign(parser, ')'))
		pattern_syntax_error(parser, "\")\"", NULL);
	return phase;
}

static Stage *
new_stage(const Parser *parser, StageModel *model)
{
	const Token *token = &parser->token;
	char	   *name;

	if (token->kind != TOKEN_WORD && token->kind != TOKEN_QUOTED)
		pattern_syntax_error(parser, "a stage", pattern_advice(parser));
	if (model->stages == STAGE_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("stage model has too many stages"),
				 errdetail("Character %d begins one too many: they are limited to %d.",
						   pattern_character_at(parser, token->start), STAGE_MAX)));
	name = pnstrdup(token->text, token->length);
	for (int i = 0; i < model->stages; i++)
		if (strcmp(model->stage[i].name, name) == 0)
			pattern_rule_error(parser, token->start,
							   psprintf("The stage \"%s\" stands here a second time.", name),
							   "A stage has one list of rules, separated by commas.");
	model->stage[model->stages] = (Stage) {.name = name, .first_rule = model->rules};
	return &model->stage[model->stages++];
}

/* stage := name ['(' phase ')'] ':' rule (',' rule)* */
static void
parse_stage(Parser *parser, StageModel *model)
{
	Stage	   *stage = new_stage(parser, model);

	pattern_next_token(parser);
	stage->phase = parse_phase(parser);
	if (!pattern_accept_sign(parser, ':'))
		pattern_syntax_error(parser, stage->phase == PHASE_NONE ? "\"(\" or \":\"" : "\":\"",
							 pattern_advice(parser));
	parse_rule(parser, model);
	while (pattern_accept_sign(parser, ','))
	{
		while (pattern_accept_sign(parser, '\n'))
			CHECK_FOR_INTERRUPTS();
		parse_rule(parser, model);
	}
	stage->rules = model->rules - stage->first_rule;
	if (parser->token.kind != TOKEN_END && !pattern_at_sign(parser, ';') &&
		!pattern_at_sign(parser, '\n'))
		pattern_syntax_error(parser, model->rule[model->rules - 1].after.terms > 0 ?
							 "\",\", \";\", a new line or the end" :
							 "\"after\", \",\", \";\", a new line or the end",
							 pattern_at_sign(parser, ':') ?
							 "A label that holds \":\" is written in double quotes." :
							 pattern_advice(parser));
}

StageModel *
stage_model_parse(const char *text, int length)
{
	Parser		parser = start_parser(text, length);
	StageModel *model;

	if (at_last_token(&parser))
	{
		text = find_shipped(&parser, "the name of a stage model, or a stage and \":\"")->text;
		return stage_model_parse(text, strlen(text));
	}
	model = palloc0(sizeof(StageModel));
	model->text = parser.text;
	model->length = length;
	do
	{
		parse_stage(&parser, model);
		skip_separators(&parser);
	} while (parser.token.kind != TOKEN_END);
	return model;
}

/* ----------
 * Matching
 * ----------
 */

bool
stage_choice_matches(const StageModel *model, const StageChoice *choice,
					 const Label *event, const Label *channel)
{
	const PatternTerm *term = &model->term[choice->first_term];

	for (int i = 0; i < choice->terms; i++)
		if (pattern_term_matches(&term[i], event, channel))
			return true;
	return false;
}
