/*
 * report.h
 *		The rows of an answer.
 *
 * Their columns are declared once, see row.h.
 */
#ifndef JOURNEY_POPULATION_REPORT_H
#define JOURNEY_POPULATION_REPORT_H

#include "fmgr.h"

#include "population/tally.h"
#include "type/row.h"

typedef struct Report Report;

/*
 * A new row, all null, of which the functions below set columns, by their number
 * from 0.  A row is done when the next one begins.
 */
extern void report_row(Report *report);

extern void report_text(Report *report, int column, const char *text, uint32 length);
extern void report_label(Report *report, int column, const Label *label);	/* may be null */
extern void report_integer(Report *report, int column, int32 number);
extern void report_count(Report *report, int column, int64 count);
extern void report_number(Report *report, int column, double number);
extern void report_time(Report *report, int column, int64 time);	/* null if TALLY_NOTHING */
extern void report_boolean(Report *report, int column, bool value);

/* A fraction; null if it is one of nothing. */
extern void report_ratio(Report *report, int column, double some, double all);

/* What a slot of a tally comes to; null if nothing was added to it. */
extern void report_average(Report *report, int column, const TallyDuration *duration);
extern void report_sum(Report *report, int column, const TallySum *sum);

/* A percentile of a distribution, likewise: of durations in seconds, of numbers as they are. */
extern void report_percentile(Report *report, int column, const Tally *tally, uint32 row,
							  uint32 slot, int percent);

#endif							/* JOURNEY_POPULATION_REPORT_H */
