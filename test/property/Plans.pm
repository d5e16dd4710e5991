# The same population aggregate in both forms and under several plans: from journeys and
# straight from rows, serial, in parallel workers and per partition, grouped and under
# ROLLUP, spilling.  Each must give the rows of a table of expected ones, and the planner
# must have made the plan that was meant.
#
# Populations stand in population_journeys (no, part, customer, journey, configuration ...)
# and population_rows (no, part, customer, at, event, channel, value, score, configuration
# ...); part 0 or 1 is what a customer belongs to, -1 is both.

package Plans;

use strict;
use warnings;
use Exporter 'import';

our @EXPORT_OK = qw(near_function population_tables compare_plans wrong_plans same_answers);

# Two numbers, as near as such a part of the first, and nearer than nothing.
sub near_function
{
	return <<'SQL';
CREATE FUNCTION pg_temp.near(a double precision, b double precision, part double precision) RETURNS boolean LANGUAGE sql
	RETURN (a IS NULL) = (b IS NULL) AND coalesce(abs(a - b) <= part * abs(a) + 1e-15, true);
SQL
}

# The planner combines the states of parts only if it believes in few groups.
sub population_tables
{
	my ($journeys_file, $rows_file, $configuration) = @_;
	my $script = <<"SQL";
DROP TABLE IF EXISTS population_journeys, population_rows;
CREATE TABLE population_journeys (no int, part int, customer bigint, journey journey, $configuration) PARTITION BY LIST (part);
CREATE TABLE population_rows (no int, part int, customer bigint, at timestamptz, event text, channel text,
	value double precision, score double precision, $configuration) PARTITION BY LIST (part);
SQL

	foreach my $table (qw(population_journeys population_rows))
	{
		$script .= "ALTER TABLE $table ALTER no SET (n_distinct_inherited = 2);\n";
		foreach my $part (0, 1)
		{
			$script .= "CREATE UNLOGGED TABLE $table$part PARTITION OF $table FOR VALUES IN ($part) WITH (parallel_workers = 2);\n"
			  . "ALTER TABLE $table$part ALTER no SET (n_distinct = 2);\n";
		}
	}
	return $script . <<"SQL";
\\copy population_journeys FROM '$journeys_file'
\\copy population_rows FROM '$rows_file'
ANALYZE population_journeys, population_rows;
SQL
}

# Name, what its plan must show, settings, from journeys?, customer, GROUP BY.  Workers and
# partitions must seem cheap, and rows dear.
sub plans
{
	my $partial = "SET cpu_tuple_cost = 10;\nSET parallel_tuple_cost = 10;\n";
	my $parallel = "$partial SET max_parallel_workers_per_gather = 2;\nSET parallel_setup_cost = 0;\n"
	  . "SET min_parallel_table_scan_size = 0;\nSET parallel_leader_participation = off;\n";
	my $partitions = "$partial SET enable_partitionwise_aggregate = on;\n";
	my $text = q{'customer ' || customer};

	return (
		[ 'journeys, rollup', 'Aggregate', '', 1, undef, 'no, ROLLUP (part)' ],
		[ 'journeys, parallel', 'Finalize.*Gather.*Partial', $parallel, 1, undef, 'no' ],
		[ 'journeys, partition-wise', 'Finalize.*Append.*Partial', $partitions, 1, undef, 'no' ],
		[ 'journeys, partition-wise and parallel', 'Finalize.*Gather.*Parallel Append.*Partial',
			"$parallel SET enable_partitionwise_aggregate = on;\n", 1, undef, 'no' ],
		[ 'rows, rollup', 'Aggregate', '', 0, 'customer', 'no, ROLLUP (part)' ],
		[ 'rows, text customers', 'Aggregate', '', 0, $text, 'no, ROLLUP (part)' ],
		[ 'rows, parallel allowed', 'Aggregate', $parallel, 0, 'customer', 'no' ],
		[ 'rows, partitions allowed', 'Aggregate', $partitions, 0, 'customer', 'no' ],
		[ 'rows, spilling', 'Aggregate', "SET work_mem = '64kB';\nSET hash_mem_multiplier = 1;\n", 0, 'customer', 'no' ]);
}

# Is given
#	aggregate, configuration => its arguments' columns,
#	columns => [ [ name, type, how much of it it may be off ], ... ], as the answer has them,
#	key => [ columns that tell its rows apart, line among them where there is an order ], expected => the table of expected rows, with
#	no, part, and form: "journey", or the columns that rows had beside event
#	keyed => [ such columns, for each keyed form ],
#	remark => what to say of a population beside its journeys
# and returns a script that prints "differ ..." for each row that does.
sub compare_plans
{
	my (%what) = @_;
	my $script = '';
	my @columns = @{ $what{columns} };
	my $names = join ', ', map { $_->[0] } @columns;
	my $row = sub { my ($of) = @_; return 'ROW(' . join(', ', map { "$of.$_" } @{ $what{key} }) . ')::text' };
	my @wrong = map {
		my ($name, undef, $off) = @$_;
		$off ? "NOT pg_temp.near(e.$name, a.$name, $off)" : "e.$name IS DISTINCT FROM a.$name"
	} @columns;

	foreach my $plan (plans())
	{
		my ($name, undef, $settings, $from_journeys, $customer, $grouping) = @$plan;

		foreach my $of ($from_journeys ? 'journey' : @{ $what{keyed} })
		{
			my $call = $from_journeys ? 'journey' : join ', ', $customer, 'at', 'event', $of || ();
			my $part = $grouping =~ /ROLLUP/ ? 'coalesce(part, -1)' : '-1';
			my $which = $grouping =~ /ROLLUP/ ? 'true' : 'part = -1';
			my $table = $from_journeys ? 'population_journeys' : 'population_rows';
			my $configuration = $what{configuration} ? ", $what{configuration}" : '';
			my $title = "$what{aggregate}, $name" . ($of && !$from_journeys ? ", $of" : '');
			my $query = "SELECT no, part, a.* FROM (SELECT no, $part AS part, $what{aggregate}($call$configuration) AS f"
			  . " FROM $table GROUP BY $grouping) q CROSS JOIN unnest(q.f) WITH ORDINALITY a($names, line)";

			$script .= <<"SQL";
SET max_parallel_workers_per_gather = 0;
$settings
\\echo plan of $title
EXPLAIN (COSTS off) $query;
CREATE TEMPORARY TABLE answers AS $query;
RESET ALL;
SELECT concat_ws(E'\\n', 'differ, $title', 'expected ' || e::text, 'got      ' || a::text, $what{remark},
	(SELECT string_agg('    ' || customer || ': ' || journey::text, E'\\n' ORDER BY customer) FROM population_journeys j
	 WHERE j.no = coalesce(e.no, a.no) AND coalesce(e.part, a.part) IN (-1, j.part)))
FROM (SELECT *, @{[ $row->('e') ]} AS key FROM $what{expected} e WHERE $which AND form = '$of') e
FULL JOIN (SELECT *, @{[ $row->('a') ]} AS key FROM answers a) a ON (e.no, e.part, e.key) = (a.no, a.part, a.key)
WHERE e.no IS NULL OR a.no IS NULL OR @{[ join ' OR ', @wrong ]}
ORDER BY (SELECT count(*) FROM population_rows r WHERE r.no = coalesce(e.no, a.no) AND coalesce(e.part, a.part) IN (-1, r.part)),
	coalesce(e.no, a.no), coalesce(e.part, a.part) DESC, a.line LIMIT 3;
DROP TABLE answers;
SQL
		}
	}
	return $script;
}

# Arguments that are left out are as those that are usual.
sub same_answers
{
	my ($aggregate, $short, $long) = @_;

	return <<"SQL";
SELECT \$\$differ, $aggregate($short) and ($long): \$\$ || string_agg(journey::text, ' | ') FROM population_journeys GROUP BY no
HAVING $aggregate($short)::text IS DISTINCT FROM $aggregate($long)::text LIMIT 3;
SQL
}

# What was printed: the names of plans that are not those wanted, of the aggregates.
sub wrong_plans
{
	my ($rows, @aggregates) = @_;
	my (%plan, @wrong);
	my $name = '';

	foreach (@$rows)
	{
		$name = $1, next if /^plan of (.*)/;
		$plan{$name} .= $_;
	}
	foreach my $plan (plans())
	{
		foreach my $aggregate (@aggregates)
		{
			my @of = grep { /^\Q$aggregate, $plan->[0]\E(?:, (?:channel|value|score).*)?$/ } keys %plan;

			push @wrong, "$aggregate, $plan->[0]" unless @of && !grep { $plan{$_} !~ /$plan->[1]/ } @of;
		}
	}
	return @wrong;
}

1;
