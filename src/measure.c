/*
 * measure.c
 *		Measures of one journey: what its channels and its times tell.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "pattern/calendar.h"
#include "pattern/interval.h"
#include "type/array.h"
#include "type/codec.h"

PG_FUNCTION_INFO_V1(channel_switches);
PG_FUNCTION_INFO_V1(first_channel);
PG_FUNCTION_INFO_V1(last_channel);
PG_FUNCTION_INFO_V1(idle_seconds);
PG_FUNCTION_INFO_V1(active_dates);

#define MANY	0xfffff			/* touchpoints between looks at interrupts */

#define MAX_SHOWN_LENGTH	200 /* of a time zone's name in a message */

static const JourneyColumns *
read_journey(FunctionCallInfo fcinfo, int wanted)
{
	return journey_read(journey_call_reader(fcinfo), PG_GETARG_DATUM(0), wanted);
}

/* channel_switches(journey) -> int */
Datum
channel_switches(PG_FUNCTION_ARGS)
{
	const JourneyColumns *columns = read_journey(fcinfo, COLUMN_CHANNEL);
	uint32		current = LABEL_NONE;
	int32		switches = 0;

	for (int64 i = 0; columns->channel && i < columns->count; i++)
	{
		uint32		channel = columns->channel[i];

		if ((i & MANY) == MANY)
			CHECK_FOR_INTERRUPTS();
		if (channel == LABEL_NONE || channel == current)
			continue;
		switches += current != LABEL_NONE;
		current = channel;
	}
	PG_RETURN_INT32(switches);
}

/* ----------
 * First and last channel
 * ----------
 */

static Datum
label_text(const Label *label)
{
	return PointerGetDatum(cstring_to_text_with_len(label->text, label->length));
}

/* first_channel(journey) -> text: that of the first touchpoint that has one */
Datum
first_channel(PG_FUNCTION_ARGS)
{
	JourneyHeader header;
	const char *position;
	Label		label;

	/* labels stand in order of first appearance, those of channels last */
	journey_read_header(PG_GETARG_DATUM(0), true, &header);
	if (header.channels == 0)
		PG_RETURN_NULL();
	position = header.dictionary;
	for (uint64 i = 0; i <= header.events; i++)
	{
		if ((i & 0xffff) == 0)
			CHECK_FOR_INTERRUPTS();
		position = journey_next_label(&header, position, &label.text, &label.length);
	}
	PG_RETURN_DATUM(label_text(&label));
}

/* Channels that do not count; nulls among them stand for nothing. */
typedef struct IgnoredChannels
{
	int			count;
	Datum	   *channel;
	bool	   *isnull;
} IgnoredChannels;

static bool
is_ignored(const IgnoredChannels *ignored, const Label *label)
{
	for (int i = 0; i < ignored->count; i++)
	{
		struct varlena *channel;

		if (ignored->isnull[i])
			continue;
		channel = (struct varlena *) DatumGetPointer(ignored->channel[i]);
		if (VARSIZE_ANY_EXHDR(channel) == label->length &&
			memcmp(VARDATA_ANY(channel), label->text, label->length) == 0)
			return true;
	}
	return false;
}

/*
 * last_channel(journey [, ignore text[]]) -> text: that of the last touchpoint
 * that has one, those to ignore left out
 */
Datum
last_channel(PG_FUNCTION_ARGS)
{
	const JourneyColumns *columns = read_journey(fcinfo, COLUMN_CHANNEL);
	IgnoredChannels ignored = {0};
	uint32		refused = LABEL_NONE;

	if (PG_NARGS() > 1)
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT,
						  &ignored.channel, &ignored.isnull, &ignored.count);
	for (int64 i = columns->count; columns->channel && i-- > 0;)
	{
		uint32		channel = columns->channel[i];

		if ((i & 0xfff) == 0)
			CHECK_FOR_INTERRUPTS();
		if (channel == LABEL_NONE || channel == refused)
			continue;
		if (!is_ignored(&ignored, &columns->labels->label[channel]))
			PG_RETURN_DATUM(label_text(&columns->labels->label[channel]));
		refused = channel;
	}
	PG_RETURN_NULL();
}

/* ----------
 * Times
 * ----------
 */

/*
 * idle_seconds(journey, gap) -> double precision: the time between sessions;
 * null for the empty journey
 */
Datum
idle_seconds(PG_FUNCTION_ARGS)
{
	uint64		gap = span_argument(fcinfo, 1, "gap");
	const JourneyColumns *columns;
	uint64		idle = 0;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	columns = read_journey(fcinfo, 0);
	if (columns->count == 0)
		PG_RETURN_NULL();
	for (int64 i = 1; i < columns->count; i++)
	{
		uint64		span = span_between(columns->at[i - 1], columns->at[i]);

		if ((i & MANY) == MANY)
			CHECK_FOR_INTERRUPTS();
		if (span > gap)
			idle += span;		/* no more than the journey's duration */
	}
	PG_RETURN_FLOAT8((double) idle / USECS_PER_SEC);
}

static int
compare_dates(const void *a, const void *b)
{
	DateADT		x = DatumGetDateADT(*(const Datum *) a);
	DateADT		y = DatumGetDateADT(*(const Datum *) b);

	return (x > y) - (x < y);
}

static struct pg_tz *
zone_argument(FunctionCallInfo fcinfo, int number)
{
	text	   *name = PG_GETARG_TEXT_PP(number);
	int			length = VARSIZE_ANY_EXHDR(name);
	struct pg_tz *zone = calendar_zone(VARDATA_ANY(name), length);

	if (zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%.*s\" not recognized",
						pg_mbcliplen(VARDATA_ANY(name), length, MAX_SHOWN_LENGTH),
						VARDATA_ANY(name)),
				 errhint("Use a name of the time zone database, such as \"America/New_York\".")));
	return zone;
}

/* active_dates(journey, time_zone) -> date[] */
Datum
active_dates(PG_FUNCTION_ARGS)
{
	struct pg_tz *zone = zone_argument(fcinfo, 1);
	const JourneyColumns *columns = read_journey(fcinfo, 0);
	TimestampTz until = PG_INT64_MIN;
	Datum	   *date = NULL;
	int			room = 0;
	int			count = 0;
	int			distinct = 0;

	for (int64 i = 0; i < columns->count; i++)
	{
		if ((i & 0xffff) == 0)
			CHECK_FOR_INTERRUPTS();
		if (columns->at[i] < until)
			continue;
		if (count == room)
		{
			room = Max(64, room * 2);
			date = array_grow(CurrentMemoryContext, date, room, sizeof(Datum));
		}
		date[count++] = DateADTGetDatum(calendar_date(zone, columns->at[i], &until));
	}
	if (count == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(DATEOID));

	/* a zone that crossed the date line has lived through a day twice */
	qsort(date, count, sizeof(Datum), compare_dates);
	for (int i = 1; i < count; i++)
		if (compare_dates(&date[i], &date[distinct]) != 0)
			date[++distinct] = date[i];
	PG_RETURN_ARRAYTYPE_P(construct_array(date, distinct + 1, DATEOID, sizeof(DateADT), true,
										  TYPALIGN_INT));
}
