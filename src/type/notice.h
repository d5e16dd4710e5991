/*
 * notice.h
 *		Notices that a call in a query gives once.
 */
#ifndef JOURNEY_TYPE_NOTICE_H
#define JOURNEY_TYPE_NOTICE_H

#include "fmgr.h"
#include "utils/timestamp.h"

/*
 * Gives a notice unless this call has given it in this query: a plan may have the
 * call in many nodes, one a partition.  The detail may be NULL.  A parallel worker
 * knows only of its own.
 */
extern void notice_once(FunctionCallInfo fcinfo, const char *message, const char *detail,
						const char *hint);

/* 3001-01-01 00:00 UTC: later times are mostly milliseconds that were read as seconds. */
#define NOTICE_FAR_FUTURE	(INT64CONST(365608) * USECS_PER_DAY)

/* The notice of a later time, unless the call site has given it. */
extern void notice_far_future(FunctionCallInfo fcinfo, TimestampTz at, bool *given_here);

#endif							/* JOURNEY_TYPE_NOTICE_H */
