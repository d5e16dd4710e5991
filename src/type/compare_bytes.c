/*
 * compare_bytes.c
 *		Order and hash of version 0.1.0, which were those of the bytes.
 *
 * A database whose extension was not updated still calls them, also after
 * pg_upgrade, and has indexes and partitions that rely on them.  The update
 * replaces them by those of compare.c.  Bytes of another format would break such
 * an index without a sound; they are refused.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "common/hashfn.h"

#include "type/codec.h"

PG_FUNCTION_INFO_V1(journey_lt);
PG_FUNCTION_INFO_V1(journey_le);
PG_FUNCTION_INFO_V1(journey_gt);
PG_FUNCTION_INFO_V1(journey_ge);
PG_FUNCTION_INFO_V1(journey_cmp);
PG_FUNCTION_INFO_V1(journey_hash);
PG_FUNCTION_INFO_V1(journey_hash_extended);

static struct varlena *
get_bytes(Datum journey)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(journey);

	if (!journey_is_current(value))
	{
		JourneyHeader header;

		/* which tells of an unknown one first */
		journey_read_header(PointerGetDatum(value), false, &header);
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("journeys of different formats cannot be compared"),
				 errdetail("The SQL objects of the extension are older than its library."),
				 errhint("Run ALTER EXTENSION journey UPDATE.")));
	}
	return value;
}

static void
free_if_copy(struct varlena *value, Datum from)
{
	if ((Pointer) value != DatumGetPointer(from))
		pfree(value);
}

static int
compare_bytes(Datum a, Datum b)
{
	struct varlena *va = get_bytes(a);
	struct varlena *vb = get_bytes(b);
	Size		sa = VARSIZE_ANY_EXHDR(va);
	Size		sb = VARSIZE_ANY_EXHDR(vb);
	int			result = memcmp(VARDATA_ANY(va), VARDATA_ANY(vb), Min(sa, sb));

	if (result == 0)
		result = (sa > sb) - (sa < sb);
	free_if_copy(va, a);
	free_if_copy(vb, b);
	return result;
}

/* The empty one, then by start, by end, by length, and last by bytes. */
static int
compare(Datum a, Datum b)
{
	JourneyHeader ha;
	JourneyHeader hb;

	journey_read_header(a, false, &ha);
	journey_read_header(b, false, &hb);
	if (ha.count == 0 || hb.count == 0)
		return (ha.count > 0) - (hb.count > 0);
	if (ha.first != hb.first)
		return ha.first < hb.first ? -1 : 1;
	if (ha.last != hb.last)
		return ha.last < hb.last ? -1 : 1;
	if (ha.count != hb.count)
		return ha.count < hb.count ? -1 : 1;
	return compare_bytes(a, b);
}

Datum
journey_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) < 0);
}

Datum
journey_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) <= 0);
}

Datum
journey_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) > 0);
}

Datum
journey_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) >= 0);
}

Datum
journey_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)));
}

Datum
journey_hash(PG_FUNCTION_ARGS)
{
	struct varlena *value = get_bytes(PG_GETARG_DATUM(0));
	Datum		hash = hash_any((unsigned char *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));

	free_if_copy(value, PG_GETARG_DATUM(0));
	return hash;
}

Datum
journey_hash_extended(PG_FUNCTION_ARGS)
{
	struct varlena *value = get_bytes(PG_GETARG_DATUM(0));
	Datum		hash = hash_any_extended((unsigned char *) VARDATA_ANY(value),
										 VARSIZE_ANY_EXHDR(value), PG_GETARG_INT64(1));

	free_if_copy(value, PG_GETARG_DATUM(0));
	return hash;
}
