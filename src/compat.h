/*
 * compat.h
 *		Differences between the PostgreSQL versions that journey supports, all
 *		in this one place.
 */
#ifndef JOURNEY_COMPAT_H
#define JOURNEY_COMPAT_H

#if PG_VERSION_NUM < 150000
#error "journey needs PostgreSQL 15 or later"
#endif

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* What 15.0 still called otherwise. */
#if PG_VERSION_NUM < 150001
#define InitMaterializedSRF SetSingleFuncCall
#endif

/* Soft errors of input functions appeared in 16. */
#if PG_VERSION_NUM < 160000
#define ereturn(context, dummy_value, ...) \
	ereport(ERROR, __VA_ARGS__)
#else
#include "nodes/miscnodes.h"
#endif

/* Intervals can be infinite since 17, which this header says. */
#include "datatype/timestamp.h"
#ifndef INTERVAL_NOT_FINITE
#define INTERVAL_NOT_FINITE(i) ((void) (i), false)
#endif

/* Window functions can say that their frame does not matter since 16. */
#if PG_VERSION_NUM >= 160000
#define JOURNEY_WINDOW_CLAUSE_REQUEST
#endif

/* A counted text no longer asks since 17 whether the count counts itself. */
#if PG_VERSION_NUM >= 170000
#define send_counted_text(buf, str, length) \
	pq_sendcountedtext(buf, str, length)
#else
#define send_counted_text(buf, str, length) \
	pq_sendcountedtext(buf, str, length, false)
#endif

/* Since 19 what is pushed into a jsonb has a state that holds the result, too. */
#include "utils/jsonb.h"
#if PG_VERSION_NUM >= 190000
#define push_jsonb(state, token, value) \
	pushJsonbValue(state, token, value)
#else
typedef struct JsonbInState
{
	JsonbParseState *parseState;
	JsonbValue *result;
} JsonbInState;

#define push_jsonb(state, token, value) \
	((state)->result = pushJsonbValue(&(state)->parseState, token, value))
#endif

/* Window functions may be told to ignore nulls since 19, and say whether they can. */
#if PG_VERSION_NUM >= 190000
#define window_refuse_null_treatment(window, fcinfo) \
	WinCheckAndInitializeNullTreatment(window, false, fcinfo)
#else
#define window_refuse_null_treatment(window, fcinfo) ((void) 0)
#endif

/* Newer versions have pg_noreturn instead, which stands elsewhere. */
#ifndef pg_attribute_noreturn
#ifdef __GNUC__
#define pg_attribute_noreturn() __attribute__((noreturn))
#else
#define pg_attribute_noreturn()
#endif
#endif

/* Since 18 a module tells its name and version. */
#ifdef PG_MODULE_MAGIC_EXT
#define JOURNEY_MODULE_MAGIC \
	PG_MODULE_MAGIC_EXT(.name = "journey", .version = JOURNEY_VERSION)
#else
#define JOURNEY_MODULE_MAGIC PG_MODULE_MAGIC
#endif

#endif							/* JOURNEY_COMPAT_H */
