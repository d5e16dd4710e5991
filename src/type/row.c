/*
 * row.c
 *		Rows that functions return, held against what is written.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/regproc.h"

#include "compat.h"
#include "type/row.h"

static void
refuse_row(Oid function, TupleDesc desc, const char *detail)
{
	const char *hint =
		gettext_noop("After an update of the library connect anew, and run ALTER EXTENSION journey UPDATE. "
					 "The extension's own objects must stay as it made them.");

	if (desc->tdtypeid == RECORDOID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("function %s does not have the columns that this library of journey writes",
						format_procedure(function)),
				 errdetail_internal("%s", detail), errhint("%s", _(hint))));
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("type %s does not have the columns that this library of journey writes",
					format_type_be(desc->tdtypeid)),
			 errdetail_internal("%s", detail), errhint("%s", _(hint))));
}

static bool
is_column(Form_pg_attribute attribute, const RowColumn *column)
{
	return !attribute->attisdropped && strcmp(NameStr(attribute->attname), column->name) == 0 &&
		(!OidIsValid(column->type) || attribute->atttypid == column->type);
}

void
row_check(Oid function, TupleDesc desc, const RowColumn *column, int columns)
{
	if (desc->natts != columns)
		refuse_row(function, desc, psprintf(_("It has %d columns, and %d are written."),
											desc->natts, columns));
	for (int i = 0; i < columns; i++)
		if (!is_column(TupleDescAttr(desc, i), &column[i]))
			refuse_row(function, desc,
					   psprintf(_("Column %d is not \"%s\" of type %s."), i + 1, column[i].name,
								OidIsValid(column[i].type) ?
								format_type_be(column[i].type) : column[i].name));
}

TupleDesc
row_of_call(FunctionCallInfo fcinfo, const RowColumn *column, int columns)
{
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	row_check(fcinfo->flinfo->fn_oid, desc, column, columns);
	return BlessTupleDesc(desc);
}

void
row_set_of_call(FunctionCallInfo fcinfo, const RowColumn *column, int columns)
{
	InitMaterializedSRF(fcinfo, 0);
	row_check(fcinfo->flinfo->fn_oid, ((ReturnSetInfo *) fcinfo->resultinfo)->setDesc,
			  column, columns);
}

void
row_put_label(const JourneyColumns *columns, uint32 code, Datum *value, bool *isnull)
{
	const Label *label = &columns->labels->label[code];

	*isnull = code == LABEL_NONE;
	*value = *isnull ? (Datum) 0 :
		PointerGetDatum(cstring_to_text_with_len(label->text, label->length));
}
