/*
 * notice.c
 *		Notices that a call in a query gives once.
 */
#include "postgres.h"

#include "lib/ilist.h"
#include "nodes/execnodes.h"
#include "nodes/primnodes.h"
#include "utils/memutils.h"

#include "type/notice.h"
#include "type/time_private.h"

/* A notice that was given; it lives as long as its query. */
typedef struct GivenNotice
{
	dlist_node	node;
	MemoryContextCallback callback;
	MemoryContext query;
	int			location;		/* of the call in the query's text, or -1 */
	char		message[FLEXIBLE_ARRAY_MEMBER];
} GivenNotice;

static dlist_head given = DLIST_STATIC_INIT(given);

static void
forget_notice(void *notice)
{
	dlist_delete(&((GivenNotice *) notice)->node);
}

static bool
is_given(MemoryContext query, int location, const char *message)
{
	dlist_iter	iter;

	dlist_foreach(iter, &given)
	{
		const GivenNotice *notice = dlist_container(GivenNotice, node, iter.cur);

		if (notice->query == query && notice->location == location &&
			strcmp(notice->message, message) == 0)
			return true;
	}
	return false;
}

static void
remember(MemoryContext query, int location, const char *message)
{
	GivenNotice *notice = MemoryContextAllocZero(query, offsetof(GivenNotice, message) +
												 strlen(message) + 1);

	notice->query = query;
	notice->location = location;
	strcpy(notice->message, message);
	notice->callback.func = forget_notice;
	notice->callback.arg = notice;
	dlist_push_head(&given, &notice->node);
	MemoryContextRegisterResetCallback(query, &notice->callback);
}

void
notice_once(FunctionCallInfo fcinfo, const char *message, const char *detail, const char *hint)
{
	MemoryContext query = fcinfo->flinfo->fn_mcxt;
	Aggref	   *call = NULL;
	int			location;

	if (fcinfo->context && IsA(fcinfo->context, AggState))
	{
		query = ((AggState *) fcinfo->context)->ss.ps.state->es_query_cxt;
		call = AggGetAggref(fcinfo);
	}
	location = call ? call->location : -1;
	if (is_given(query, location, message))
		return;
	remember(query, location, message);
	ereport(NOTICE,
			(errmsg("%s", message),
			 detail ? errdetail("%s", detail) : 0,
			 errhint("%s", hint)));
}

void
notice_far_future(FunctionCallInfo fcinfo, TimestampTz at, bool *given_here)
{
	char		time[JOURNEY_TIME_SIZE];

	if (*given_here)
		return;
	*given_here = true;
	journey_put_time(time, at, false);
	notice_once(fcinfo, "times lie beyond the year 3000", psprintf("The first one is %s.", time),
				"Are they milliseconds?  Those are read by to_timestamp(at / 1000.0).");
}
