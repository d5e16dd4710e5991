/*
 * attribution_model.c
 *		Models of attribution: the parser of their list.
 */
#include "postgres.h"

#include <math.h>

#include "pattern/attribution_model.h"
#include "pattern/choice_private.h"

#define HALF_LIFE			(7 * USECS_PER_DAY)
#define MAX_ARGUMENTS		1000

#define ALL_MODELS \
	"Models are first, last, first_non(channel, ...), last_non(channel, ...), linear, linear_unique, " \
	"position(first, middle, last), u_shaped, j_shaped, inverse_j, w_shaped(lead, opportunity), " \
	"time_decay(half-life), custom(weight, ...), participation, markov(order) and shapley."

/* What stands in a model's parentheses. */
typedef enum ModelArguments
{
	ARGUMENTS_NONE,
	ARGUMENTS_NAMES,
	ARGUMENTS_WEIGHTS,
	ARGUMENTS_INTERVAL,
	ARGUMENTS_ORDER
} ModelArguments;

typedef struct ModelWord
{
	const char *word;
	ModelKind	kind;
	ModelArguments arguments;
	int			exactly;		/* so many; 0: any number, but one at least */
	bool		optional;		/* the parentheses may be missing */
	double		weight[3];		/* of those without arguments */
} ModelWord;

static const ModelWord words[] = {
	{.word = "first", .kind = MODEL_FIRST},
	{.word = "last", .kind = MODEL_LAST},
	{.word = "first_non", .kind = MODEL_FIRST_NON, .arguments = ARGUMENTS_NAMES},
	{.word = "last_non", .kind = MODEL_LAST_NON, .arguments = ARGUMENTS_NAMES},
	{.word = "linear", .kind = MODEL_LINEAR},
	{.word = "linear_unique", .kind = MODEL_LINEAR_UNIQUE},
	{.word = "position", .kind = MODEL_POSITION, .arguments = ARGUMENTS_WEIGHTS, .exactly = 3},
	{.word = "u_shaped", .kind = MODEL_POSITION, .weight = {0.4, 0.2, 0.4}},
	{.word = "j_shaped", .kind = MODEL_POSITION, .weight = {0.2, 0.2, 0.6}},
	{.word = "inverse_j", .kind = MODEL_POSITION, .weight = {0.6, 0.2, 0.2}},
	{.word = "w_shaped", .kind = MODEL_W_SHAPED, .arguments = ARGUMENTS_NAMES, .exactly = 2},
	{.word = "time_decay", .kind = MODEL_TIME_DECAY, .arguments = ARGUMENTS_INTERVAL, .exactly = 1, .optional = true},
	{.word = "custom", .kind = MODEL_CUSTOM, .arguments = ARGUMENTS_WEIGHTS},
	{.word = "participation", .kind = MODEL_PARTICIPATION},
	{.word = "markov", .kind = MODEL_MARKOV, .arguments = ARGUMENTS_ORDER, .exactly = 1, .optional = true},
	{.word = "shapley", .kind = MODEL_SHAPLEY}
};

static PatternName
parse_name(Parser *parser)
{
	if (parser->token.kind != TOKEN_WORD && parser->token.kind != TOKEN_QUOTED)
		pattern_syntax_error(parser, "a name", NULL);
	return pattern_take_name(parser);
}

static double
parse_weight(Parser *parser)
{
	const Token *token = &parser->token;
	char	   *digits = pnstrdup(token->text, token->kind == TOKEN_WORD ? token->length : 0);
	char	   *end;
	double		weight = strtod(digits, &end);

	if (end == digits || *end != '\0' || strspn(digits, "0123456789.eE-") != strlen(digits) ||
		!isfinite(weight) || weight < 0)
		pattern_syntax_error(parser, "a weight such as 0.4", NULL);
	pattern_next_token(parser);
	return weight;
}

static int
parse_order(Parser *parser)
{
	const Token *token = &parser->token;
	int			order = token->kind == TOKEN_WORD && token->length == 1 ? token->text[0] - '0' : 0;

	if (order < 1 || order > MODEL_MAX_ORDER)
		pattern_syntax_error(parser, psprintf("an order from 1 to %d", MODEL_MAX_ORDER), NULL);
	pattern_next_token(parser);
	return order;
}

static void
parse_argument(Parser *parser, ModelArguments arguments, Model *model)
{
	switch (arguments)
	{
		case ARGUMENTS_NONE:
			break;
		case ARGUMENTS_NAMES:
			model->name = model->names == 0 ? palloc(sizeof(PatternName)) :
				repalloc(model->name, (model->names + 1) * sizeof(PatternName));
			model->name[model->names++] = parse_name(parser);
			break;
		case ARGUMENTS_WEIGHTS:
			model->weight = model->weights == 0 ? palloc(sizeof(double)) :
				repalloc(model->weight, (model->weights + 1) * sizeof(double));
			model->weight[model->weights++] = parse_weight(parser);
			break;
		case ARGUMENTS_INTERVAL:
			model->half_life = pattern_parse_interval(parser);
			break;
		case ARGUMENTS_ORDER:
			model->order = parse_order(parser);
			break;
	}
}

static void
parse_arguments(Parser *parser, const ModelWord *word, Model *model)
{
	int			position = parser->token.start;
	int			count = 0;

	if (word->arguments == ARGUMENTS_NONE || (word->optional && !pattern_at_sign(parser, '(')))
		return;
	if (!pattern_accept_sign(parser, '('))
		pattern_syntax_error(parser, "\"(\"", ALL_MODELS);
	do
	{
		if (count == (word->exactly ? word->exactly : MAX_ARGUMENTS))
			pattern_syntax_error(parser, "\")\"", ALL_MODELS);
		parse_argument(parser, word->arguments, model);
		count++;
	} while (pattern_accept_sign(parser, ','));
	if (count < word->exactly)
		pattern_syntax_error(parser, "\",\"", ALL_MODELS);
	if (!pattern_accept_sign(parser, ')'))
		pattern_syntax_error(parser, "\",\" or \")\"", ALL_MODELS);
	if (word->arguments == ARGUMENTS_INTERVAL && model->half_life == 0)
		pattern_rule_error(parser, position, "A half-life must be longer than zero.", NULL);
}

static void
check_weights(const Parser *parser, int position, const Model *model)
{
	double		sum = 0;

	for (int i = 0; i < model->weights; i++)
		sum += model->weight[i];
	if (model->weights > 0 && (sum == 0 || !isfinite(sum)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("weights of a model must add up to more than zero, and not to infinity"),
				 errdetail("The model begins at character %d.",
						   pattern_character_at(parser, position))));
}

static const ModelWord *
parse_word(Parser *parser)
{
	for (int i = 0; i < lengthof(words); i++)
		if (pattern_accept_word(parser, words[i].word))
			return &words[i];
	pattern_syntax_error(parser, "a model", ALL_MODELS);
	return NULL;				/* not reached */
}

static void
parse_model(Parser *parser, Model *model)
{
	int			start = parser->token.start;
	const ModelWord *word = parse_word(parser);

	*model = (Model) {.kind = word->kind, .half_life = HALF_LIFE, .order = 1};
	if (word->kind == MODEL_POSITION && word->arguments == ARGUMENTS_NONE)
	{
		model->weights = lengthof(word->weight);
		model->weight = memcpy(palloc(sizeof(word->weight)), word->weight, sizeof(word->weight));
	}
	parse_arguments(parser, word, model);
	check_weights(parser, start, model);
	model->text = parser->text + start;
	model->length = parser->previous_end - start;
}

Models *
models_parse(const char *text, int length)
{
	Models	   *models = palloc0(sizeof(Models));
	Parser		parser = {.text = pnstrdup(text, length), .length = length, .what = "model",
		.signs = PATTERN_SIGNS ","};

	pattern_next_token(&parser);
	do
	{
		if (models->count == MODEL_MAX_LIST)
			pattern_rule_error(&parser, parser.token.start,
							   psprintf("At most %d models can be listed.", MODEL_MAX_LIST), NULL);
		parse_model(&parser, &models->model[models->count++]);
	} while (pattern_accept_sign(&parser, ','));
	if (parser.token.kind != TOKEN_END)
		pattern_syntax_error(&parser, "\",\" or the end", ALL_MODELS);
	return models;
}
