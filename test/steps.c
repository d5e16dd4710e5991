/*
 * steps.c
 *		Counts the steps of the library, in a build of test/roundtrip/steps only: the
 *		compiler calls the counter in every basic block (-fsanitize-coverage=trace-pc).
 *		This file is compiled without.
 */
#include "postgres.h"

#include "fmgr.h"

static int64 steps;

extern PGDLLEXPORT void __sanitizer_cov_trace_pc(void);

void
__sanitizer_cov_trace_pc(void)
{
	steps++;
}

PG_FUNCTION_INFO_V1(journey_test_steps);

/* How many since the call before */
Datum
journey_test_steps(PG_FUNCTION_ARGS)
{
	int64		result = steps;

	steps = 0;
	PG_RETURN_INT64(result);
}
