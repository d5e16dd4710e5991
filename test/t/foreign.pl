# postgres_fdw ships what the extension brings to a server that has it, too; the
# answers are those of the local table.  Collations of journeys mean nothing, and
# nothing fails because of them.
use strict;
use warnings;
use lib 'test/t';
use Common;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('foreign');
$node->start;
plan skip_all => 'there is no postgres_fdw'
  if $node->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'postgres_fdw'}) eq '0';

my $port = $node->port;
my $host = $node->host;
$node->safe_psql('postgres', 'CREATE DATABASE far');
for my $database ('far', 'postgres')
{
	$node->safe_psql($database, 'CREATE EXTENSION journey');
	$node->safe_psql($database, slurp_file('test/roundtrip/sample.sql'));
}
$node->safe_psql('far', q{CREATE TABLE clicks AS SELECT i % 50 AS customer, '2026-03-01 00:00Z'::timestamptz + i * interval '17 minutes' AS at, (ARRAY['visit', 'cart', 'buy'])[1 + i * i % 3] AS event FROM generate_series(1, 2000) i});
$node->safe_psql('postgres', qq{
	CREATE EXTENSION postgres_fdw;
	CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'far', extensions 'journey');
	CREATE USER MAPPING FOR CURRENT_USER SERVER far;
	CREATE FOREIGN TABLE far_shop (id int, j journey, state journey_tally, several journey[]) SERVER far OPTIONS (table_name 'shop');
	CREATE FOREIGN TABLE far_clicks (customer int, at timestamptz, event text) SERVER far OPTIONS (table_name 'clicks');
	CREATE TABLE clicks AS TABLE far_clicks;
});

# What is sent, and that it is what the local table answers.
sub ships
{
	my ($what, $query, $sent) = @_;
	my $plan = $node->safe_psql('postgres', "EXPLAIN (VERBOSE, COSTS OFF) $query");
	like($plan, qr/Remote SQL: .*$sent/, "$what is shipped");
	unlike($plan, qr/^\s*Filter|Aggregate$/m, 'and nothing is left to do here');
	my $answer = $node->safe_psql('postgres', $query);
	isnt($answer, '', 'there is an answer');
	is($answer, $node->safe_psql('postgres', $query =~ s/\bfar_//gr), 'and it is the local one');
	return;
}

ships('~', q{SELECT id FROM far_shop WHERE j ~ 'e1* -> e2*' ORDER BY id}, q{WHERE .*OPERATOR\(public\.~\) 'e1\* -> e2\*'});
ships('!~', q{SELECT id FROM far_shop WHERE j !~ 'e1* -> e2*' ORDER BY id}, q{OPERATOR\(public\.!~\)});
ships('a function of a journey and a text', q{SELECT id FROM far_shop WHERE reached(j, 'e1* -> e2* within 1 day') = 2 ORDER BY id}, q{public\.reached\(});
ships('a comparison', q{SELECT id FROM far_shop WHERE j = '2026-03-01 09:00:00+00 visit' AND length(j) < 5}, q{OPERATOR\(public\.=\).*public\.length\(});
ships('stage_funnel', q{SELECT stage_funnel(j, 'e1* -> e2* within 1 day') FROM far_shop}, q{public\.stage_funnel\(});
ships('stage_funnel of some', q{SELECT stage_funnel(j, 'e1* -> e2* within 1 day') FROM far_shop WHERE j ~ 'e1*' AND started_at(j) > '2026-01-01 00:00Z'}, q{public\.stage_funnel\(.* WHERE });
ships('stage_funnel of rows', q{SELECT stage_funnel(customer, at, event, 'visit -> cart -> buy within 1 day') FROM far_clicks}, q{public\.stage_funnel\(});
ships('session_summary', q{SELECT session_summary(j) FROM far_shop}, q{public\.session_summary\(});
ships('journey_map', q{SELECT journey_map(j, 'a: e1*; b (during): e2* after e1*') FROM far_shop}, q{public\.journey_map\(});
ships('journey_agg', q{SELECT customer, journey_agg(at, event) FROM far_clicks GROUP BY customer ORDER BY customer}, q{public\.journey_agg\(});
is($node->safe_psql('postgres', q{SELECT s.stage, s.customers FROM unnest((SELECT stage_funnel(j, 'e1* -> e2* within 1 day') FROM far_shop)) s}),
	$node->safe_psql('far', q{SELECT s.stage, s.customers FROM unnest((SELECT stage_funnel(j, 'e1* -> e2* within 1 day') FROM shop)) s}), 'the rows of an answer');
unlike($node->safe_psql('postgres', q{BEGIN; ALTER SERVER far OPTIONS (SET extensions ''); EXPLAIN (VERBOSE, COSTS OFF) SELECT stage_funnel(j, 'a') FROM far_shop WHERE j ~ 'a'; ROLLBACK}),
	qr/Remote SQL: .*(stage_funnel|~)/, 'nothing of it is shipped to a server that is not said to have it');

# Every array type of the extension's types belongs to it, and goes with it.
is($node->safe_psql('postgres', q{SELECT a.oid::regtype FROM pg_type t JOIN pg_type a ON a.oid = t.typarray JOIN pg_depend d ON d.objid = t.oid AND d.classid = 'pg_type'::regclass AND d.deptype = 'e'
	WHERE NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = 'pg_type'::regclass AND m.objid = a.oid AND m.deptype = 'e')}), '', 'array types are members');
$node->safe_psql('postgres', 'CREATE DATABASE briefly');
is($node->safe_psql('briefly', q{CREATE SCHEMA "Odd ""one"; CREATE EXTENSION journey SCHEMA "Odd ""one"; DROP EXTENSION journey; SELECT count(*) FROM pg_type WHERE typname LIKE '%funnel_stage%'}), '0', 'and are dropped with it');

# Collations.
my $collated = q{CREATE TABLE collated (id int, c journey COLLATE "C", p journey COLLATE "POSIX", j journey);
	INSERT INTO collated SELECT id, j, j, j FROM shop WHERE length(j) < 25;
	CREATE INDEX ON collated (c); CREATE UNIQUE INDEX ON collated (id, j COLLATE "POSIX"); CREATE INDEX ON collated USING hash (p);};
$node->safe_psql('postgres', $collated);
my $order = $node->safe_psql('postgres', 'SELECT j FROM collated ORDER BY j');
is($node->safe_psql('postgres', "SELECT j FROM collated ORDER BY $_"), $order, "the order is the same by $_")
  for 'j COLLATE "C"', 'j COLLATE "POSIX"', 'c', 'p', 'c COLLATE "POSIX"';
is($node->safe_psql('postgres', 'SET enable_seqscan = off; SET enable_sort = off; SELECT j FROM collated ORDER BY c'), $order, 'also out of an index');
is($node->safe_psql('postgres', "SELECT $_ FROM collated"), 't', $_) for 'bool_and(c = p)', 'NOT bool_or(c < p)', 'bool_and(c <= j)', q{bool_and((c ~ 'e1*') = (p ~ 'e1*'))},
  'count(DISTINCT c) = count(DISTINCT p)', 'count(*) > 0 AND (SELECT count(*) FROM collated a JOIN collated b ON a.c = b.p) = (SELECT count(*) FROM collated a JOIN collated b ON a.j::text = b.j::text)';
is($node->safe_psql('postgres', "SELECT count(*) FROM ($_) q"), $node->safe_psql('postgres', 'SELECT count(DISTINCT j) FROM collated'), $_)
  for 'SELECT j FROM collated UNION SELECT c FROM collated', 'SELECT DISTINCT c FROM collated', 'SELECT c COLLATE "C" FROM collated UNION SELECT p COLLATE "C" FROM collated',
  'SELECT c FROM collated INTERSECT SELECT j FROM collated';
my ($status, $out, $err) = $node->psql('postgres', 'SELECT c FROM collated UNION SELECT p FROM collated');
like($err, qr/collation mismatch between implicit collations "C" and "POSIX"/, 'two columns that were given different collations must be told which, as of text');
is($node->safe_psql('postgres', 'SELECT count(*) FROM (SELECT c FROM collated UNION ALL SELECT p FROM collated) q'), 2 * $node->safe_psql('postgres', 'SELECT count(*) FROM collated'), 'not where nothing is compared');

# A dump brings them back.
my $dump = "$PostgreSQL::Test::Utils::tmp_check/collated.sql";
$node->command_ok([ 'pg_dump', '-f', $dump, '-t', 'collated', 'postgres' ], 'a table is dumped');
like(slurp_file($dump), qr/c public\.journey COLLATE pg_catalog\."C",.*j public\.journey\n/s, 'with the collations that were said');
$node->safe_psql('far', slurp_file($dump));
is($node->safe_psql('far', 'SELECT j FROM collated ORDER BY c'), $order, 'and restored');
$node->stop;

done_testing();
