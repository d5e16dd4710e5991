/*
 * compare.c
 *		Equality, order and hash of journeys.
 *
 * They depend on touchpoints only, never on the format in which a journey was
 * stored, so that those of an older version of the extension still meet the
 * others in indexes, joins and groups.  Within the format that is written now
 * equal journeys have equal bytes, which is what equality mostly looks at.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "type/array.h"
#include "type/codec.h"
#include "type/touchpoint.h"

/*
 * Scratch that is kept from call to call may belong to an index, and so live as
 * long as the session.  Larger journeys get their own for one call, and many
 * labels are forgotten.
 */
#define KEPT_JOURNEY_MAX	(16 * 1024)
#define KEPT_LABELS_MAX		(256 * 1024)

/* Are loops this long still answered at once when cancelled? */
#define MANY		0xfffff

/* What a call site keeps, in a memory context of its own. */
typedef struct Scratch
{
	MemoryContext context;
	JourneyReader *reader;
	JourneyReader *other;		/* of the second journey of two */
	uint64	   *label_hash;		/* by code of the reader's labels */
	uint32		hashed;			/* so many of them are known */
	uint32		room;
	uint64		generation;		/* of the labels they belong to */
} Scratch;

PG_FUNCTION_INFO_V1(journey_eq);
PG_FUNCTION_INFO_V1(journey_ne);
PG_FUNCTION_INFO_V1(journey_content_lt);
PG_FUNCTION_INFO_V1(journey_content_le);
PG_FUNCTION_INFO_V1(journey_content_gt);
PG_FUNCTION_INFO_V1(journey_content_ge);
PG_FUNCTION_INFO_V1(journey_content_cmp);
PG_FUNCTION_INFO_V1(journey_content_hash);
PG_FUNCTION_INFO_V1(journey_content_hash_extended);

static Scratch *
scratch_create(MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "journey comparison",
												  ALLOCSET_SMALL_SIZES);
	Scratch    *scratch = MemoryContextAllocZero(context, sizeof(Scratch));

	scratch->context = context;
	scratch->reader = journey_reader_create(context);
	return scratch;
}

/* The scratch for journeys that take so many bytes. */
static Scratch *
scratch_get(FunctionCallInfo fcinfo, Size size)
{
	if (size > KEPT_JOURNEY_MAX)
		return scratch_create(CurrentMemoryContext);
	if (fcinfo->flinfo->fn_extra == NULL)
		fcinfo->flinfo->fn_extra = scratch_create(fcinfo->flinfo->fn_mcxt);
	return fcinfo->flinfo->fn_extra;
}

static void
scratch_release(FunctionCallInfo fcinfo, Scratch *scratch)
{
	Size		labels = journey_reader_labels(scratch->reader, NULL)->bytes;

	if (scratch->other)
		labels += journey_reader_labels(scratch->other, NULL)->bytes;
	if (scratch == fcinfo->flinfo->fn_extra)
	{
		if (labels <= KEPT_LABELS_MAX)
			return;
		fcinfo->flinfo->fn_extra = NULL;
	}
	MemoryContextDelete(scratch->context);
}

static void
free_if_copy(struct varlena *value, Datum from)
{
	if ((Pointer) value != DatumGetPointer(from))
		pfree(value);
}

static bool
same_bytes(const struct varlena *a, const struct varlena *b)
{
	Size		size = VARSIZE_ANY_EXHDR(a);

	return size == VARSIZE_ANY_EXHDR(b) && memcmp(VARDATA_ANY(a), VARDATA_ANY(b), size) == 0;
}

/* LABEL_NONE has a text of no length, and so comes first. */
int
touchpoints_compare(const JourneyColumns *a, int64 i, const JourneyColumns *b, int64 k)
{
	const Label *la = a->labels->label;
	const Label *lb = b->labels->label;
	int			result;

	if (a->at[i] != b->at[k])
		return a->at[i] < b->at[k] ? -1 : 1;
	result = label_compare(&la[a->event[i]], &lb[b->event[k]]);
	if (result == 0 && (a->channel || b->channel))
		result = label_compare(&la[COLUMN_CHANNEL_AT(a, i)], &lb[COLUMN_CHANNEL_AT(b, k)]);
	if (result == 0 && (a->value || b->value))
		result = compare_numbers(COLUMN_VALUE_AT(a, i), COLUMN_VALUE_AT(b, k));
	if (result == 0 && (a->score || b->score))
		result = compare_numbers(COLUMN_SCORE_AT(a, i), COLUMN_SCORE_AT(b, k));
	return result;
}

/* Compares detoasted journeys touchpoint by touchpoint, then by length. */
static int
compare_content(FunctionCallInfo fcinfo, struct varlena *va, struct varlena *vb)
{
	Scratch    *scratch = scratch_get(fcinfo, Max(VARSIZE_ANY(va), VARSIZE_ANY(vb)));
	const JourneyColumns *a;
	const JourneyColumns *b;
	int			result = 0;

	if (scratch->other == NULL)
		scratch->other = journey_reader_create(scratch->context);
	a = journey_read(scratch->reader, PointerGetDatum(va), COLUMN_ALL);
	b = journey_read(scratch->other, PointerGetDatum(vb), COLUMN_ALL);
	for (int64 i = 0; result == 0 && i < Min(a->count, b->count); i++)
	{
		if ((i & MANY) == MANY)
			CHECK_FOR_INTERRUPTS();
		result = touchpoints_compare(a, i, b, i);
	}
	if (result == 0)
		result = (a->count > b->count) - (a->count < b->count);
	scratch_release(fcinfo, scratch);
	return result;
}

/* By what the first bytes tell: the empty one, then by start, end and length. */
static int
compare_headers(const JourneyHeader *a, const JourneyHeader *b)
{
	if (a->count == 0 || b->count == 0)
		return (a->count > 0) - (b->count > 0);
	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	if (a->last != b->last)
		return a->last < b->last ? -1 : 1;
	return (a->count > b->count) - (a->count < b->count);
}

/* The order of journeys: by what the first bytes tell, and last by touchpoints. */
static int
compare(FunctionCallInfo fcinfo)
{
	Datum		a = PG_GETARG_DATUM(0);
	Datum		b = PG_GETARG_DATUM(1);
	struct varlena *va;
	struct varlena *vb;
	JourneyHeader ha;
	JourneyHeader hb;
	int			result;

	journey_read_header(a, false, &ha);
	journey_read_header(b, false, &hb);
	result = compare_headers(&ha, &hb);
	if (result != 0 || ha.count == 0)
		return result;

	va = PG_DETOAST_DATUM_PACKED(a);
	vb = PG_DETOAST_DATUM_PACKED(b);
	if (!same_bytes(va, vb))
		result = compare_content(fcinfo, va, vb);
	free_if_copy(va, a);
	free_if_copy(vb, b);
	return result;
}

static inline bool
is_toasted(Datum journey)
{
	return VARATT_IS_EXTERNAL(DatumGetPointer(journey)) ||
		VARATT_IS_COMPRESSED(DatumGetPointer(journey));
}

/*
 * Journeys of the same format that differ in size need not be detoasted.  Of
 * which format they are, their first bytes tell.
 */
static bool
sizes_differ(Datum a, Datum b)
{
	JourneyHeader ha;
	JourneyHeader hb;

	if (toast_raw_datum_size(a) == toast_raw_datum_size(b))
		return false;
	journey_read_header(a, false, &ha);
	journey_read_header(b, false, &hb);
	return ha.format == hb.format || compare_headers(&ha, &hb) != 0;
}

static bool
same(FunctionCallInfo fcinfo)
{
	Datum		a = PG_GETARG_DATUM(0);
	Datum		b = PG_GETARG_DATUM(1);
	struct varlena *va;
	struct varlena *vb;
	bool		result;

	if ((is_toasted(a) || is_toasted(b)) && sizes_differ(a, b))
		return false;
	va = PG_DETOAST_DATUM_PACKED(a);
	vb = PG_DETOAST_DATUM_PACKED(b);
	if (journey_is_current(va) && journey_is_current(vb))
		result = same_bytes(va, vb);
	else
		result = same_bytes(va, vb) || compare_content(fcinfo, va, vb) == 0;
	free_if_copy(va, a);
	free_if_copy(vb, b);
	return result;
}

Datum
journey_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(same(fcinfo));
}

Datum
journey_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!same(fcinfo));
}

Datum
journey_content_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) < 0);
}

Datum
journey_content_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) <= 0);
}

Datum
journey_content_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) > 0);
}

Datum
journey_content_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) >= 0);
}

Datum
journey_content_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare(fcinfo));
}

/*
 * One step of the hash, which stands in indexes and decides on partitions: it is
 * the same in every process and stays as it is.
 */
static inline uint64
mix(uint64 hash, uint64 word)
{
	hash = (hash ^ word) * UINT64CONST(0x9E3779B97F4A7C15);
	return hash ^ (hash >> 32);
}

static inline uint64
number_bits(double number)
{
	uint64		bits;

	memcpy(&bits, &number, sizeof(bits));
	return bits;
}

/* Hashes of the labels that a journey brought along; most bring none. */
static void
hash_labels(Scratch *scratch)
{
	uint64		generation;
	const Labels *labels = journey_reader_labels(scratch->reader, &generation);
	uint32		count = labels_count(labels);

	if (generation != scratch->generation)
		scratch->hashed = 0;
	scratch->generation = generation;
	if (count > scratch->room)
	{
		if (scratch->label_hash)
			pfree(scratch->label_hash);
		scratch->label_hash = NULL;
		scratch->room = scratch->hashed = 0;
		scratch->label_hash = array_alloc(scratch->context, count, 2 * sizeof(uint64));
		scratch->room = 2 * count;
	}
	for (uint32 i = scratch->hashed; i < count; i++)
	{
		const Label *label = &labels->label[i];

		if ((i & 0xffff) == 0)
			CHECK_FOR_INTERRUPTS();
		scratch->label_hash[i] = hash_bytes_extended((const unsigned char *) label->text,
													 label->length, 0);
	}
	scratch->hashed = count;
}

/*
 * What is null adds nothing, so that it does not matter whether a format has a
 * column of nothing but nulls or none.
 */
static uint64
hash_columns(const JourneyColumns *columns, const uint64 *label_hash)
{
	uint64		hash = (uint64) columns->count;

	for (int64 i = 0; i < columns->count; i++)
	{
		double		value = COLUMN_VALUE_AT(columns, i);
		double		score = COLUMN_SCORE_AT(columns, i);

		if ((i & MANY) == MANY)
			CHECK_FOR_INTERRUPTS();
		hash = mix(hash, (uint64) columns->at[i]);
		hash = mix(hash, label_hash[columns->event[i]]);
		if (COLUMN_CHANNEL_AT(columns, i) != LABEL_NONE)
			hash = mix(hash, ~label_hash[columns->channel[i]]);
		if (!isnan(value))
			hash = mix(hash, number_bits(value));
		if (!isnan(score))
			hash = mix(hash, ~number_bits(score));
	}
	return hash;
}

/* With the seed 0 its low half is the hash without one, as it shall be. */
static uint64
content_hash(FunctionCallInfo fcinfo, uint64 seed)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	Scratch    *scratch = scratch_get(fcinfo, VARSIZE_ANY(value));
	const JourneyColumns *columns = journey_read(scratch->reader, PointerGetDatum(value),
												 COLUMN_ALL);
	uint64		hash;

	hash_labels(scratch);
	hash = mix(mix(hash_columns(columns, scratch->label_hash), seed), seed);
	scratch_release(fcinfo, scratch);
	PG_FREE_IF_COPY(value, 0);
	return hash;
}

Datum
journey_content_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_UINT32((uint32) content_hash(fcinfo, 0));
}

Datum
journey_content_hash_extended(PG_FUNCTION_ARGS)
{
	PG_RETURN_UINT64(content_hash(fcinfo, (uint64) PG_GETARG_INT64(1)));
}
