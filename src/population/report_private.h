/*
 * report_private.h
 *		Beginning and ending a report, for those who make an answer of one.
 */
#ifndef JOURNEY_POPULATION_REPORT_PRIVATE_H
#define JOURNEY_POPULATION_REPORT_PRIVATE_H

#include "access/tupdesc.h"

#include "population/report.h"

/* A row type whose columns were looked at; all zero: not yet. */
typedef struct ReportType
{
	Oid			row_type;
	TupleDesc	desc;
} ReportType;

extern void report_look_up_type(FunctionCallInfo fcinfo, const RowColumn *column, int columns,
								ReportType *type);
extern Report *report_begin(const ReportType *type);
extern Datum report_end(Report *report);

#endif							/* JOURNEY_POPULATION_REPORT_PRIVATE_H */
