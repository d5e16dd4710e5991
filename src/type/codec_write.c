/*
 * codec_write.c
 *		columns -> journey bytes.  Equal columns give equal bytes: every choice
 *		made here (unit, order of the dictionary, widths, scale) follows from
 *		the touchpoints alone.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "type/array.h"
#include "type/codec.h"
#include "type/codec_private.h"

/* Are loops this long still answered at once when cancelled? */
#define MANY		0xfffff
#define MANY_LABELS	0xffff

/* What is known of a column of numbers before it is written. */
typedef struct NumberPlan
{
	int64		present;
	bool		raw;
	int			scale;
	Size		size;			/* at most */
} NumberPlan;

typedef struct WritePlan
{
	const JourneyColumns *columns;
	LabelNotes *notes;
	int			flags;
	uint64		span;			/* in units */
	uint32		events;
	uint32		channels;
	bool		has_channels;
	Size		dictionary_size;
	NumberPlan	value;
	NumberPlan	score;
	Size		size;			/* of all of it, at most */
} WritePlan;

/* The largest unit that divides all differences of times. */
static int
choose_unit(const JourneyColumns *columns)
{
	int			unit = UNIT_SECOND;

	for (int64 i = 1; i < columns->count; i++)
	{
		uint64		difference = (uint64) columns->at[i] - (uint64) columns->at[i - 1];

		if ((i & MANY) == 0)
			CHECK_FOR_INTERRUPTS();
		if (unit == UNIT_SECOND && difference % USECS_PER_SEC != 0)
			unit = UNIT_MILLISECOND;
		if (unit == UNIT_MILLISECOND && difference % 1000 != 0)
			return UNIT_MICROSECOND;
	}
	return unit;
}

/* Gives each label its place in a dictionary, in order of first appearance. */
static void
plan_dictionaries(WritePlan *plan)
{
	const JourneyColumns *columns = plan->columns;
	const Label *label = columns->labels->label;
	LabelNotes *notes = labels_notes(columns->labels);

	plan->notes = notes;
	for (int64 i = 0; i < columns->count; i++)
	{
		LabelNote  *note = &notes->note[columns->event[i]];

		if ((i & MANY) == 0)
			CHECK_FOR_INTERRUPTS();
		if (note->event_stamp != notes->stamp)
		{
			note->event_stamp = notes->stamp;
			note->event = plan->events;
			notes->event_code[plan->events++] = columns->event[i];
			plan->dictionary_size += varint_size(label[columns->event[i]].length) +
				label[columns->event[i]].length;
		}
	}
	for (int64 i = 0; columns->channel && i < columns->count; i++)
	{
		LabelNote  *note = &notes->note[columns->channel[i]];

		if ((i & MANY) == 0)
			CHECK_FOR_INTERRUPTS();
		if (columns->channel[i] == LABEL_NONE || note->channel_stamp == notes->stamp)
			continue;
		note->channel_stamp = notes->stamp;
		note->channel = plan->channels + 1;
		notes->channel_code[plan->channels++] = columns->channel[i];
		plan->dictionary_size += varint_size(label[columns->channel[i]].length) +
			label[columns->channel[i]].length;
	}
	plan->has_channels = plan->channels > 0;
}

/* The integer k for which k / 10^scale is the number, if there is one. */
static inline bool
decimal(double number, int scale, int64 *k)
{
	double		scaled = rint(number * journey_power[scale]);

	if (!(fabs(scaled) <= DECIMAL_MAX_INTEGER))
		return false;
	*k = (int64) scaled;
	return scaled / journey_power[scale] == number;
}

/*
 * The smallest scale at which all numbers are decimals.  A scale is left only
 * when some number refuses it, and the search ends when a whole round has
 * accepted one, so the result does not depend on the order.
 */
static NumberPlan
plan_numbers(const double *number, int64 count)
{
	NumberPlan	plan = {0};
	int64		k;

	for (int64 i = 0; number && i < count; i++)
		plan.present += !isnan(number[i]);
	if (plan.present == 0)
		return plan;

	/* accepted: how many in a row, going round, the present scale suits */
	for (int64 i = 0, accepted = 0; accepted < count; accepted++)
	{
		if ((accepted & MANY) == 0)
			CHECK_FOR_INTERRUPTS();
		while (!isnan(number[i]) && !decimal(number[i], plan.scale, &k))
		{
			accepted = 0;
			if (++plan.scale > DECIMAL_MAX_SCALE)
			{
				plan.raw = true;
				break;
			}
		}
		if (plan.raw)
			break;
		if (++i == count)
			i = 0;
	}
	plan.size = 2 + (count + 7) / 8 + plan.present * 8;
	return plan;
}

static void
make_plan(WritePlan *plan, const JourneyColumns *columns)
{
	int64		count = columns->count;
	int			unit;

	memset(plan, 0, sizeof(WritePlan));
	plan->columns = columns;
	unit = choose_unit(columns);
	plan->flags = unit;
	plan->span = ((uint64) columns->at[count - 1] - (uint64) columns->at[0]) / journey_unit[unit];
	plan_dictionaries(plan);
	if (plan->has_channels)
		plan->flags |= FLAG_CHANNELS;
	plan->value = plan_numbers(columns->value, count);
	plan->score = plan_numbers(columns->score, count);
	if (plan->value.present)
		plan->flags |= FLAG_VALUES | (plan->value.raw ? FLAG_VALUES_RAW : 0);
	if (plan->score.present)
		plan->flags |= FLAG_SCORES | (plan->score.raw ? FLAG_SCORES_RAW : 0);

	plan->size = HEADER_MAX_SIZE + plan->dictionary_size + plan->value.size + plan->score.size +
		16 + ((uint64) count * code_width(plan->events) + 7) / 8 +
		((uint64) count * varint_size(plan->span));
	if (plan->has_channels)
		plan->size += ((uint64) count * code_width(plan->channels + 1) + 7) / 8;
}

static unsigned char *
write_labels(unsigned char *p, const Label *label, const uint32 *code, uint32 count)
{
	for (uint32 i = 0; i < count; i++)
	{
		const Label *l = &label[code[i]];

		if ((i & MANY_LABELS) == 0)
			CHECK_FOR_INTERRUPTS();
		p = put_varint(p, l->length);
		memcpy(p, l->text, l->length);
		p += l->length;
	}
	return p;
}

static unsigned char *
write_header(unsigned char *p, const WritePlan *plan)
{
	const JourneyColumns *columns = plan->columns;
	const Label *label = columns->labels->label;

	*p++ = FORMAT_VERSION;
	*p++ = plan->flags;
	p = put_varint(p, columns->count);
	p = put_word(p, (uint64) columns->at[0]);
	p = put_varint(p, plan->span);
	p = put_varint(p, plan->events);
	if (plan->has_channels)
		p = put_varint(p, plan->channels);
	p = put_varint(p, plan->dictionary_size);
	p = write_labels(p, label, plan->notes->event_code, plan->events);
	return write_labels(p, label, plan->notes->channel_code, plan->channels);
}

/*
 * Packs codes at a width, which divides 64, from the low bits of each byte up.
 * May write up to seven bytes beyond, for which there is room.
 */
static unsigned char *
write_codes(unsigned char *p, const WritePlan *plan, bool channels)
{
	const uint32 *code = channels ? plan->columns->channel : plan->columns->event;
	const LabelNote *note = plan->notes->note;
	int			width = code_width(channels ? plan->channels + 1 : plan->events);
	uint64		word = 0;
	int			bits = 0;

	if (width == 0)
		return p;
	for (int64 i = 0; i < plan->columns->count; i++)
	{
		uint64		local;

		if ((i & MANY) == 0)
			CHECK_FOR_INTERRUPTS();
		if (!channels)
			local = note[code[i]].event;
		else
			local = code[i] == LABEL_NONE ? 0 : note[code[i]].channel;
		word |= local << bits;
		bits += width;
		if (bits == 64)
		{
			p = put_word(p, word);
			word = 0;
			bits = 0;
		}
	}
	put_word(p, word);
	return p + (bits + 7) / 8;
}

static unsigned char *
write_times(unsigned char *p, const WritePlan *plan)
{
	const TimestampTz *at = plan->columns->at;
	int			unit = plan->flags & FLAG_UNIT;

	for (int64 i = 1; i < plan->columns->count; i++)
	{
		uint64		difference = (uint64) at[i] - (uint64) at[i - 1];

		if ((i & MANY) == 0)
			CHECK_FOR_INTERRUPTS();
		/* constants, so that the compiler needs no division */
		if (unit == UNIT_SECOND)
			difference /= USECS_PER_SEC;
		else if (unit == UNIT_MILLISECOND)
			difference /= 1000;
		p = put_varint(p, difference);
	}
	return p;
}

static unsigned char *
write_numbers(unsigned char *p, const NumberPlan *plan, const double *number, int64 count)
{
	bool		all = plan->present == count;

	*p++ = all ? NUMBERS_ALL : NUMBERS_SOME;
	if (!all)
	{
		memset(p, 0, (count + 7) / 8);
		for (int64 i = 0; i < count; i++)
			if (!isnan(number[i]))
				p[i / 8] |= 1 << (i % 8);
		p += (count + 7) / 8;
	}
	if (!plan->raw)
		*p++ = plan->scale;
	for (int64 i = 0; i < count; i++)
	{
		int64		k;

		if ((i & MANY) == 0)
			CHECK_FOR_INTERRUPTS();
		if (isnan(number[i]))
			continue;
		if (plan->raw)
		{
			double		positive = number[i] + 0.0;	/* no -0 */
			uint64		word;

			memcpy(&word, &positive, sizeof(word));
			p = put_word(p, word);
		}
		else
		{
			if (!decimal(number[i], plan->scale, &k))
				elog(ERROR, "number of a journey is no decimal of scale %d", plan->scale);
			p = put_varint(p, k < 0 ? ~((uint64) k << 1) : (uint64) k << 1);
		}
	}
	return p;
}

/* Does the value fit a datum?  Otherwise an error says so. */
static void
check_size(Size size, int64 count)
{
	if (size > MaxAllocSize - VARHDRSZ)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("journey is too large"),
				 errdetail("Its %lld touchpoints take %llu bytes, more than the 1 GB that a value can have.",
						   (long long) count, (unsigned long long) size),
				 errhint("Leave out touchpoints, or split the journey by time.")));
}

struct varlena *
journey_encode(const JourneyColumns *columns)
{
	struct varlena *result;
	unsigned char *start;
	unsigned char *p;
	WritePlan	plan;

#ifdef JOURNEY_TEST_FORMAT
	if (journey_test_format_wanted())
		return journey_encode_test(columns);
#endif
	if (columns->count == 0)
	{
		result = palloc(VARHDRSZ + 3);
		p = (unsigned char *) VARDATA(result);
		p[0] = FORMAT_VERSION;
		p[1] = 0;
		p[2] = 0;
		SET_VARSIZE(result, VARHDRSZ + 3);
		return result;
	}

	make_plan(&plan, columns);
	result = MemoryContextAllocHuge(CurrentMemoryContext, VARHDRSZ + plan.size);
	start = (unsigned char *) VARDATA(result);
	p = write_header(start, &plan);
	p = write_codes(p, &plan, false);
	if (plan.has_channels)
		p = write_codes(p, &plan, true);
	p = write_times(p, &plan);
	if (plan.value.present)
		p = write_numbers(p, &plan.value, columns->value, columns->count);
	if (plan.score.present)
		p = write_numbers(p, &plan.score, columns->score, columns->count);

	Assert(p - start <= plan.size);
	check_size(p - start, columns->count);
	SET_VARSIZE(result, VARHDRSZ + (p - start));
	return result;
}

struct varlena *
journey_encode_range(const JourneyColumns *columns, int64 first, int64 end)
{
	JourneyColumns range = *columns;

	Assert(columns->pending == NULL);
	range.count = end - first;
	range.at += first;
	range.event += first;
	if (range.channel)
		range.channel += first;
	if (range.value)
		range.value += first;
	if (range.score)
		range.score += first;
	return journey_encode(&range);
}

/*
 * The codes of a journey's labels, events first, as they shall be; *size is
 * what they take.  NULL if two labels of a dictionary would be one, or none.
 */
static uint32 *
relabel_dictionaries(Cursor cursor, const JourneyHeader *header, bool channels, Labels *labels,
					 const uint32 *map, uint32 mapped, Size *size)
{
	uint64		count = (uint64) header->events + header->channels;
	LabelNotes *notes = labels_notes(labels);
	uint32	   *code = array_alloc(CurrentMemoryContext, count, sizeof(uint32));

	*size = 0;
	for (uint64 i = 0; i < count; i++)
	{
		uint32		length;
		const char *text = get_label(&cursor, &length);

		if ((i & MANY_LABELS) == 0)
			CHECK_FOR_INTERRUPTS();
		code[i] = labels_intern(labels, text, length);
		if (channels == (i >= header->events))
		{
			LabelNote  *note;

			if (code[i] >= mapped || map[code[i]] >= notes->size || map[code[i]] == LABEL_NONE)
				return NULL;
			code[i] = map[code[i]];
			note = &notes->note[code[i]];
			if (note->event_stamp == notes->stamp)
				return NULL;
			note->event_stamp = notes->stamp;
		}
		length = labels->label[code[i]].length;
		*size += varint_size(length) + length;
	}
	return code;
}

struct varlena *
journey_relabel(Datum journey, bool channels, Labels *labels, const uint32 *map, uint32 mapped)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(journey);
	const unsigned char *start = (const unsigned char *) VARDATA_ANY(value);
	struct varlena *result;
	unsigned char *p;
	Cursor		cursor;
	JourneyHeader header;
	uint32	   *code;
	Size		before;
	Size		rest;
	Size		size;

	cursor.p = start;
	cursor.end = start + VARSIZE_ANY_EXHDR(value);
	journey_parse_header(&cursor, &header);
	if (header.count == 0 || header.format != FORMAT_VERSION)
		return NULL;
	if (header.dictionary_size > left(&cursor))
		journey_corrupt("It is truncated.");
	rest = left(&cursor) - header.dictionary_size;
	code = relabel_dictionaries(cursor, &header, channels, labels, map, mapped, &size);
	if (code == NULL)
		return NULL;

	before = cursor.p - start - varint_size(header.dictionary_size);
	check_size(before + VARINT_MAX_SIZE + size + rest, header.count);
	result = palloc(VARHDRSZ + before + VARINT_MAX_SIZE + size + rest);
	p = (unsigned char *) VARDATA(result);
	memcpy(p, start, before);
	p = put_varint(p + before, size);
	p = write_labels(p, labels->label, code, header.events + header.channels);
	memcpy(p, cursor.end - rest, rest);
	SET_VARSIZE(result, p + rest - (unsigned char *) result);
	return result;
}
