/*
 * attribution.c
 *		Which touches and which channels earned the conversions.
 *
 * credit/ finds the touches of a conversion and weighs them; here stand the rows
 * of one journey, and what is counted of all of them.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "credit/channels.h"
#include "matcher/call.h"
#include "pattern/interval.h"
#include "type/codec.h"
#include "type/row.h"
#include "type/touchpoint.h"

PG_FUNCTION_INFO_V1(attribute_touchpoints);

/* ----------
 * Touches of one journey
 * ----------
 */

enum
{
	ARG_JOURNEY,
	ARG_CONVERSION,
	ARG_MODEL,
	ARG_SCOPE,
	ARG_MAX_TOUCHPOINTS
};

/* Columns of a touch. */
enum
{
	TOUCH_MODEL,
	TOUCH_CONVERSION,
	TOUCH_CONVERTED_AT,
	TOUCH_CONVERSION_VALUE,
	TOUCH_NUMBER,
	TOUCH_TOUCHPOINTS,
	TOUCH_TOUCHED_AT,
	TOUCH_EVENT,
	TOUCH_CHANNEL,
	TOUCH_CREDIT,
	TOUCH_VALUE,
	TOUCH_COLUMNS
};

static const RowColumn touch_columns[TOUCH_COLUMNS] = {
	{"model", TEXTOID},
	{"conversion", INT4OID},
	{"converted_at", TIMESTAMPTZOID},
	{"conversion_value", FLOAT8OID},
	{"touchpoint", INT4OID},
	{"touchpoints", INT4OID},
	{"touched_at", TIMESTAMPTZOID},
	{"event", TEXTOID},
	{"channel", TEXTOID},
	{"credit", FLOAT8OID},
	{"attributed_value", FLOAT8OID}
};

typedef struct TouchCall
{
	CallMemory	memory;
	text	   *conversion;
	text	   *model;
	CreditPaths *paths;
	Models	   *models;
	JourneyReader *reader;
	CreditWeights weights;
} TouchCall;

static void
refuse_population_models(const Models *models)
{
	for (int i = 0; i < models->count; i++)
		if (model_is_of_population(&models->model[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("model %.*s gives credit to channels, not to touchpoints",
							models->model[i].length, models->model[i].text),
					 errhint("It looks at all customers: use channel_attribution.")));
}

static void
parse(TouchCall *call, const text *conversion, const text *model)
{
	MemoryContext parsed = call->memory.parsed;
	MemoryContext before = MemoryContextSwitchTo(parsed);

	MemoryContextReset(parsed);
	call->paths = credit_paths_create(VARDATA_ANY(conversion), VARSIZE_ANY_EXHDR(conversion));
	call->models = models_parse(VARDATA_ANY(model), VARSIZE_ANY_EXHDR(model));
	refuse_population_models(call->models);
	call->reader = journey_reader_create(parsed);
	call->weights = (CreditWeights) {.context = parsed};
	call->conversion = call_copy_text(conversion);
	call->model = call_copy_text(model);
	MemoryContextSwitchTo(before);
}

/* The call site's memory, with the conversion and the models of this call. */
static TouchCall *
begin(FunctionCallInfo fcinfo)
{
	const text *conversion = call_text_argument(fcinfo, ARG_CONVERSION, "conversion");
	const text *model = call_text_argument(fcinfo, ARG_MODEL, "model");
	TouchCall  *call = call_begin(fcinfo, sizeof(TouchCall));

	if (!call_same_text(call->conversion, conversion) || !call_same_text(call->model, model))
		parse(call, conversion, model);
	return call;
}

static CreditScope
scope_argument(FunctionCallInfo fcinfo)
{
	static const char *const names[] = {"shared", "exclusive", "first", "last"};
	char	   *scope = text_to_cstring(call_text_argument(fcinfo, ARG_SCOPE, "scope"));

	for (int i = 0; i < lengthof(names); i++)
		if (pg_strcasecmp(scope, names[i]) == 0)
			return (CreditScope) i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown scope \"%s\"", scope),
			 errhint("Scopes are shared, exclusive, first and last.")));
	return CREDIT_SHARED;		/* not reached */
}

static int64
most_argument(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(ARG_MAX_TOUCHPOINTS))
		return PG_INT64_MAX;
	if (PG_GETARG_INT32(ARG_MAX_TOUCHPOINTS) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_touchpoints must be at least 1")));
	return PG_GETARG_INT32(ARG_MAX_TOUCHPOINTS);
}

/* The row of a touch, by its number within the path; -1: there is none. */
static void
put_touch(ReturnSetInfo *rsinfo, const TouchCall *call, const Model *model,
		  const CreditPath *path, int64 i)
{
	const JourneyColumns *columns = call->paths->journey;
	double		value = COLUMN_VALUE_AT(columns, path->conversion);
	double		credit = i < 0 ? 1 : call->weights.weight[i];
	Datum		values[TOUCH_COLUMNS];
	bool		nulls[TOUCH_COLUMNS] = {false};

	values[TOUCH_MODEL] = PointerGetDatum(cstring_to_text_with_len(model->text, model->length));
	values[TOUCH_CONVERSION] = Int32GetDatum((int32) (path->number + 1));
	values[TOUCH_CONVERTED_AT] = TimestampTzGetDatum(columns->at[path->conversion]);
	values[TOUCH_CONVERSION_VALUE] = Float8GetDatum(value);
	nulls[TOUCH_CONVERSION_VALUE] = isnan(value);
	values[TOUCH_TOUCHPOINTS] = Int32GetDatum((int32) (path->to - path->from));
	values[TOUCH_CREDIT] = Float8GetDatum(credit);
	values[TOUCH_VALUE] = Float8GetDatum(credit * value + 0.0);	/* not -0 */
	nulls[TOUCH_VALUE] = isnan(value);
	if (i < 0)
		nulls[TOUCH_NUMBER] = nulls[TOUCH_TOUCHED_AT] = nulls[TOUCH_EVENT] =
			nulls[TOUCH_CHANNEL] = true;
	else
	{
		int64		touch = call->paths->touch[path->from + i];

		values[TOUCH_NUMBER] = Int32GetDatum((int32) (i + 1));
		values[TOUCH_TOUCHED_AT] = TimestampTzGetDatum(columns->at[touch]);
		row_put_label(columns, columns->event[touch], &values[TOUCH_EVENT], &nulls[TOUCH_EVENT]);
		row_put_label(columns, COLUMN_CHANNEL_AT(columns, touch),
					  &values[TOUCH_CHANNEL], &nulls[TOUCH_CHANNEL]);
	}
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* The rows of one conversion by one model. */
static void
put_path(ReturnSetInfo *rsinfo, TouchCall *call, const Model *model, const CreditPath *path,
		 MemoryContext row)
{
	MemoryContext before;

	if (path->from < path->to)
		credit_weigh(&call->weights, model, call->paths, path);
	before = MemoryContextSwitchTo(row);
	for (int64 i = path->from < path->to ? 0 : -1; i < path->to - path->from; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_touch(rsinfo, call, model, path, i);
		MemoryContextReset(row);
	}
	MemoryContextSwitchTo(before);
}

/*
 * attribute_touchpoints(journey, conversion, model, scope, max_touchpoints) -> a
 * row for each model, conversion and touch
 */
Datum
attribute_touchpoints(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	CreditScope scope;
	int64		most;
	TouchCall  *call;
	MemoryContext row;
	CreditPath	path;
	uint64		generation;

	row_set_of_call(fcinfo, touch_columns, TOUCH_COLUMNS);
	scope = scope_argument(fcinfo);
	most = most_argument(fcinfo);
	call = begin(fcinfo);
	if (!PG_ARGISNULL(ARG_JOURNEY))
	{
		const JourneyColumns *columns = journey_read(call->reader, PG_GETARG_DATUM(ARG_JOURNEY),
													 COLUMN_ALL);

		journey_reader_labels(call->reader, &generation);
		credit_paths_load(call->paths, columns, generation);
		row = AllocSetContextCreate(CurrentMemoryContext, "journey touch", ALLOCSET_SMALL_SIZES);
		for (int i = 0; i < call->models->count; i++)
			for (bool found = credit_path_first(call->paths, scope, &path); found;
				 found = credit_path_next(call->paths, &path))
			{
				CreditPath	shown = path;

				shown.from = Max(path.from, path.to - most);
				put_path(rsinfo, call, &call->models->model[i], &shown, row);
			}
		MemoryContextDelete(row);
	}
	call_end(&call->memory);
	return (Datum) 0;
}

/* ----------
 * Channels of all customers
 * ----------
 */

/* Columns of channel_credit. */
enum
{
	CREDIT_MODEL,
	CREDIT_CHANNEL,
	CREDIT_TOUCHPOINTS,
	CREDIT_CUSTOMERS,
	CREDIT_CONVERSIONS,
	CREDIT_VALUE,
	CREDIT_SHARE,
	CREDIT_FIRST_TOUCHES,
	CREDIT_LAST_TOUCHES,
	CREDIT_ONLY_TOUCHES,
	CREDIT_ASSISTS,
	CREDIT_REMOVAL_EFFECT,
	CREDIT_COLUMNS
};

static const RowColumn credit_columns[CREDIT_COLUMNS] = {
	{"model", TEXTOID},
	{"channel", TEXTOID},
	{"touchpoints", INT8OID},
	{"customers", INT8OID},
	{"attributed_conversions", FLOAT8OID},
	{"attributed_value", FLOAT8OID},
	{"share", FLOAT8OID},
	{"first_touches", INT8OID},
	{"last_touches", INT8OID},
	{"only_touches", INT8OID},
	{"assists", INT8OID},
	{"removal_effect", FLOAT8OID}
};

static AnalysisPlan *
attribution_configure(const ArgumentValue *value)
{
	return &channels_configure(value[0].text, value[0].length,
							   value[1].text, value[1].length)->plan;
}

/* Touches, conversions, and what a model calls a milestone. */
static AnalysisNeed
attribution_wants(const AnalysisPlan *plan, const Label *event, const Label *channel)
{
	const ChannelPlan *channels = (const ChannelPlan *) plan;
	const Pattern *pattern = channels->paths->pattern;

	for (int i = 0; i < pattern->terms; i++)
		if (pattern_term_matches(&pattern->term[i], event, channel))
			return NEED_TOUCHPOINT;
	for (int i = 0; i < channels->models->count; i++)
	{
		const Model *model = &channels->models->model[i];

		for (int name = 0; model->kind == MODEL_W_SHAPED && name < model->names; name++)
			if (pattern_name_matches(&model->name[name], event->text, event->length))
				return NEED_TOUCHPOINT;
	}
	return NEED_NOTHING;
}

static void
report_credit(Report *report, const Model *model, double conversions, double value, bool valued,
			  double all)
{
	report_row(report);
	report_text(report, CREDIT_MODEL, model->text, model->length);
	report_number(report, CREDIT_CONVERSIONS, conversions);
	if (valued)
		report_number(report, CREDIT_VALUE, value);
	report_ratio(report, CREDIT_SHARE, conversions, all);
}

static void
report_touches(Report *report, const Tally *tally, uint32 row, int scope, bool customers)
{
	static const int columns[CHANNEL_SLOTS] = {
		CREDIT_TOUCHPOINTS, CREDIT_CUSTOMERS, CREDIT_FIRST_TOUCHES, CREDIT_LAST_TOUCHES,
		CREDIT_ONLY_TOUCHES, CREDIT_ASSISTS
	};

	for (int slot = 0; slot < CHANNEL_SLOTS; slot++)
		if (customers || slot != CHANNEL_CUSTOMERS)
			report_count(report, columns[slot],
						 row == PG_UINT32_MAX ? 0 :
						 tally_count(tally, row, CHANNEL_SLOT(scope, slot)));
}

static void
report_model(Report *report, const ChannelPlan *plan, const Tally *tally, int number)
{
	const Model *model = &plan->models->model[number];
	int			scope = channels_scope(model);
	uint32		channels;
	ChannelCredit *credit = channels_credit(plan, tally, number, &channels);
	const TallySum *value;
	int64		unattributed = channels_unattributed(tally, scope, &value);
	double		all = unattributed;

	for (uint32 i = 0; i < channels; i++)
		all += credit[i].conversions;
	for (uint32 i = 0; i < channels; i++)
	{
		Label		name;

		if (!credit[i].met)
			continue;
		tally_key(tally, credit[i].row, &name);
		report_credit(report, model, credit[i].conversions, credit[i].value, credit[i].valued, all);
		report_label(report, CREDIT_CHANNEL, &name);
		report_touches(report, tally, credit[i].row, scope, plan->written.context == NULL);
		if (model->kind == MODEL_MARKOV && !isnan(credit[i].removal))
			report_number(report, CREDIT_REMOVAL_EFFECT, credit[i].removal);
	}
	if (unattributed > 0)
	{
		report_credit(report, model, unattributed, tally_sum_total(value), value->count > 0, all);
		report_touches(report, tally, PG_UINT32_MAX, scope, plan->written.context == NULL);
	}
	pfree(credit);
}

static void
attribution_rows(const AnalysisPlan *plan, const Tally *tally, Report *report)
{
	const ChannelPlan *channels = (const ChannelPlan *) plan;

	for (int i = 0; i < channels->models->count; i++)
		report_model(report, channels, tally, i);
}

/* No conversion, or none with a touch, is most often a typing error. */
static bool
attribution_remark(const AnalysisPlan *plan, const Tally *tally, const Remark *remark)
{
	const ChannelPlan *channels = (const ChannelPlan *) plan;
	int			scope = channels->scope[SCOPE_SHARED] ? SCOPE_SHARED : SCOPE_EXCLUSIVE;
	const char *conversion = channels->paths->pattern->step[1].name;
	const TallySum *value;
	uint32		rows;
	uint32	   *row = tally_rows(tally, SHAPE_CHANNEL, &rows);
	int64		unattributed = channels_unattributed(tally, scope, &value);
	bool		touched = false;

	for (uint32 i = 0; i < rows; i++)
		touched |= tally_count(tally, row[i], CHANNEL_SLOT(scope, CHANNEL_LAST)) > 0;
	pfree(row);
	if (touched)
		return false;
	if (unattributed > 0)
		population_notice(remark, psprintf("no conversion \"%s\" has a touch", conversion),
						  channels->paths->any_touch ?
						  "A touch is another touchpoint, with a channel, up to 30 days before unless the text says otherwise; the conversion's own channel is none." :
						  "Labels are compared byte by byte: check the spelling of the touch, and the lookback, which is 30 days unless the text says otherwise.");
	else
		population_notice(remark, psprintf("no touchpoint matched the conversion \"%s\"", conversion),
						  "Labels are compared byte by byte: check the spelling, upper and lower case, and the channel.");
	return true;
}

static const AnalysisArgument attribution_arguments[] = {
	{"conversion", ARGUMENT_TEXT, NULL},
	{"model", ARGUMENT_TEXT, NULL}
};

ANALYSIS(channel_attribution) = {
	.name = "channel_attribution",
	.version = 1,
	.arguments = lengthof(attribution_arguments),
	.argument = attribution_arguments,
	.columns = CREDIT_COLUMNS,
	.column = credit_columns,
	.configure = attribution_configure,
	.wants = attribution_wants,
	.count = channels_count,
	.rows = attribution_rows,
	.remark = attribution_remark
};

POPULATION_AGGREGATE(channel_attribution, channel_attribution_analysis);

/* ----------
 * Paths that were counted elsewhere
 * ----------
 */

enum
{
	ARG_PATH = 1,
	ARG_PATH_CONVERSIONS,
	ARG_PATH_VALUE,
	ARG_PATH_NULLS,
	ARG_PATH_MODEL
};

static int64
count_argument(FunctionCallInfo fcinfo, int number, const char *name)
{
	int64		count = PG_ARGISNULL(number) ? 0 : PG_GETARG_INT64(number);

	if (count < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s of a path must not be negative", name),
				 errdetail("It is %lld.", (long long) count)));
	return count;
}

static AnalysisPlan *
paths_configure(const ArgumentValue *value)
{
	ChannelPlan *channels = channels_configure(NULL, 0, value[0].text, value[0].length);

	for (int i = 0; i < channels->models->count; i++)
	{
		const Model *model = &channels->models->model[i];

		if (model->kind == MODEL_TIME_DECAY || model->kind == MODEL_W_SHAPED)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("model %.*s needs times and events, which a path does not have",
							model->length, model->text)));
	}
	return &channels->plan;
}

static const AnalysisArgument paths_arguments[] = {
	{"model", ARGUMENT_TEXT, NULL}
};

ANALYSIS(attribution_from_paths) = {
	.name = "attribution_from_paths",
	.version = 1,
	.arguments = lengthof(paths_arguments),
	.argument = paths_arguments,
	.columns = CREDIT_COLUMNS,
	.column = credit_columns,
	.configure = paths_configure,
	.rows = attribution_rows
};

/* (state, path, conversions, value, nulls, model): a null path is no row at all */
PG_FUNCTION_INFO_V1(attribution_from_paths_transition);
Datum
attribution_from_paths_transition(PG_FUNCTION_ARGS)
{
	Tally	   *tally;
	ChannelPlan *channels = (ChannelPlan *)
		population_begin_row(fcinfo, &attribution_from_paths_analysis, ARG_PATH_MODEL,
							 PG_ARGISNULL(ARG_PATH), &tally);
	int64		conversions = count_argument(fcinfo, ARG_PATH_CONVERSIONS, "conversions");
	int64		nulls = count_argument(fcinfo, ARG_PATH_NULLS, "nulls");
	double		value = PG_ARGISNULL(ARG_PATH_VALUE) ? get_float8_nan() :
		journey_check_number(PG_GETARG_FLOAT8(ARG_PATH_VALUE), "value");
	const text *path;

	if (tally == NULL)
		PG_RETURN_NULL();
	if (PG_ARGISNULL(ARG_PATH))
		PG_RETURN_POINTER(tally);
	if (conversions == 0 && !isnan(value) && value != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("path has a value without a conversion"),
				 errdetail("Its value is %g.", value)));
	path = PG_GETARG_TEXT_PP(ARG_PATH);
	channels_count_path(channels, written_path_read(&channels->written, VARDATA_ANY(path),
													VARSIZE_ANY_EXHDR(path)),
						channels->written.generation, conversions, value, nulls, &tally);
	PG_RETURN_POINTER(tally);
}

POPULATION_FUNCTION(attribution_from_paths_final, population_final,
					attribution_from_paths_analysis);
