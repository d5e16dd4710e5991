/*
 * row.h
 *		Rows that functions return: their columns are declared once, and what the
 *		catalogue says is held against them before anything is written.  So neither
 *		ALTER TYPE nor SQL of another version than the library's makes it write
 *		beside an array.
 */
#ifndef JOURNEY_TYPE_ROW_H
#define JOURNEY_TYPE_ROW_H

#include "access/tupdesc.h"
#include "fmgr.h"

#include "type/columns.h"

typedef struct RowColumn
{
	const char *name;
	Oid			type;			/* invalid for one of the extension, whose number is not known */
} RowColumn;

/* Refuses what a function would return unless it has these columns. */
extern void row_check(Oid function, TupleDesc desc, const RowColumn *column, int columns);

/* The row type of a call that returns one, or some one at a time. */
extern TupleDesc row_of_call(FunctionCallInfo fcinfo, const RowColumn *column, int columns);

/* Begins the rows of a call that returns them in a tuplestore. */
extern void row_set_of_call(FunctionCallInfo fcinfo, const RowColumn *column, int columns);

/* A column that is the label of this code, or null. */
extern void row_put_label(const JourneyColumns *columns, uint32 code, Datum *value, bool *isnull);

#endif							/* JOURNEY_TYPE_ROW_H */
