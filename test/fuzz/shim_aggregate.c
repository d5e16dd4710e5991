/*
 * shim_aggregate.c
 *		The part of a server that an aggregate needs which collects rows: a few
 *		types and what belongs to them, temporary files, a call as part of
 *		an aggregate, and rows to answer it with.
 *
 * There is one type of each kind that customers are told apart by: whole
 * numbers, bytes, and by a function, by value and by reference.
 */
#include "shim.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "nodes/execnodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/logtape.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

/* ----------
 * Types
 * ----------
 */

typedef struct ShimType
{
	Oid			type;
	int16		size;
	bool		by_value;
	PGFunction	hash;			/* those that follow may lack */
	PGFunction	same;
	PGFunction	send;
	PGFunction	receive;
} ShimType;

static Datum
number_hash(PG_FUNCTION_ARGS)
{
	float8		number = PG_GETARG_FLOAT8(0);

	/* equal numbers with different bits: zeros, and what is not a number */
	if (number == 0 || number != number)
		return UInt32GetDatum(0);
	return UInt32GetDatum(hash_bytes((unsigned char *) &number, sizeof(number)));
}

static Datum
number_same(PG_FUNCTION_ARGS)
{
	float8		a = PG_GETARG_FLOAT8(0);
	float8		b = PG_GETARG_FLOAT8(1);

	return BoolGetDatum(a == b || (a != a && b != b));
}

static Datum
number_send(PG_FUNCTION_ARGS)
{
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendfloat8(&message, PG_GETARG_FLOAT8(0));
	return PointerGetDatum(pq_endtypsend(&message));
}

static Datum
number_receive(PG_FUNCTION_ARGS)
{
	return Float8GetDatum(pq_getmsgfloat8((StringInfo) PG_GETARG_POINTER(0)));
}

/* How long is a text without the blanks at its end? */
static int
trimmed(struct varlena *text)
{
	int			length = VARSIZE_ANY_EXHDR(text);

	while (length > 0 && VARDATA_ANY(text)[length - 1] == ' ')
		length--;
	return length;
}

static Datum
padded_hash(PG_FUNCTION_ARGS)
{
	struct varlena *text = (struct varlena *) PG_GETARG_POINTER(0);

	return UInt32GetDatum(hash_bytes((unsigned char *) VARDATA_ANY(text), trimmed(text)));
}

static Datum
padded_same(PG_FUNCTION_ARGS)
{
	struct varlena *a = (struct varlena *) PG_GETARG_POINTER(0);
	struct varlena *b = (struct varlena *) PG_GETARG_POINTER(1);

	return BoolGetDatum(trimmed(a) == trimmed(b) &&
						memcmp(VARDATA_ANY(a), VARDATA_ANY(b), trimmed(a)) == 0);
}

static Datum
padded_send(PG_FUNCTION_ARGS)
{
	struct varlena *text = (struct varlena *) PG_GETARG_POINTER(0);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbytes(&message, VARDATA_ANY(text), VARSIZE_ANY_EXHDR(text));
	return PointerGetDatum(pq_endtypsend(&message));
}

static Datum
padded_receive(PG_FUNCTION_ARGS)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	int			length;
	char	   *text = pq_getmsgtext(message, message->len - message->cursor, &length);

	return PointerGetDatum(fuzz_varlena(text, length));
}

static const ShimType types[] = {
	{INT2OID, 2, true},
	{INT4OID, 4, true},
	{INT8OID, 8, true},
	{TEXTOID, -1, false},
	{UUIDOID, 16, false},
	{FLOAT8OID, 8, true, number_hash, number_same, number_send, number_receive},
	{BPCHAROID, -1, false, padded_hash, padded_same, padded_send, padded_receive},
	{POINTOID, 16, false}
};

static const ShimType *
find_type(Oid type)
{
	for (int i = 0; i < lengthof(types); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

bool
get_typisdefined(Oid type)
{
	return find_type(type) != NULL;
}

Oid
getBaseType(Oid type)
{
	return type;
}

char
get_typtype(Oid type)
{
	return TYPTYPE_BASE;
}

bool
type_is_enum(Oid type)
{
	return false;
}

void
get_typlenbyval(Oid type, int16 *size, bool *by_value)
{
	*size = find_type(type)->size;
	*by_value = find_type(type)->by_value;
}

char *
format_type_be(Oid type)
{
	return psprintf("type %u", type);
}

/* Functions of a type have its number, and one more for sending. */
#define SEND	1000000

void
get_type_io_data(Oid type, IOFuncSelector which, int16 *size, bool *by_value, char *alignment,
				 char *delimiter, Oid *argument, Oid *function)
{
	get_typlenbyval(type, size, by_value);
	*alignment = TYPALIGN_DOUBLE;
	*delimiter = ',';
	*argument = type;
	*function = which == IOFunc_send ? type + SEND : type;
}

void
fmgr_info_cxt(Oid function, FmgrInfo *info, MemoryContext context)
{
	memset(info, 0, sizeof(FmgrInfo));
	info->fn_oid = function;
	info->fn_mcxt = context;
	info->fn_addr = function < SEND ? find_type(function)->receive : find_type(function - SEND)->send;
}

TypeCacheEntry *
lookup_type_cache(Oid type, int flags)
{
	const ShimType *found = find_type(type);
	TypeCacheEntry *entry = palloc0(sizeof(TypeCacheEntry));

	entry->type_id = type;
	entry->hash_proc_finfo.fn_addr = found->hash;
	entry->hash_proc_finfo.fn_oid = found->hash ? type : InvalidOid;
	entry->eq_opr_finfo.fn_addr = found->same;
	entry->eq_opr_finfo.fn_oid = found->same ? type : InvalidOid;
	return entry;
}

Datum
FunctionCall1Coll(FmgrInfo *info, Oid collation, Datum argument)
{
	return fuzz_call(info->fn_addr, argument);
}

Datum
FunctionCall2Coll(FmgrInfo *info, Oid collation, Datum first, Datum second)
{
	return fuzz_call2(info->fn_addr, first, second);
}

bytea *
SendFunctionCall(FmgrInfo *info, Datum value)
{
	return DatumGetByteaP(fuzz_call(info->fn_addr, value));
}

Datum
ReceiveFunctionCall(FmgrInfo *info, StringInfo message, Oid argument, int32 modifier)
{
	return fuzz_call(info->fn_addr, PointerGetDatum(message));
}

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
 * Temporary files
 * ----------
 */

struct LogicalTapeSet
{
	MemoryContext context;
};

struct LogicalTape
{
	char	   *data;
	size_t		size;
	size_t		room;
	size_t		position;
};

LogicalTapeSet *
LogicalTapeSetCreate(bool preallocate, SharedFileSet *fileset, int worker)
{
	LogicalTapeSet *tapes = palloc(sizeof(LogicalTapeSet));

	tapes->context = CurrentMemoryContext;
	return tapes;
}

void
LogicalTapeSetClose(LogicalTapeSet *tapes)
{
	pfree(tapes);
}

LogicalTape *
LogicalTapeCreate(LogicalTapeSet *tapes)
{
	return MemoryContextAllocZero(tapes->context, sizeof(LogicalTape));
}

void
LogicalTapeClose(LogicalTape *tape)
{
	if (tape->data)
		pfree(tape->data);
	pfree(tape);
}

void
LogicalTapeWrite(LogicalTape *tape,
#if PG_VERSION_NUM < 160000
				 void *data,
#else
				 const void *data,
#endif
				 size_t size)
{
	if (size > tape->room - tape->size)
	{
		tape->room = Max(2 * tape->room, tape->size + size);
		tape->data = tape->data ? repalloc(tape->data, tape->room) : palloc(tape->room);
	}
	memcpy(tape->data + tape->size, data, size);
	tape->size += size;
}

void
LogicalTapeRewindForRead(LogicalTape *tape, size_t buffer)
{
	tape->position = 0;
}

size_t
LogicalTapeRead(LogicalTape *tape, void *data, size_t size)
{
	size = Min(size, tape->size - tape->position);
	if (size > 0)
		memcpy(data, tape->data + tape->position, size);
	tape->position += size;
	return size;
}

/* ----------
 * Calls
 * ----------
 */

size_t		fuzz_memory;

size_t
get_hash_memory_limit(void)
{
	return fuzz_memory;
}

int
AggCheckCallContext(FunctionCallInfo fcinfo, MemoryContext *context)
{
	if (context)
		*context = TopMemoryContext;
	return AGG_CONTEXT_AGGREGATE;
}

void
AggRegisterCallback(FunctionCallInfo fcinfo, ExprContextCallbackFunction function, Datum argument)
{
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
