/*
 * stage.c
 *		Stage models, and the stages of one journey.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "matcher/call.h"
#include "matcher/staging.h"
#include "type/builder.h"
#include "type/chosen.h"
#include "type/codec.h"
#include "type/row.h"
#include "type/touchpoint.h"

PG_FUNCTION_INFO_V1(stage_model);
PG_FUNCTION_INFO_V1(stage_models);
PG_FUNCTION_INFO_V1(stage_model_rules);
PG_FUNCTION_INFO_V1(stage_pattern);
PG_FUNCTION_INFO_V1(stage_of);
PG_FUNCTION_INFO_V1(restage);
PG_FUNCTION_INFO_V1(furthest_stage);
PG_FUNCTION_INFO_V1(current_stage);

#define MANY				0xffff	/* touchpoints between looks at interrupts */

#define NEAR				16	/* places that a touchpoint goes back step by step */

#define MAX_SHOWN_LENGTH	200 /* of a label in a message */

/* ----------
 * Models
 * ----------
 */

static StageModel *
model_argument(FunctionCallInfo fcinfo, int number)
{
	text	   *model = call_text_argument(fcinfo, number, "model");

	return stage_model_parse(VARDATA_ANY(model), VARSIZE_ANY_EXHDR(model));
}

/* stage_model(name) */
Datum
stage_model(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);

	PG_RETURN_TEXT_P(cstring_to_text(stage_model_shipped(VARDATA_ANY(name),
														 VARSIZE_ANY_EXHDR(name))->text));
}

static const RowColumn model_columns[] = {
	{"model", TEXTOID},
	{"stages", TEXTOID},
	{"description", TEXTOID}
};

static Datum
stage_names(const StageModel *model)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < model->stages; i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "", model->stage[i].name);
	return PointerGetDatum(cstring_to_text_with_len(names.data, names.len));
}

/* stage_models() */
Datum
stage_models(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	row_set_of_call(fcinfo, model_columns, lengthof(model_columns));
	for (int i = 0; i < STAGE_MODELS; i++)
	{
		const ShippedStageModel *shipped = &stage_models_shipped[i];
		Datum		values[lengthof(model_columns)] = {
			CStringGetTextDatum(shipped->name),
			stage_names(stage_model_parse(shipped->text, strlen(shipped->text))),
			CStringGetTextDatum(shipped->description)
		};
		bool		nulls[lengthof(model_columns)] = {false};

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* Columns of a rule. */
enum
{
	RULE_POSITION,
	RULE_STAGE,
	RULE_PHASE,
	RULE_NUMBER,
	RULE_MATCHES,
	RULE_AFTER,
	RULE_COLUMNS
};

static const RowColumn rule_columns[RULE_COLUMNS] = {
	{"position", INT4OID},
	{"stage", TEXTOID},
	{"phase", TEXTOID},
	{"rule", INT4OID},
	{"matches", TEXTOID},
	{"after", TEXTOID}
};

static Datum
choice_text(const StageChoice *choice)
{
	return PointerGetDatum(cstring_to_text_with_len(choice->text, choice->length));
}

/* stage_model_rules(model) */
Datum
stage_model_rules(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const StageModel *model = model_argument(fcinfo, 0);

	row_set_of_call(fcinfo, rule_columns, RULE_COLUMNS);
	for (int i = 0; i < model->rules; i++)
	{
		const StageRule *rule = &model->rule[i];
		const Stage *stage = &model->stage[rule->stage];
		const char *phase = stage_phase_text(stage->phase);
		Datum		values[RULE_COLUMNS] = {
			[RULE_POSITION] = Int32GetDatum(rule->stage + 1),
			[RULE_STAGE] = CStringGetTextDatum(stage->name),
			[RULE_PHASE] = phase ? CStringGetTextDatum(phase) : (Datum) 0,
			[RULE_NUMBER] = Int32GetDatum(i - stage->first_rule + 1),
			[RULE_MATCHES] = choice_text(&rule->matches),
			[RULE_AFTER] = choice_text(&rule->after)
		};
		bool		nulls[RULE_COLUMNS] = {
			[RULE_PHASE] = phase == NULL,
			[RULE_AFTER] = rule->after.terms == 0
		};

		CHECK_FOR_INTERRUPTS();
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* stage_pattern(model) */
Datum
stage_pattern(PG_FUNCTION_ARGS)
{
	const StageModel *model = model_argument(fcinfo, 0);
	StringInfoData pattern;

	initStringInfo(&pattern);
	for (int i = 0; i < model->stages; i++)
	{
		PatternTerm term = {
			.event = {.text = model->stage[i].name, .length = strlen(model->stage[i].name)},
			.channel.absent = true,
			.choice_channel.absent = true
		};

		appendStringInfo(&pattern, "%s%s?", i > 0 ? " -> " : "", pattern_choice_text(&term, 1, 0));
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(pattern.data, pattern.len));
}

/* ----------
 * What a call site keeps
 * ----------
 */

typedef struct StageCall
{
	CallMemory	memory;			/* "parsed" is the context of what follows */
	text	   *source;			/* of the model */
	const StageModel *model;
	Staging    *staging;
	JourneyReader *reader;
	Labels	   *labels;			/* of the reader, or of rows, and their generation */
	uint64		generation;
	uint32		code[STAGE_MAX];	/* the stages as labels; LABEL_NONE: not yet asked for */
} StageCall;

static void
read_model(StageCall *call, const text *source)
{
	MemoryContext parsed = call->memory.parsed;
	MemoryContext before = MemoryContextSwitchTo(parsed);

	MemoryContextReset(parsed);
	call->model = stage_model_parse(VARDATA_ANY(source), VARSIZE_ANY_EXHDR(source));
	call->staging = staging_create(call->model, parsed);
	call->reader = journey_reader_create(parsed);
	call->labels = NULL;
	call->source = call_copy_text(source);
	MemoryContextSwitchTo(before);
}

/* The call site, with the model of an argument. */
static StageCall *
begin(FunctionCallInfo fcinfo, int argument)
{
	const text *source = call_text_argument(fcinfo, argument, "model");
	StageCall  *call = call_begin(fcinfo, sizeof(StageCall));

	if (!call_same_text(call->source, source))
		read_model(call, source);
	return call;
}

/* Ends a call with its answer; NULL is null. */
static Datum
finish(FunctionCallInfo fcinfo, StageCall *call, void *answer)
{
	call_end(&call->memory);
	fcinfo->isnull = answer == NULL;
	return PointerGetDatum(answer);
}

/* With the name of a stage, or null. */
static Datum
finish_with_stage(FunctionCallInfo fcinfo, StageCall *call, int stage)
{
	return finish(fcinfo, call, stage == STAGE_NONE ? NULL :
				  cstring_to_text(call->model->stage[stage].name));
}

/* The columns of argument 0, and the stages of its touchpoints. */
static const JourneyColumns *
load(FunctionCallInfo fcinfo, StageCall *call, int wanted, const int8 **stage)
{
	const JourneyColumns *columns = journey_read(call->reader, PG_GETARG_DATUM(0), wanted);
	uint64		generation;
	Labels	   *labels = journey_reader_labels(call->reader, &generation);

	if (call->labels != labels || call->generation != generation)
		memset(call->code, 0, sizeof(call->code));
	call->labels = labels;
	call->generation = generation;
	*stage = staging_load(call->staging, columns, generation);
	return columns;
}

/* ----------
 * Rows
 * ----------
 */

/* Labels for rows; when they are very many, they start anew. */
static Labels *
row_labels(StageCall *call)
{
	if (call->labels && labels_are_many(call->labels))
	{
		MemoryContext old = call->labels->context;

		call->labels = NULL;
		MemoryContextDelete(old);
	}
	if (call->labels == NULL)
	{
		call->labels = labels_create(AllocSetContextCreate(call->memory.parsed, "journey labels",
														   ALLOCSET_SMALL_SIZES));
		call->labels->freely = labels_share();
		call->generation++;
	}
	return call->labels;
}

/* stage_of(event, channel, model) */
Datum
stage_of(PG_FUNCTION_ARGS)
{
	StageCall  *call = begin(fcinfo, 2);
	text	   *event;
	uint32		channel = LABEL_NONE;
	Labels	   *labels;
	int			stage;

	if (PG_ARGISNULL(0))
		return finish(fcinfo, call, NULL);
	event = PG_GETARG_TEXT_PP(0);
	journey_check_event(VARSIZE_ANY_EXHDR(event));
	labels = row_labels(call);
	if (!PG_ARGISNULL(1) && VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(1)) > 0)
		channel = labels_intern(labels, VARDATA_ANY(PG_GETARG_TEXT_PP(1)),
								VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(1)));
	stage = staging_of_pair(call->staging, labels, call->generation,
							labels_intern(labels, VARDATA_ANY(event), VARSIZE_ANY_EXHDR(event)),
							channel);
	return finish_with_stage(fcinfo, call, stage);
}

/* ----------
 * Journeys
 * ----------
 */

typedef enum Unmapped
{
	UNMAPPED_DROP,
	UNMAPPED_KEEP,
	UNMAPPED_ERROR
} Unmapped;

static Unmapped
unmapped_argument(FunctionCallInfo fcinfo, int number)
{
	static const char *const names[] = {"drop", "keep", "error"};
	char	   *unmapped = text_to_cstring(call_text_argument(fcinfo, number, "unmapped"));

	for (int i = 0; i < lengthof(names); i++)
		if (pg_strcasecmp(unmapped, names[i]) == 0)
			return (Unmapped) i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown choice \"%s\" for unmapped touchpoints", unmapped),
			 errhint("Choices are drop, keep and error.")));
	return UNMAPPED_DROP;		/* not reached */
}

static char *
shown_label(const JourneyColumns *columns, uint32 code)
{
	const Label *label = &columns->labels->label[code];

	return pnstrdup(label->text, pg_mbcliplen(label->text, label->length, MAX_SHOWN_LENGTH));
}

static void
refuse_unmapped(const JourneyColumns *columns, int64 i)
{
	char	   *event = shown_label(columns, columns->event[i]);
	uint32		channel = COLUMN_CHANNEL_AT(columns, i);

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("touchpoint has no stage"),
			 channel == LABEL_NONE ?
			 errdetail("Its event is \"%s\", and it has no channel.", event) :
			 errdetail("Its event is \"%s\", its channel \"%s\".", event,
					   shown_label(columns, channel)),
			 errhint("Add a rule to the model, or say 'drop' or 'keep'.")));
}

static inline uint32
stage_code(StageCall *call, int stage)
{
	const char *name = call->model->stage[stage].name;

	if (unlikely(call->code[stage] == LABEL_NONE))
		call->code[stage] = labels_intern(call->labels, name, strlen(name));
	return call->code[stage];
}

/*
 * Lets the touchpoint chosen last go back to its place among those of its instant; false: that
 * is too far to go step by step.
 */
static bool
settle(Chosen *chosen, const Labels *labels)
{
	const JourneyColumns columns = chosen_columns(chosen, labels);
	int64		i = chosen->count - 1;

	for (int steps = 0; i > 0 && columns.at[i] == columns.at[i - 1]; steps++, i--)
	{
		if (touchpoints_compare(&columns, i - 1, &columns, i) <= 0)
			break;
		if (steps == NEAR)
			return false;
		chosen_swap(chosen, i - 1, i);
	}
	return true;
}

/* The touchpoints with their stages as events; are they in order? */
static bool
choose_staged(StageCall *call, const JourneyColumns *columns, const int8 *stage,
			  Unmapped unmapped, Chosen *chosen)
{
	bool		in_order = true;

	for (int64 i = 0; i < columns->count; i++)
	{
		int64		to = chosen->count;

		if ((i & MANY) == MANY)
			CHECK_FOR_INTERRUPTS();
		if (stage[i] == STAGE_NONE && unmapped == UNMAPPED_DROP)
			continue;
		if (stage[i] == STAGE_NONE && unmapped == UNMAPPED_ERROR)
			refuse_unmapped(columns, i);
		choose(chosen, columns, i);
		if (stage[i] != STAGE_NONE)
			chosen->event[to] = stage_code(call, stage[i]);
		if (in_order && to > 0 && chosen->at[to] == chosen->at[to - 1])
			in_order = settle(chosen, call->labels);
	}
	return in_order;
}

/* restage(journey, model, unmapped) */
Datum
restage(PG_FUNCTION_ARGS)
{
	StageCall  *call = begin(fcinfo, 1);
	Unmapped	unmapped = unmapped_argument(fcinfo, 2);
	const JourneyColumns *columns;
	const int8 *stage;
	Chosen		chosen;
	JourneyColumns staged;
	JourneyBuilder *builder;
	bool		in_order;

	if (PG_ARGISNULL(0))
		return finish(fcinfo, call, NULL);
	columns = load(fcinfo, call, COLUMN_ALL, &stage);
	chosen_create(&chosen, columns, columns->count);
	in_order = choose_staged(call, columns, stage, unmapped, &chosen);
	staged = chosen_columns(&chosen, call->labels);
	if (in_order)
		return finish(fcinfo, call, journey_encode(&staged));
	builder = builder_create(CurrentMemoryContext, call->labels);
	builder_add_columns(builder, &staged);
	return finish(fcinfo, call, builder_journey(builder));
}

/* furthest_stage(journey, model) */
Datum
furthest_stage(PG_FUNCTION_ARGS)
{
	StageCall  *call = begin(fcinfo, 1);
	int			furthest = STAGE_NONE;
	const JourneyColumns *columns;
	const int8 *stage;

	if (PG_ARGISNULL(0))
		return finish(fcinfo, call, NULL);
	columns = load(fcinfo, call, call->model->columns, &stage);
	for (int64 i = 0; i < columns->count; i++)
		furthest = Max(furthest, stage[i]);
	return finish_with_stage(fcinfo, call, furthest);
}

/* current_stage(journey, model) */
Datum
current_stage(PG_FUNCTION_ARGS)
{
	StageCall  *call = begin(fcinfo, 1);
	const JourneyColumns *columns;
	const int8 *stage;
	int64		last;

	if (PG_ARGISNULL(0))
		return finish(fcinfo, call, NULL);
	columns = load(fcinfo, call, call->model->columns, &stage);
	last = columns->count - 1;
	while (last >= 0 && stage[last] == STAGE_NONE)
		last--;
	return finish_with_stage(fcinfo, call, last < 0 ? STAGE_NONE : stage[last]);
}
