/*
 * rename.c
 *		rename_events, rename_channels, and channels_as_events.
 *
 * What becomes of a label is found out once per label and call site.  Mostly
 * nothing but a dictionary changes, and then the rest of the bytes is copied.
 * When labels become one, or when touchpoints at one instant change places,
 * the journey is built anew.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "type/array.h"
#include "type/builder.h"
#include "type/codec.h"

PG_FUNCTION_INFO_V1(journey_rename_events);
PG_FUNCTION_INFO_V1(journey_rename_channels);
PG_FUNCTION_INFO_V1(journey_channels_as_events);

#define MANY	0xffff			/* touchpoints between looks at interrupts */

#define MAX_SHOWN_LENGTH	200 /* of a label in a message */

#define NOT_MAPPED	PG_UINT32_MAX

/* One member of the object: "old": "new". */
typedef struct RenameRule
{
	const char *old;
	uint32		old_length;
	bool		prefix;			/* written with a star, which is not part of old */
	const char *name;
	uint32		name_length;
	bool		keep_rest;		/* both with a star: what follows the prefix stays */
} RenameRule;

/* What a call site keeps between calls. */
typedef struct RenameSite
{
	MemoryContext context;
	bool		channels;
	JourneyReader *reader;
	MemoryContext rule_context; /* of the rules and of what they point into */
	Jsonb	   *names;
	int			rules;
	RenameRule *rule;
	uint64		generation;		/* of the labels below */
	uint32		mapped;
	uint32	   *map;			/* by code; NOT_MAPPED: not yet asked for */
} RenameSite;

/* ----------
 * Rules
 * ----------
 */

static const char *
what_is_renamed(const RenameSite *site)
{
	return site->channels ? "a channel" : "an event";
}

/* A member of the object; the texts stay where they are. */
static void
read_rule(const RenameSite *site, RenameRule *rule, const JsonbValue *key, const JsonbValue *value)
{
	if (value->type != jbvString)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("new name of %s must be text", what_is_renamed(site)),
				 errdetail("That of \"%.*s\" is of type %s.",
						   pg_mbcliplen(key->val.string.val, key->val.string.len, MAX_SHOWN_LENGTH),
						   key->val.string.val, JsonbTypeName((JsonbValue *) value))));
	rule->old = key->val.string.val;
	rule->old_length = key->val.string.len;
	rule->name = value->val.string.val;
	rule->name_length = value->val.string.len;
	if (!site->channels && (rule->old_length == 0 || rule->name_length == 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("name of an event must not be empty"),
				 errdetail("One is renamed from \"%.*s\" to \"%.*s\".",
						   pg_mbcliplen(rule->old, rule->old_length, MAX_SHOWN_LENGTH), rule->old,
						   pg_mbcliplen(rule->name, rule->name_length, MAX_SHOWN_LENGTH),
						   rule->name)));
	rule->prefix = rule->old_length > 0 && rule->old[rule->old_length - 1] == '*';
	if (!rule->prefix)
		return;
	rule->old_length--;
	rule->keep_rest = rule->name_length > 0 && rule->name[rule->name_length - 1] == '*';
	if (rule->keep_rest)
		rule->name_length--;
}

static void
read_rules(RenameSite *site, Jsonb *names)
{
	JsonbIterator *iterator;
	JsonbValue	key;
	JsonbValue	value;
	int			rules = 0;

	if (!JB_ROOT_IS_OBJECT(names))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("names must be a jsonb object"),
				 errdetail("They are %s.", JB_ROOT_IS_SCALAR(names) ? "a single value" : "an array"),
				 errhint("Old names lead to new ones: {\"old\": \"new\", \"prefix*\": \"new\"}.")));
	site->rule = palloc0(Max(JB_ROOT_COUNT(names), 1) * sizeof(RenameRule));
	iterator = JsonbIteratorInit(&names->root);
	JsonbIteratorNext(&iterator, &value, true);
	while (JsonbIteratorNext(&iterator, &key, true) == WJB_KEY)
	{
		JsonbIteratorNext(&iterator, &value, true);
		read_rule(site, &site->rule[rules++], &key, &value);
	}
	site->rules = rules;
}

/* The call site, with the rules of argument 1. */
static RenameSite *
load_site(FunctionCallInfo fcinfo, bool channels)
{
	RenameSite *site = fcinfo->flinfo->fn_extra;
	Jsonb	   *names = PG_GETARG_JSONB_P(1);
	MemoryContext old;

	if (site == NULL)
	{
		MemoryContext context = fcinfo->flinfo->fn_mcxt;

		site = MemoryContextAllocZero(context, sizeof(RenameSite));
		site->context = context;
		site->channels = channels;
		site->reader = journey_reader_create(context);
		site->rule_context = AllocSetContextCreate(context, "journey names", ALLOCSET_SMALL_SIZES);
		fcinfo->flinfo->fn_extra = site;
	}
	if (site->names && VARSIZE(site->names) == VARSIZE(names) &&
		memcmp(site->names, names, VARSIZE(names)) == 0)
		return site;

	site->names = NULL;
	site->generation = 0;
	MemoryContextReset(site->rule_context);
	old = MemoryContextSwitchTo(site->rule_context);
	names = memcpy(palloc(VARSIZE(names)), names, VARSIZE(names));
	read_rules(site, names);
	site->names = names;
	MemoryContextSwitchTo(old);
	return site;
}

/* ----------
 * Labels
 * ----------
 */

/*
 * The rule for a label: the one that has all of it, else the longest prefix.
 * None, the channel of a touchpoint without one, is not met by a prefix.
 */
static const RenameRule *
find_rule(const RenameSite *site, const Label *label)
{
	const RenameRule *best = NULL;

	for (int i = 0; i < site->rules; i++)
	{
		const RenameRule *rule = &site->rule[i];

		if (rule->prefix ? label->length == 0 || rule->old_length > label->length :
			rule->old_length != label->length)
			continue;
		if (memcmp(rule->old, label->text, rule->old_length) != 0)
			continue;
		if (!rule->prefix)
			return rule;
		if (best == NULL || rule->old_length > best->old_length)
			best = rule;
	}
	return best;
}

static uint32
rename_label(const RenameSite *site, Labels *labels, uint32 code)
{
	const Label *label = &labels->label[code];
	const RenameRule *rule = find_rule(site, label);
	uint32		rest;
	char	   *name;

	CHECK_FOR_INTERRUPTS();
	if (rule == NULL)
		return code;
	rest = rule->keep_rest ? label->length - rule->old_length : 0;
	if (rule->name_length + rest == 0)
	{
		if (!site->channels)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("name of an event must not be empty"),
					 errdetail("Nothing would be left of \"%.*s\".",
							   pg_mbcliplen(label->text, label->length, MAX_SHOWN_LENGTH),
							   label->text)));
		return LABEL_NONE;
	}
	if (rest == 0)
		return labels_intern(labels, rule->name, rule->name_length);
	name = palloc((Size) rule->name_length + rest);
	memcpy(name, rule->name, rule->name_length);
	memcpy(name + rule->name_length, label->text + rule->old_length, rest);
	code = labels_intern(labels, name, rule->name_length + rest);
	pfree(name);
	return code;
}

/* Makes the map long enough for all labels. */
static void
reserve_map(RenameSite *site, const Labels *labels)
{
	uint32		count = labels_count(labels);

	if (count <= site->mapped)
		return;
	count += count / 2;
	site->map = array_grow(site->context, site->map, count, sizeof(uint32));
	memset(site->map + site->mapped, 0xff, (count - site->mapped) * sizeof(uint32));
	site->mapped = count;
}

static inline uint32
renamed(RenameSite *site, Labels *labels, uint32 code)
{
	if (unlikely(site->map[code] == NOT_MAPPED))
		site->map[code] = rename_label(site, labels, code);
	return site->map[code];
}

/* ----------
 * Journeys
 * ----------
 */

/* The labels of the reader, to which the map belongs from now on. */
static Labels *
renamed_labels(RenameSite *site)
{
	uint64		generation;
	Labels	   *labels = journey_reader_labels(site->reader, &generation);

	if (site->map && site->generation != generation)
		memset(site->map, 0xff, site->mapped * sizeof(uint32));
	site->generation = generation;
	reserve_map(site, labels);
	return labels;
}

/* Do touchpoints without a channel get one? */
static bool
names_none(const RenameSite *site)
{
	return site->channels && site->map[LABEL_NONE] != NOT_MAPPED &&
		site->map[LABEL_NONE] != LABEL_NONE;
}

/* Do touchpoints at one instant stay in the order of their labels? */
static bool
order_stays(const RenameSite *site, const JourneyColumns *columns, const uint32 *code)
{
	const uint32 *event = site->channels ? columns->event : code;
	const uint32 *channel = site->channels ? code : columns->channel;

	for (int64 i = 1; i < columns->count; i++)
	{
		int			order;

		if ((i & MANY) == 0)
			CHECK_FOR_INTERRUPTS();
		if (columns->at[i] != columns->at[i - 1])
			continue;
		order = labels_compare(columns->labels, event[i - 1], event[i]);
		if (order == 0 && channel)
			order = labels_compare(columns->labels, channel[i - 1], channel[i]);
		if (order > 0)
			return false;
	}
	return true;
}

/* The journey of argument 0 with these codes as its events or channels. */
static Datum
build_anew(FunctionCallInfo fcinfo, RenameSite *site, Labels *labels, const uint32 *code)
{
	const JourneyColumns *columns = journey_read(site->reader, PG_GETARG_DATUM(0), COLUMN_ALL);
	JourneyBuilder *builder = builder_create(CurrentMemoryContext, labels);
	JourneyColumns changed = *columns;

	if (site->channels)
		changed.channel = code;
	else
		changed.event = code;
	builder_add_columns(builder, &changed);
	return PointerGetDatum(builder_journey(builder));
}

static Datum
rename_journey(FunctionCallInfo fcinfo, bool channels)
{
	RenameSite *site = load_site(fcinfo, channels);
	const JourneyColumns *columns = journey_read(site->reader, PG_GETARG_DATUM(0), COLUMN_CHANNEL);
	Labels	   *labels = renamed_labels(site);
	struct varlena *result = NULL;
	bool		changes = false;
	uint32	   *code;

	code = array_alloc(CurrentMemoryContext, columns->count + 1, sizeof(uint32));
	for (int64 i = 0; i < columns->count; i++)
	{
		uint32		old = channels ? COLUMN_CHANNEL_AT(columns, i) : columns->event[i];

		if ((i & MANY) == MANY)
			CHECK_FOR_INTERRUPTS();
		code[i] = renamed(site, labels, old);
		changes |= code[i] != old;
	}
	if (!changes)
		return PG_GETARG_DATUM(0);
	if (!names_none(site) && order_stays(site, columns, code))
		result = journey_relabel(PG_GETARG_DATUM(0), channels, labels, site->map, site->mapped);
	return result ? PointerGetDatum(result) : build_anew(fcinfo, site, labels, code);
}

/* rename_events(journey, names jsonb) */
Datum
journey_rename_events(PG_FUNCTION_ARGS)
{
	return rename_journey(fcinfo, false);
}

/* rename_channels(journey, names jsonb) */
Datum
journey_rename_channels(PG_FUNCTION_ARGS)
{
	return rename_journey(fcinfo, true);
}

/*
 * channels_as_events(journey): what goes through a channel, with the channel as
 * its event, too
 */
Datum
journey_channels_as_events(PG_FUNCTION_ARGS)
{
	JourneyReader *reader = journey_call_reader(fcinfo);
	const JourneyColumns *columns = journey_read(reader, PG_GETARG_DATUM(0), COLUMN_ALL);
	uint64		generation;
	JourneyBuilder *builder = builder_create(CurrentMemoryContext,
											 journey_reader_labels(reader, &generation));

	for (int64 i = 0; columns->channel && i < columns->count; i++)
	{
		uint32		channel = columns->channel[i];

		if ((i & MANY) == MANY)
			CHECK_FOR_INTERRUPTS();
		if (channel != LABEL_NONE)
			builder_add(builder, columns->at[i], channel, channel, COLUMN_VALUE_AT(columns, i),
						COLUMN_SCORE_AT(columns, i));
	}
	return PointerGetDatum(builder_journey(builder));
}
