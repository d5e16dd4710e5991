/*
 * sequence.c
 *		What comes after what: what flows, paths and transitions share.
 *
 * Their states have a row for each different link, path or transition, so that they grow
 * with these and not with the journeys.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "sequence/sequence_private.h"

static const Label none = {NULL, 0};

uint32
sequence_look_up_pair(RowMemo *memo, Tally **tally, uint32 shape, const Labels *labels,
					  uint32 from, uint32 to)
{
	Label		key[2] = {
		from == LABEL_NONE ? none : labels->label[from],
		to == LABEL_NONE ? none : labels->label[to]
	};
	uint32		row = tally_row(tally, shape, key, 2);

	row_memo_note(memo, shape, (uint64) from << 32 | to, row);
	return row;
}

void
sequence_check_top(int64 top)
{
	if (top < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("top must be at least 1"),
				 errdetail("It is %lld.", (long long) top)));
}

Tally *
sequence_empty_like(const Tally *tally)
{
	TallyDefinition definition;

	tally_definition(tally, &definition);
	return tally_define(&definition);
}

static bool
same_label(const Label *a, const Label *b)
{
	if (a->text == NULL || b->text == NULL)
		return a->text == b->text;
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

void
sequence_sum_by_first(const Tally *tally, const uint32 *row, uint32 rows, uint32 slot,
					  int64 *sum)
{
	for (uint32 i = 0, next; i < rows; i = next)
	{
		Label		first[2];
		Label		key[2];
		int64		all = 0;

		CHECK_FOR_INTERRUPTS();
		tally_key(tally, row[i], first);
		for (next = i; next < rows; next++)
		{
			tally_key(tally, row[next], key);
			if (!same_label(&key[0], &first[0]))
				break;
			tally_sum_counts(&all, tally_count(tally, row[next], slot));
		}
		for (uint32 j = i; j < next; j++)
			sum[row[j]] = all;
	}
}
