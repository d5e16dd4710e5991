/*
 * shim_aggregate.c
 *		The part of a server that an aggregate needs: a call as part of one, and rows
 *		to answer it with.
 */
#include "shim.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "nodes/execnodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* ----------
 * Text
 * ----------
 */

char *
psprintf(const char *format,...)
{
	char		text[1024];
	va_list		arguments;

	va_start(arguments, format);
	pg_vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return pstrdup(text);
}

bool
pg_verifymbstr(const char *text, int length, bool no_error)
{
	bool		good = pg_encoding_verifymbstr(PG_UTF8, text, length) == length;

	if (!good && !no_error)
		ereport(ERROR,
				(errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
				 errmsg("invalid byte sequence")));
	return good;
}

/* ----------
 * Calls
 * ----------
 */

/* So little that some inputs have labels beyond their share. */
size_t
get_hash_memory_limit(void)
{
	return 64 * 1024;
}

int
AggCheckCallContext(FunctionCallInfo fcinfo, MemoryContext *context)
{
	if (context)
		*context = TopMemoryContext;
	return AGG_CONTEXT_AGGREGATE;
}

char *
get_func_name(Oid function)
{
	return pstrdup("function");
}

/* ----------
 * Rows: a target says of which type they are, sees each of them, and gets none back.
 * ----------
 */

const RowColumn *fuzz_column;
int			fuzz_columns;
void		(*fuzz_row) (const Datum *values, const bool *nulls);

Oid
get_func_rettype(Oid function)
{
	return RECORDARRAYOID;
}

Oid
get_element_type(Oid type)
{
	return RECORDOID;
}

TupleDesc
lookup_rowtype_tupdesc_copy(Oid type, int32 modifier)
{
	TupleDescData head = {.natts = fuzz_columns};
	TupleDesc	desc = palloc0(TupleDescSize(&head));

	*desc = head;
	for (int i = 0; i < fuzz_columns; i++)
	{
		TupleDescAttr(desc, i)->atttypid = fuzz_column[i].type;
		strlcpy(NameStr(TupleDescAttr(desc, i)->attname), fuzz_column[i].name, NAMEDATALEN);
	}
	return desc;
}

HeapTuple
heap_form_tuple(TupleDesc desc, Datum *values, bool *nulls)
{
	fuzz_row(values, nulls);
	return palloc0(sizeof(HeapTupleData));
}

Datum
HeapTupleHeaderGetDatum(HeapTupleHeader header)
{
	return PointerGetDatum(header);
}

ArrayType *
construct_md_array(Datum *elements, bool *nulls, int dimensions, int *sizes, int *lows,
				   Oid type, int length, bool by_value, char alignment)
{
	return palloc0(sizeof(ArrayType));
}

ArrayType *
construct_empty_array(Oid type)
{
	return palloc0(sizeof(ArrayType));
}
