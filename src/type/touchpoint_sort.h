/*
 * touchpoint_sort.h
 *		A template: sorts records that have no, one or two numbers at their end.
 *
 * Before the include, define
 *		SORT_RECORD		the type of a record, without its numbers
 *		SORT_COMPARE(a, b, labels, numbers)	of two SORT_RECORD *
 *		SORT_BUDGET		moves a record after which what should be nearly in order is
 *						taken to be in none
 * It makes sort_records().
 */

typedef struct ValueRecord
{
	SORT_RECORD record;
	double		value;
} ValueRecord;

typedef struct ScoreRecord
{
	SORT_RECORD record;
	double		value;
	double		score;
} ScoreRecord;

#define ST_SORT sort_plain
#define ST_ELEMENT_TYPE SORT_RECORD
#define ST_COMPARE(a, b, labels) SORT_COMPARE(a, b, labels, 0)
#define ST_COMPARE_ARG_TYPE const Labels
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

#define ST_SORT sort_values
#define ST_ELEMENT_TYPE ValueRecord
#define ST_COMPARE(a, b, labels) SORT_COMPARE(&(a)->record, &(b)->record, labels, 1)
#define ST_COMPARE_ARG_TYPE const Labels
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

#define ST_SORT sort_scores
#define ST_ELEMENT_TYPE ScoreRecord
#define ST_COMPARE(a, b, labels) SORT_COMPARE(&(a)->record, &(b)->record, labels, 2)
#define ST_COMPARE_ARG_TYPE const Labels
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * Sorts by insertion, which is fastest for few records and for those that are
 * nearly in order, as rows of an events table are.  False: that would take too
 * long; what is there is a permutation of what was.
 */
static pg_attribute_always_inline bool
sort_by_insertion(char *records, int64 count, const Labels *labels, const int width)
{
	const int	numbers = (width - sizeof(SORT_RECORD)) / sizeof(double);
	int64		budget = count * SORT_BUDGET;

	for (int64 i = 1; i < count; i++)
	{
		char	   *position = records + i * width;
		char	   *gap = position;
		ScoreRecord moving;

		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		if (likely(SORT_COMPARE((SORT_RECORD *) (gap - width), (SORT_RECORD *) gap,
								labels, numbers) <= 0))
			continue;
		memcpy(&moving, position, width);
		do
		{
			gap -= width;
		} while (gap > records && --budget > 0 &&
				 SORT_COMPARE((SORT_RECORD *) (gap - width), &moving.record, labels, numbers) > 0);
		memmove(gap + width, gap, position - gap);
		memcpy(gap, &moving, width);
		if (budget <= 0)
			return false;
	}
	return true;
}

/* Sorts records of this width, numbers included. */
static pg_attribute_always_inline void
sort_records(char *records, int64 count, const Labels *labels, const int width)
{
	if (sort_by_insertion(records, count, labels, width))
		return;
	if (width == sizeof(SORT_RECORD))
		sort_plain((SORT_RECORD *) records, count, labels);
	else if (width == sizeof(ValueRecord))
		sort_values((ValueRecord *) records, count, labels);
	else
		sort_scores((ScoreRecord *) records, count, labels);
}

#undef SORT_RECORD
#undef SORT_COMPARE
#undef SORT_BUDGET
