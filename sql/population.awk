# population.awk
#
# Joins the files of the install script, and writes out what stands in them as one
# statement, on a line of its own, that is not SQL's:
#
#   CREATE POPULATION AGGREGATE name(argument type [USUALLY], ...) RETURNS row_type
#       STATE bytes FROM column, ... AS 'comment';
#
# STATE is what the journey form's state takes, for the planner.
# It makes the functions and the aggregates of both forms: name(journey, argument ...),
# also without the arguments that may be left out, and for each column after FROM
# (event, channel, value or score) the keyed form whose columns end with that.

function create(name, arguments, returns, options, comment)
{
	printf "CREATE FUNCTION %s(%s) RETURNS %s\n", name, arguments, returns
	printf "    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE %s;\n", options
	printf "COMMENT ON FUNCTION %s(%s) IS '%s';\n\n", name, arguments, comment
}

function aggregate(name, arguments, transition, type, size, final, more, comment)
{
	printf "CREATE AGGREGATE %s(%s) (\n", name, arguments
	printf "    SFUNC = %s,\n    STYPE = %s,\n    SSPACE = %d,\n", transition, type, size
	printf "    FINALFUNC = %s,\n%s    PARALLEL = SAFE\n);\n", final, more
	printf "COMMENT ON AGGREGATE %s(%s) IS\n    '%s';\n\n", name, arguments, comment
}

# Reads a whole journey and counts a customer: some 300 ns.
function journey_form(name, arguments, size, comment)
{
	create(name "_transition", "journey_tally, journey" arguments, "journey_tally",
		"PARALLEL SAFE COST 20", "aggregate transition function of " name)
	aggregate(name, "journey" arguments, name "_transition", "journey_tally", size, name "_final",
		"    COMBINEFUNC = journey_tally_combine,\n", comment)
}

# Looks labels up and appends a record, which is sorted in the end.
function keyed_form(name, columns, arguments, comment)
{
	create(name "_keyed_transition", "internal, anyelement, " columns arguments, "internal",
		"PARALLEL SAFE COST 5", "aggregate transition function of " name)
	aggregate(name, "customer anyelement, " named(columns) arguments, name "_keyed_transition",
		"internal", 16384, name "_keyed_final",
		"    FINALFUNC_MODIFY = SHAREABLE,\n",
		comment ", straight from rows of an events table")
}

# The columns' names again, in their one order.
function named(columns,    part, n, i, all)
{
	n = split(columns, part, ", ")
	for (i = 1; i <= n; i++)
		all = all (i > 1 ? ", " : "") name_of[i] " " part[i]
	return all
}

BEGIN {
	split("at event channel value score", name_of, " ")
	columns["event"] = "timestamptz, text"
	columns["channel"] = columns["event"] ", text"
	columns["value"] = columns["channel"] ", double precision"
	columns["score"] = columns["value"] ", double precision"
}

/^CREATE POPULATION AGGREGATE / {
	name = $4
	sub(/\(.*/, "", name)
	line = $0
	sub(/^[^(]*\(/, "", line)
	list = substr(line, 1, index(line, ")") - 1)
	line = substr(line, index(line, ")"))
	row = line
	sub(/^\) RETURNS /, "", row)
	sub(/ .*/, "", row)
	state = line
	sub(/^.* STATE /, "", state)
	sub(/ .*/, "", state)
	from = line
	sub(/^.* FROM /, "", from)
	sub(/ AS .*/, "", from)
	comment = line
	sub(/^.* AS '/, "", comment)
	sub(/';$/, "", comment)

	create(name "_final", "journey_tally", row "[]", "STRICT PARALLEL SAFE COST 1000",
		"aggregate final function of " name)
	n = split(list, argument, ", ")
	all = ""
	for (i = 1; i <= n; i++)
	{
		if (argument[i] ~ / USUALLY$/)
			journey_form(name, all, state, comment)
		sub(/ USUALLY$/, "", argument[i])
		all = all ", " argument[i]
	}
	journey_form(name, all, state, comment)
	create(name "_keyed_final", "internal", row "[]", "STRICT PARALLEL SAFE COST 10000",
		"aggregate final function of " name)
	n = split(from, last, ", ")
	for (i = 1; i <= n; i++)
		keyed_form(name, columns[last[i]], all, comment)
	next
}

{ print }
