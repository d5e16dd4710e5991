/*
 * time_private.h
 *		Times as journeys write and read them: ISO 8601, in UTC, independent of
 *		every setting.
 */
#ifndef JOURNEY_TYPE_TIME_PRIVATE_H
#define JOURNEY_TYPE_TIME_PRIVATE_H

#include "type/columns.h"

/* Room for a time and the zero behind it. */
#define JOURNEY_TIME_SIZE	48

/*
 * Writes a time and a zero byte and returns where that is:
 * "2026-03-01 09:00:00.5+00", or as JSON has it "2026-03-01T09:00:00.5+00:00".
 */
extern char *journey_put_time(char *p, TimestampTz at, bool json);

typedef enum TimeError
{
	TIME_OK,
	TIME_SYNTAX,
	TIME_NO_OFFSET,
	TIME_FIELD,					/* no such day, hour, ... */
	TIME_RANGE					/* not a timestamp that PostgreSQL has */
} TimeError;

/*
 * Reads a time with an offset.  Moves *position behind it or to what is
 * wrong, which *expected then describes.
 */
extern TimeError journey_get_time(const char **position, TimestampTz *at, const char **expected);

/* SQLSTATE of such an error. */
extern int	journey_time_sqlstate(TimeError error);

#endif							/* JOURNEY_TYPE_TIME_PRIVATE_H */
