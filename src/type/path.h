/*
 * path.h
 *		Paths: the labels of touchpoints in time order, as one text.
 */
#ifndef JOURNEY_TYPE_PATH_H
#define JOURNEY_TYPE_PATH_H

#include "type/columns.h"

/* What stands between two labels unless somebody wants something else. */
#define PATH_SEPARATOR	" > "

/*
 * The labels of a column (codes, or NULL) from touchpoint "first" up to "end", which is
 * left out, palloc'd.  Touchpoints without a label are passed over.
 */
extern text *path_text(const JourneyColumns *columns, const uint32 *code, int64 first, int64 end,
					   const char *separator, Size separator_length);

#endif							/* JOURNEY_TYPE_PATH_H */
