/*
 * eventlog_run.c
 *		Any bytes, taken for what a parallel worker sends of the rows it
 *		collected, are an error or rows that can be worked off.  Such rows
 *		survive being sent on, are the same whether they fit memory or not, and
 *		are there twice when they come twice.
 */
#include "shim.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "population/keyed_private.h"

extern Datum journey_eventlog_combine(PG_FUNCTION_ARGS);
extern Datum journey_eventlog_serial(PG_FUNCTION_ARGS);
extern Datum journey_eventlog_deserial(PG_FUNCTION_ARGS);

#define MUCH_MEMORY		(16 * 1024 * 1024)
#define LITTLE_MEMORY	(32 * 1024)

typedef struct Input
{
	const uint8_t *data;
	size_t		size;
} Input;

typedef struct Customers
{
	StringInfo *customer;
	int			count;
	int			room;
} Customers;

/* The state of a call site that got these bytes so many times. */
static KeyedState *
receive(struct varlena *bytes, int times, size_t memory)
{
	LOCAL_FCINFO(fcinfo, 2);
	FmgrInfo	info = {0};

	fuzz_memory = memory;
	info.fn_mcxt = CurrentMemoryContext;
	InitFunctionCallInfoData(*fcinfo, &info, 2, InvalidOid, NULL, NULL);
	fcinfo->args[0].isnull = true;
	fcinfo->args[1].isnull = false;
	for (int i = 0; i < times; i++)
	{
		fcinfo->args[1].value = fuzz_call(journey_eventlog_deserial, PointerGetDatum(bytes));
		fcinfo->args[0].value = journey_eventlog_combine(fcinfo);
		fcinfo->args[0].isnull = false;
	}
	return (KeyedState *) DatumGetPointer(fcinfo->args[0].value);
}

static struct varlena *
send(KeyedState *state)
{
	return DatumGetByteaP(fuzz_call(journey_eventlog_serial, PointerGetDatum(state)));
}

static void
add_label(StringInfo customer, const Labels *labels, uint32 code)
{
	fuzz_check(code < labels->count, "a touchpoint has a label that does not exist");
	appendBinaryStringInfo(customer, (char *) &labels->label[code].length, sizeof(uint32));
	appendBinaryStringInfo(customer, labels->label[code].text, labels->label[code].length);
}

static void
add_number(StringInfo customer, double number)
{
	fuzz_check(!isinf(number) && !(number == 0 && signbit(number)), "a number is not normal");
	if (isnan(number))
		appendStringInfoChar(customer, '-');
	else
		appendBinaryStringInfo(customer, (char *) &number, sizeof(number));
}

/* All of a customer, so that equal ones have equal bytes. */
static void
add_customer(void *argument, const JourneyColumns *columns)
{
	Customers  *customers = argument;
	MemoryContext before = MemoryContextSwitchTo(TopMemoryContext);
	StringInfo	customer = palloc(sizeof(StringInfoData));

	fuzz_check(columns->count > 0, "a customer has no touchpoint");
	initStringInfo(customer);
	for (int64 i = 0; i < columns->count; i++)
	{
		fuzz_check(IS_VALID_TIMESTAMP(columns->at[i]), "a time is out of range");
		fuzz_check(columns->event[i] != LABEL_NONE, "a touchpoint has no event");
		fuzz_check(i == 0 || columns->at[i] >= columns->at[i - 1], "times fall");
		appendBinaryStringInfo(customer, (char *) &columns->at[i], sizeof(TimestampTz));
		add_label(customer, columns->labels, columns->event[i]);
		add_label(customer, columns->labels, COLUMN_CHANNEL_AT(columns, i));
		add_number(customer, COLUMN_VALUE_AT(columns, i));
		add_number(customer, COLUMN_SCORE_AT(columns, i));
	}
	if (customers->count == customers->room)
	{
		customers->room = 2 * customers->room + 16;
		customers->customer = customers->customer ?
			repalloc(customers->customer, customers->room * sizeof(StringInfo)) :
			palloc(customers->room * sizeof(StringInfo));
	}
	customers->customer[customers->count++] = customer;
	MemoryContextSwitchTo(before);
}

static int
compare_customers(const void *a, const void *b)
{
	StringInfo	x = *(StringInfo *) a;
	StringInfo	y = *(StringInfo *) b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->data, y->data, x->len);
}

static Customers
work_off(KeyedState *state)
{
	Customers	customers = {0};

	eventlog_customers(state->log, COLUMN_ALL, add_customer, &customers);
	fuzz_check(eventlog_count(state->log) == 0 && state->log->memory == 0 &&
			   state->site->events->used == 0, "a log that was worked off holds memory");
	if (customers.count > 0)
		qsort(customers.customer, customers.count, sizeof(StringInfo), compare_customers);
	return customers;
}

static void
same_customers(const Customers *a, const Customers *b, const char *promise)
{
	fuzz_check(a->count == b->count, promise);
	for (int i = 0; i < a->count; i++)
		fuzz_check(compare_customers(&a->customer[i], &b->customer[i]) == 0, promise);
}

static void
accept(void *argument)
{
	Input	   *input = argument;

	work_off(receive(fuzz_varlena(input->data, input->size), 1, MUCH_MEMORY));
}

/* Bytes that were accepted. */
static void
hold(void *argument)
{
	Input	   *input = argument;
	struct varlena *bytes = fuzz_varlena(input->data, input->size);
	KeyedState *state = receive(bytes, 1, MUCH_MEMORY);
	TimestampTz latest = state->latest;
	struct varlena *again = send(state);
	Customers	customers = work_off(receive(bytes, 1, MUCH_MEMORY));
	Customers	other;

	state = receive(again, 1, MUCH_MEMORY);
	fuzz_check(state->latest == latest, "the latest time changes when it is sent on");
	fuzz_same(again, send(state), "rows that were sent twice differ from rows sent once");
	other = work_off(receive(again, 1, MUCH_MEMORY));
	same_customers(&customers, &other, "customers change when they are sent on");
	other = work_off(receive(bytes, 1, LITTLE_MEMORY));
	same_customers(&customers, &other, "customers change when they do not fit memory");
	again = send(receive(bytes, 1, LITTLE_MEMORY));
	other = work_off(receive(again, 1, LITTLE_MEMORY));
	same_customers(&customers, &other, "customers change when files of them are sent on");
	other = work_off(receive(bytes, 2, LITTLE_MEMORY));
	fuzz_check(other.count == customers.count, "customers who come twice are not the same ones");
	for (int i = 0; i < other.count; i++)
		fuzz_check(other.customer[i]->len == 2 * customers.customer[i]->len,
				   "what comes twice is not there twice");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input		input = {data, size};

	if (fuzz_try(accept, &input))
		fuzz_check(fuzz_try(hold, &input), "rows that can be read cannot be sent on");
	fuzz_reset();
	return 0;
}
