/*
 * shim.h
 *		What a fuzz target needs to call the extension's functions without a
 *		server.  See shim.c.
 */
#ifndef JOURNEY_FUZZ_SHIM_H
#define JOURNEY_FUZZ_SHIM_H

#include "postgres.h"

#include "fmgr.h"

#include "population/report.h"

/*
 * Runs something with a memory context of its own as the current one.  False
 * if it ended with an error that a user may see; any other error, or one that
 * is badly made, aborts.
 */
extern bool fuzz_try(void (*run) (void *argument), void *argument);

/* Forgets all memory.  At the end of each input. */
extern void fuzz_reset(void);

/* Calls an SQL function. */
extern Datum fuzz_call(PGFunction function, Datum argument);
extern Datum fuzz_call2(PGFunction function, Datum first, Datum second);
extern Datum fuzz_call_many(PGFunction function, int count, const NullableDatum *argument);

/* A receive function's argument, and the call. */
extern Datum fuzz_receive(PGFunction function, const uint8_t *data, size_t size);

/* The row type of an aggregate's answer, and who sees its rows. */
extern const RowColumn *fuzz_column;
extern int	fuzz_columns;
extern void (*fuzz_row) (const Datum *values, const bool *nulls);

/* Bytes as a varlena of exactly their size. */
extern struct varlena *fuzz_varlena(const void *data, size_t size);

/* Bytes as a terminated string; NULL if no client could have sent them. */
extern char *fuzz_text(const uint8_t *data, size_t size);

/* Stops at a broken promise. */
extern void fuzz_check(bool holds, const char *promise);
extern void fuzz_same(struct varlena *a, struct varlena *b, const char *promise);

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif							/* JOURNEY_FUZZ_SHIM_H */
