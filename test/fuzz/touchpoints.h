/*
 * touchpoints.h
 *		Touchpoints of bytes, for the targets that look for a text's meaning in them.
 */
#ifndef JOURNEY_FUZZ_TOUCHPOINTS_H
#define JOURNEY_FUZZ_TOUCHPOINTS_H

#include "shim.h"

#include "utils/float.h"

#include "type/builder.h"

#define MAX_TOUCHPOINTS	40

/* Letters as events and channels, often at one time, up to days apart; two bytes each. */
static inline const JourneyColumns *
fuzz_columns_of(const uint8_t *touchpoint, size_t touchpoints)
{
	static const int64 step[] = {0, 0, 1, USECS_PER_SEC, USECS_PER_HOUR, USECS_PER_DAY,
	3 * USECS_PER_DAY, 20 * USECS_PER_DAY};
	Labels	   *labels = labels_create(CurrentMemoryContext);
	JourneyBuilder *builder = builder_create(CurrentMemoryContext, labels);
	TimestampTz at = 0;

	for (size_t i = 0; i < Min(touchpoints, MAX_TOUCHPOINTS); i++)
	{
		const uint8_t *code = touchpoint + 2 * i;
		char		event = 'a' + code[0] % 8;
		char		channel = 'u' + (code[1] >> 3) % 4;

		at += step[code[1] % 8];
		builder_add(builder, at, labels_intern(labels, &event, 1),
					(code[1] >> 5) ? labels_intern(labels, &channel, 1) : LABEL_NONE,
					(code[0] & 0x80) ? code[0] : get_float8_nan(), get_float8_nan());
	}
	return builder_columns(builder);
}

#endif							/* JOURNEY_FUZZ_TOUCHPOINTS_H */
