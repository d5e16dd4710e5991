/*
 * report.c
 *		The rows of an answer: an array of the row type that the function returns.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "population/report_private.h"

struct Report
{
	const ReportType *type;
	bool		begun;			/* is there a row that is not done? */
	Datum	   *value;			/* of that row */
	bool	   *isnull;
	Datum	   *row;			/* those that are done */
	int			rows;
	int			room;
	bool		sorted;			/* are there: */
	TallyCells	cells;			/* of the tally, for percentiles */
};

/* ----------
 * The row type
 * ----------
 */

/*
 * The type of the rows, once a call site: the function returns an array of them.
 * The catalogue is asked, since not every caller gives a call expression.
 */
void
report_look_up_type(FunctionCallInfo fcinfo, const RowColumn *column, int columns,
					ReportType *type)
{
	MemoryContext before;
	TupleDesc	desc;

	if (type->desc != NULL)
		return;
	type->row_type = get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid));
	if (!OidIsValid(type->row_type))
		elog(ERROR, "function %u does not return an array", fcinfo->flinfo->fn_oid);
	before = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	desc = lookup_rowtype_tupdesc_copy(type->row_type, -1);
	MemoryContextSwitchTo(before);
	row_check(fcinfo->flinfo->fn_oid, desc, column, columns);
	type->desc = desc;
}

/* ----------
 * Rows
 * ----------
 */

Report *
report_begin(const ReportType *type)
{
	Report	   *report = palloc0(sizeof(Report));

	report->type = type;
	report->value = palloc0(type->desc->natts * sizeof(Datum));
	report->isnull = palloc(type->desc->natts * sizeof(bool));
	return report;
}

static void
finish_row(Report *report)
{
	HeapTuple	tuple;

	if (!report->begun)
		return;
	tuple = heap_form_tuple(report->type->desc, report->value, report->isnull);
	if (report->rows == report->room)
	{
		report->room = Max(report->room * 2, 16);
		report->row = report->row ? repalloc(report->row, report->room * sizeof(Datum)) :
			palloc(report->room * sizeof(Datum));
	}
	report->row[report->rows++] = HeapTupleGetDatum(tuple);
	report->begun = false;
}

void
report_row(Report *report)
{
	finish_row(report);
	memset(report->isnull, true, report->type->desc->natts * sizeof(bool));
	report->begun = true;
}

static void
set_column(Report *report, int column, Datum value)
{
	Assert(report->begun && column < report->type->desc->natts);
	report->value[column] = value;
	report->isnull[column] = false;
}

void
report_text(Report *report, int column, const char *text, uint32 length)
{
	set_column(report, column, PointerGetDatum(cstring_to_text_with_len(text, length)));
}

void
report_label(Report *report, int column, const Label *label)
{
	if (label->text)
		report_text(report, column, label->text, label->length);
}

void
report_integer(Report *report, int column, int32 number)
{
	set_column(report, column, Int32GetDatum(number));
}

void
report_count(Report *report, int column, int64 count)
{
	set_column(report, column, Int64GetDatum(count));
}

void
report_number(Report *report, int column, double number)
{
	set_column(report, column, Float8GetDatum(number));
}

void
report_time(Report *report, int column, int64 time)
{
	if (time != TALLY_NOTHING)
		set_column(report, column, TimestampTzGetDatum(time));
}

void
report_boolean(Report *report, int column, bool value)
{
	set_column(report, column, BoolGetDatum(value));
}

void
report_ratio(Report *report, int column, double some, double all)
{
	if (all > 0)
		report_number(report, column, some / all);
}

void
report_average(Report *report, int column, const TallyDuration *duration)
{
	if (duration->count > 0)
		report_number(report, column,
					  tally_duration_total(duration) / duration->count / USECS_PER_SEC);
}

void
report_sum(Report *report, int column, const TallySum *sum)
{
	if (sum->count > 0)
		report_number(report, column, tally_sum_total(sum));
}

void
report_percentile(Report *report, int column, const Tally *tally, uint32 row, uint32 slot,
				  int percent)
{
	TallyType	type = tally_type(tally, row, slot);
	double		result;

	if (!report->sorted)
		tally_sort_cells(tally, &report->cells);
	report->sorted = true;
	if (tally_percentile(tally, &report->cells, row, slot, percent, &result))
		report_number(report, column, type == TALLY_DURATIONS ? result / USECS_PER_SEC : result);
}

/* The array of all rows. */
Datum
report_end(Report *report)
{
	int			low = 1;

	finish_row(report);
	if (report->rows == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(report->type->row_type));
	PG_RETURN_ARRAYTYPE_P(construct_md_array(report->row, NULL, 1, &report->rows, &low,
											 report->type->row_type, -1, false, TYPALIGN_DOUBLE));
}
