/*
 * array.c
 *		Arrays that may be huge.
 */
#include "postgres.h"

#include "type/array.h"

void
array_too_large(uint64 count, Size size)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("touchpoints or labels exceed the address space"),
			 errdetail("An array of %llu times %zu bytes would be needed.",
					   (unsigned long long) count, size)));
	pg_unreachable();
}
