/*
 * shim.c
 *		The part of a PostgreSQL server that the type, the tally and the
 *		pattern language need, for a program of its own.
 *
 * Each palloc is a malloc, so that the sanitizers see every byte beyond an
 * allocation and every use after pfree, which a server's memory contexts
 * hide.  Errors leave through longjmp, but only those made for users: an
 * internal error ("cannot happen"), a failed assertion, an allocation whose
 * size nobody checked, or a message that is not in the server's encoding,
 * which is UTF-8 here, stops the program.
 */
#include "shim.h"

#include <math.h>
#include <setjmp.h>
#include <sanitizer/asan_interface.h>

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/nodes.h"
#include "parser/scansup.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/memutils.h"

#include "compat.h"

extern void _PG_init(void);

/* ----------
 * Memory
 * ----------
 */

/* In front of every allocation, where nobody else may read or write. */
typedef struct Chunk
{
	struct Chunk *previous;
	struct Chunk *next;
	struct Context *context;
	Size		size;
} Chunk;

typedef struct Context
{
	Chunk		first;			/* of a ring */
	struct Context *parent;
	struct Context *next;		/* of all contexts */
	MemoryContextCallback *callback;	/* the newest one */
} Context;

#define CONTEXT(context)	((Context *) (context))
#define CHUNK(pointer)		((Chunk *) (pointer) - 1)

MemoryContext CurrentMemoryContext;
MemoryContext TopMemoryContext;

static Context *all_contexts;

static void
stop(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

static void
poison(Chunk *chunk)
{
	ASAN_POISON_MEMORY_REGION(chunk, sizeof(Chunk));
}

static void
unpoison(Chunk *chunk)
{
	ASAN_UNPOISON_MEMORY_REGION(chunk, sizeof(Chunk));
}

static void *
allocate(Context *context, Size size, Size limit, bool zero)
{
	Chunk	   *chunk;
	Chunk	   *next;

	if (size > limit)
		stop("invalid memory alloc request size");
	chunk = malloc(sizeof(Chunk) + size);
	if (chunk == NULL)
		stop("out of memory");
	memset(chunk + 1, zero ? 0 : 0x7f, size);
	chunk->context = context;
	chunk->size = size;
	chunk->previous = &context->first;
	next = context->first.next;
	chunk->next = next;
	context->first.next = chunk;
	if (next != &context->first)
		unpoison(next);
	next->previous = chunk;
	if (next != &context->first)
		poison(next);
	poison(chunk);
	return chunk + 1;
}

void
pfree(void *pointer)
{
	Chunk	   *chunk = CHUNK(pointer);
	Chunk	   *first;
	Chunk	   *previous;
	Chunk	   *next;

	unpoison(chunk);
	first = &chunk->context->first;
	previous = chunk->previous;
	next = chunk->next;
	if (previous != first)
		unpoison(previous);
	if (next != first)
		unpoison(next);
	previous->next = next;
	next->previous = previous;
	if (previous != first)
		poison(previous);
	if (next != first)
		poison(next);
	free(chunk);
}

static void *
reallocate(void *pointer, Size size, Size limit)
{
	Chunk	   *chunk = CHUNK(pointer);
	Context    *context;
	Size		old_size;
	void	   *result;

	unpoison(chunk);
	context = chunk->context;
	old_size = chunk->size;
	poison(chunk);
	result = allocate(context, size, limit, false);
	memcpy(result, pointer, Min(size, old_size));
	pfree(pointer);
	return result;
}

MemoryContext
AllocSetContextCreateInternal(MemoryContext parent, const char *name, Size minimum,
							  Size initial, Size maximum)
{
	Context    *context = calloc(1, sizeof(Context));

	context->first.previous = context->first.next = &context->first;
	context->parent = CONTEXT(parent);
	context->next = all_contexts;
	all_contexts = context;
	return (MemoryContext) context;
}

void
MemoryContextRegisterResetCallback(MemoryContext context, MemoryContextCallback *callback)
{
	callback->next = CONTEXT(context)->callback;
	CONTEXT(context)->callback = callback;
}

/* Frees what is in a context, and its children. */
void
MemoryContextReset(MemoryContext context)
{
	Context    *child = all_contexts;
	MemoryContextCallback *callback;

	while ((callback = CONTEXT(context)->callback) != NULL)
	{
		CONTEXT(context)->callback = callback->next;
		callback->func(callback->arg);
	}
	while (child != NULL)
	{
		if (child->parent == CONTEXT(context))
		{
			MemoryContextDelete((MemoryContext) child);
			child = all_contexts;
		}
		else
			child = child->next;
	}
	while (CONTEXT(context)->first.next != &CONTEXT(context)->first)
		pfree(CONTEXT(context)->first.next + 1);
}

void
MemoryContextDelete(MemoryContext context)
{
	Context   **link = &all_contexts;

	MemoryContextReset(context);
	while (*link != CONTEXT(context))
		link = &(*link)->next;
	*link = CONTEXT(context)->next;
	free(context);
}

void
MemoryContextSetParent(MemoryContext context, MemoryContext parent)
{
	CONTEXT(context)->parent = CONTEXT(parent);
}

void *
MemoryContextAlloc(MemoryContext context, Size size)
{
	return allocate(CONTEXT(context), size, MaxAllocSize, false);
}

void *
MemoryContextAllocZero(MemoryContext context, Size size)
{
	return allocate(CONTEXT(context), size, MaxAllocSize, true);
}

void *
MemoryContextAllocHuge(MemoryContext context, Size size)
{
	return allocate(CONTEXT(context), size, MaxAllocHugeSize, false);
}

void *
MemoryContextAllocExtended(MemoryContext context, Size size, int flags)
{
	return allocate(CONTEXT(context), size,
					(flags & MCXT_ALLOC_HUGE) ? MaxAllocHugeSize : MaxAllocSize,
					(flags & MCXT_ALLOC_ZERO) != 0);
}

void *
palloc(Size size)
{
	return MemoryContextAlloc(CurrentMemoryContext, size);
}

void *
palloc0(Size size)
{
	return MemoryContextAllocZero(CurrentMemoryContext, size);
}

void *
palloc_extended(Size size, int flags)
{
	return MemoryContextAllocExtended(CurrentMemoryContext, size, flags);
}

void *
repalloc(void *pointer, Size size)
{
	return reallocate(pointer, size, MaxAllocSize);
}

void *
repalloc_huge(void *pointer, Size size)
{
	return reallocate(pointer, size, MaxAllocHugeSize);
}

char *
pnstrdup(const char *text, Size length)
{
	char	   *copy;

	length = strnlen(text, length);
	copy = palloc(length + 1);
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *
pstrdup(const char *text)
{
	return pnstrdup(text, strlen(text));
}

/* ----------
 * Errors
 * ----------
 */

volatile sig_atomic_t InterruptPending;

static jmp_buf *handler;
static int	sqlstate;
static int	level;

static bool
start_error(int elevel)
{
	level = elevel;
	sqlstate = ERRCODE_INTERNAL_ERROR;
	return true;
}

static void
finish_error(const char *file, int line)
{
	if (level < ERROR)
		return;
	if (sqlstate == ERRCODE_INTERNAL_ERROR)
	{
		fprintf(stderr, "internal error at %s:%d\n", file, line);
		abort();
	}
	if (handler == NULL)
		stop("an error where there may be none");
	longjmp(*handler, 1);
}

bool
errstart(int elevel, const char *domain)
{
	return start_error(elevel);
}

bool
errstart_cold(int elevel, const char *domain)
{
	return start_error(elevel);
}

void
errfinish(const char *file, int line, const char *function)
{
	finish_error(file, line);
}

#if PG_VERSION_NUM >= 160000
bool
errsave_start(struct Node *context, const char *domain)
{
	return start_error(ERROR);
}

void
errsave_finish(struct Node *context, const char *file, int line, const char *function)
{
	finish_error(file, line);
}
#endif

int
errcode(int code)
{
	sqlstate = code;
	return 0;
}

/* What a message says must have an end, and be text. */
static int
format_message(const char *format, va_list arguments)
{
	char		message[4096];
	int			length = pg_vsnprintf(message, sizeof(message), format, arguments);

	if (length < 0 || length >= sizeof(message))
		stop("a message is too long");
	if (pg_encoding_verifymbstr(PG_UTF8, message, length) != length)
		stop("a message is not in the server's encoding");
	return 0;
}

#define MESSAGE_FUNCTION(name) \
int \
name(const char *format,...) \
{ \
	va_list		arguments; \
\
	va_start(arguments, format); \
	format_message(format, arguments); \
	va_end(arguments); \
	return 0; \
}

MESSAGE_FUNCTION(errmsg)
MESSAGE_FUNCTION(errmsg_internal)
MESSAGE_FUNCTION(errdetail)
MESSAGE_FUNCTION(errdetail_internal)
MESSAGE_FUNCTION(errhint)

void
ProcessInterrupts(void)
{
}

void
ExceptionalCondition(const char *condition,
#if PG_VERSION_NUM < 160000
					 const char *kind,
#endif
					 const char *file, int line)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
	abort();
}

/* Other bytes at each call, but for each input the same, so that it does the same again. */
static uint8 random_byte;

bool
pg_strong_random(void *bytes, size_t size)
{
	memset(bytes, random_byte += 0x9d, size);
	return true;
}

void
float_overflow_error(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("value out of range: overflow")));
	pg_unreachable();
}

/* ----------
 * Strings and messages
 * ----------
 */

void
initStringInfo(StringInfo string)
{
	string->maxlen = 16;
	string->data = palloc(string->maxlen);
	resetStringInfo(string);
}

void
resetStringInfo(StringInfo string)
{
	string->data[0] = '\0';
	string->len = 0;
	string->cursor = 0;
}

void
enlargeStringInfo(StringInfo string, int needed)
{
	if (string->len + needed + 1 <= string->maxlen)
		return;
	string->maxlen = Max(2 * string->maxlen, string->len + needed + 1);
	string->data = repalloc(string->data, string->maxlen);
}

void
appendBinaryStringInfo(StringInfo string,
#if PG_VERSION_NUM < 160000
					   const char *data,
#else
					   const void *data,
#endif
					   int length)
{
	enlargeStringInfo(string, length);
	memcpy(string->data + string->len, data, length);
	string->len += length;
	string->data[string->len] = '\0';
}

void
appendStringInfoChar(StringInfo string, char c)
{
	appendBinaryStringInfo(string, &c, 1);
}

void
appendStringInfoString(StringInfo string, const char *text)
{
	appendBinaryStringInfo(string, text, strlen(text));
}

void
appendStringInfo(StringInfo string, const char *format,...)
{
	char		text[1024];
	va_list		arguments;
	int			length;

	va_start(arguments, format);
	length = pg_vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length >= sizeof(text))
		stop("more text than the shim can format");
	appendBinaryStringInfo(string, text, length);
}

text *
cstring_to_text_with_len(const char *data, int length)
{
	return (text *) fuzz_varlena(data, length);
}

text *
cstring_to_text(const char *data)
{
	return cstring_to_text_with_len(data, strlen(data));
}

char *
text_to_cstring(const text *t)
{
	return pnstrdup(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t));
}

int
pg_lltoa(int64 number, char *text)
{
	return sprintf(text, INT64_FORMAT, number);
}

int32
pg_strtoint32(const char *text)
{
	char	   *end;
	long		number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (end == text || *end != '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION), errmsg("not an integer")));
	if (errno != 0 || number < PG_INT32_MIN || number > PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("integer out of range")));
	return number;
}

bool
scanner_isspace(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

int
pg_mblen(const char *text)
{
	return pg_encoding_mblen(PG_UTF8, text);
}

int
pg_mbcliplen(const char *text, int length, int limit)
{
	int			clipped = 0;

	while (clipped < length && text[clipped] != '\0')
	{
		int			next = clipped + pg_encoding_mblen(PG_UTF8, text + clipped);

		if (next > limit || next > length)
			break;
		clipped = next;
	}
	return clipped;
}

int
pg_mbstrlen_with_len(const char *text, int length)
{
	int			characters = 0;

	while (length > 0 && *text != '\0')
	{
		int			bytes = pg_encoding_mblen(PG_UTF8, text);

		length -= bytes;
		text += bytes;
		characters++;
	}
	return characters;
}

/* Client and server have one encoding. */
int
pg_get_client_encoding(void)
{
	return PG_UTF8;
}

int
GetDatabaseEncoding(void)
{
	return PG_UTF8;
}

char *
pg_server_to_client(const char *text, int length)
{
	return unconstify(char *, text);
}

static void
short_message(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROTOCOL_VIOLATION),
			 errmsg("insufficient data left in message")));
}

const char *
pq_getmsgbytes(StringInfo message, int length)
{
	const char *data = message->data + message->cursor;

	if (length < 0 || length > message->len - message->cursor)
		short_message();
	message->cursor += length;
	return data;
}

int
pq_getmsgbyte(StringInfo message)
{
	return *(const unsigned char *) pq_getmsgbytes(message, 1);
}

unsigned int
pq_getmsgint(StringInfo message, int size)
{
	uint32		number;

	if (size != sizeof(number))
		stop("integers of other sizes are not in the shim");
	memcpy(&number, pq_getmsgbytes(message, size), size);
	return pg_ntoh32(number);
}

int64
pq_getmsgint64(StringInfo message)
{
	uint64		number;

	memcpy(&number, pq_getmsgbytes(message, sizeof(number)), sizeof(number));
	return pg_ntoh64(number);
}

float8
pq_getmsgfloat8(StringInfo message)
{
	int64		word = pq_getmsgint64(message);
	float8		number;

	memcpy(&number, &word, sizeof(number));
	return number;
}

char *
pq_getmsgtext(StringInfo message, int length, int *bytes)
{
	const char *data = pq_getmsgbytes(message, length);

	if (pg_encoding_verifymbstr(PG_UTF8, data, length) != length)
		ereport(ERROR,
				(errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
				 errmsg("invalid byte sequence")));
	*bytes = length;
	return pnstrdup(data, length);
}

void
pq_begintypsend(StringInfo message)
{
	initStringInfo(message);
	appendBinaryStringInfo(message, "\0\0\0\0", 4);
}

bytea *
pq_endtypsend(StringInfo message)
{
	SET_VARSIZE(message->data, message->len);
	return (bytea *) message->data;
}

void
pq_sendbytes(StringInfo message,
#if PG_VERSION_NUM < 160000
			 const char *data,
#else
			 const void *data,
#endif
			 int length)
{
	appendBinaryStringInfo(message, data, length);
}

void
pq_sendcountedtext(StringInfo message, const char *text, int length
#if PG_VERSION_NUM < 170000
				   ,bool counts_itself
#endif
)
{
	pq_sendint32(message, length);
	appendBinaryStringInfo(message, text, length);
}

void
pq_sendfloat8(StringInfo message, float8 number)
{
	uint64		word;

	memcpy(&word, &number, sizeof(word));
	pq_sendint64(message, word);
}

/* ----------
 * Values and calls
 * ----------
 */

struct varlena *
pg_detoast_datum_packed(struct varlena *value)
{
	return value;
}

struct varlena *
pg_detoast_datum(struct varlena *value)
{
	if (!VARATT_IS_SHORT(value))
		return value;
	return fuzz_varlena(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

struct varlena *
pg_detoast_datum_slice(struct varlena *value, int32 first, int32 count)
{
	Size		size = VARSIZE_ANY_EXHDR(value);

	first = Min(first, size);
	return fuzz_varlena(VARDATA_ANY(value) + first, Min(count, size - first));
}

Datum
DirectFunctionCall1Coll(PGFunction function, Oid collation, Datum argument)
{
	return fuzz_call(function, argument);
}

Datum
fuzz_call_many(PGFunction function, int count, const NullableDatum *argument)
{
	LOCAL_FCINFO(fcinfo, FUNC_MAX_ARGS);
	FmgrInfo	info = {0};

	info.fn_mcxt = CurrentMemoryContext;
	InitFunctionCallInfoData(*fcinfo, &info, count, InvalidOid, NULL, NULL);
	memcpy(fcinfo->args, argument, count * sizeof(NullableDatum));
	return function(fcinfo);
}

Datum
fuzz_call(PGFunction function, Datum argument)
{
	return fuzz_call_many(function, 1, &(NullableDatum) {argument, false});
}

Datum
fuzz_call2(PGFunction function, Datum first, Datum second)
{
	NullableDatum argument[] = {{first, false}, {second, false}};

	return fuzz_call_many(function, lengthof(argument), argument);
}

Datum
fuzz_receive(PGFunction function, const uint8_t *data, size_t size)
{
	StringInfoData message;
	char	   *copy = palloc(size);

	memcpy(copy, data, size);
	message.data = copy;
	message.len = message.maxlen = (int) size;
	message.cursor = 0;
	return fuzz_call(function, PointerGetDatum(&message));
}

struct varlena *
fuzz_varlena(const void *data, size_t size)
{
	struct varlena *value = palloc(VARHDRSZ + size);

	SET_VARSIZE(value, VARHDRSZ + size);
	memcpy(VARDATA(value), data, size);
	return value;
}

char *
fuzz_text(const uint8_t *data, size_t size)
{
	if (pg_encoding_verifymbstr(PG_UTF8, (const char *) data, (int) size) != size)
		return NULL;
	return pnstrdup((const char *) data, size);
}

bool
fuzz_try(void (*run) (void *argument), void *argument)
{
	MemoryContext old = CurrentMemoryContext;
	jmp_buf	   *outer = handler;
	jmp_buf		here;
	volatile bool done = false;

	if (TopMemoryContext == NULL)
	{
		TopMemoryContext = AllocSetContextCreateInternal(NULL, "top", 0, 0, 0);
		_PG_init();
	}
	if (CurrentMemoryContext == NULL)
		CurrentMemoryContext = TopMemoryContext;
	if (setjmp(here) == 0)
	{
		handler = &here;
		run(argument);
		done = true;
	}
	handler = outer;
	CurrentMemoryContext = old ? old : TopMemoryContext;
	return done;
}

void
fuzz_reset(void)
{
	MemoryContextReset(TopMemoryContext);
	random_byte = 0;
}

void
fuzz_check(bool holds, const char *promise)
{
	if (!holds)
		stop(promise);
}

void
fuzz_same(struct varlena *a, struct varlena *b, const char *promise)
{
	fuzz_check(VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
			   memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0, promise);
}
