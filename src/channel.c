/*
 * channel.c
 *		Channels of sources, mediums and campaigns.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "pattern/channel_rules.h"
#include "type/array.h"
#include "type/labels.h"

PG_FUNCTION_INFO_V1(channel_rules);
PG_FUNCTION_INFO_V1(classify_channel);

/* channel_rules() */
Datum
channel_rules(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(channel_rules_shipped));
}

/*
 * What a call site keeps: its rules, and the channels of the values that it met, which are looked
 * up by their bytes, joined by zeros.  When they are very many, it starts anew.
 */
typedef struct ChannelCall
{
	MemoryContext context;		/* of what follows */
	const char *text;			/* of the rules; NULL: there are none yet */
	int			length;
	const ChannelRules *rules;
	StringInfoData key;
	Labels	   *met;			/* NULL: nothing */
	uint32		room;
	const char **channel;		/* by code of "met", in whose context it lives */
} ChannelCall;

static void
read_rules(ChannelCall *call, const char *text, int length)
{
	MemoryContext before = MemoryContextSwitchTo(call->context);

	call->text = NULL;
	MemoryContextReset(call->context);
	call->met = NULL;
	call->rules = channel_rules_parse(text, length);
	call->length = length;
	initStringInfo(&call->key);
	call->text = text == channel_rules_shipped ? text : pnstrdup(text, length);
	MemoryContextSwitchTo(before);
}

/* The call site, with the rules of an argument, or the shipped ones. */
static ChannelCall *
begin(FunctionCallInfo fcinfo, int argument)
{
	ChannelCall *call = fcinfo->flinfo->fn_extra;

	if (call == NULL)
	{
		call = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(ChannelCall));
		call->context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "journey channel rules",
											  ALLOCSET_SMALL_SIZES);
		fcinfo->flinfo->fn_extra = call;
	}
	if (!PG_ARGISNULL(argument))
	{
		const text *rules = PG_GETARG_TEXT_PP(argument);

		if (call->text == NULL || call->length != VARSIZE_ANY_EXHDR(rules) ||
			memcmp(call->text, VARDATA_ANY(rules), call->length) != 0)
			read_rules(call, VARDATA_ANY(rules), VARSIZE_ANY_EXHDR(rules));
	}
	else if (call->text != channel_rules_shipped)
		read_rules(call, channel_rules_shipped, strlen(channel_rules_shipped));
	return call;
}

static void
forget_many(ChannelCall *call)
{
	if (call->met && labels_are_many(call->met))
	{
		MemoryContext old = call->met->context;

		call->met = NULL;
		MemoryContextDelete(old);
	}
	if (call->met == NULL)
	{
		call->met = labels_create(AllocSetContextCreate(call->context, "journey channels",
														ALLOCSET_SMALL_SIZES));
		call->met->freely = labels_share();
		call->room = 0;
		call->channel = NULL;
	}
}

static const char *
classify(ChannelCall *call, const Label value[CHANNEL_COLUMNS])
{
	const char *channel = channel_rules_classify(call->rules, value);
	uint32		code;

	forget_many(call);
	if (labels_count(call->met) >= call->room)
	{
		uint32		room = 2 * labels_count(call->met) + 16;

		call->channel = array_grow(call->met->context, call->channel, room, sizeof(char *));
		call->room = room;
	}
	code = labels_intern(call->met, call->key.data, call->key.len);
	return call->channel[code] = channel;
}

/* classify_channel(source, medium, campaign, rules) */
Datum
classify_channel(PG_FUNCTION_ARGS)
{
	ChannelCall *call = begin(fcinfo, CHANNEL_COLUMNS);
	Label		value[CHANNEL_COLUMNS];
	uint32		code = LABEL_NONE;

	resetStringInfo(&call->key);
	for (int i = 0; i < CHANNEL_COLUMNS; i++)
	{
		value[i] = (Label) {.text = ""};
		if (!PG_ARGISNULL(i))
		{
			value[i].text = VARDATA_ANY(PG_GETARG_TEXT_PP(i));
			value[i].length = VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(i));
		}
		if (i > 0)
			appendStringInfoCharMacro(&call->key, '\0');
		appendBinaryStringInfo(&call->key, value[i].text, value[i].length);
	}
	if (call->met)
		code = labels_find(call->met, call->key.data, call->key.len);
	PG_RETURN_TEXT_P(cstring_to_text(code != LABEL_NONE ? call->channel[code] :
									 classify(call, value)));
}
