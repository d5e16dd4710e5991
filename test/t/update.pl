# An installation that was updated and a fresh one of the same version have the
# same catalogues, row by row; what was stored before the update is as it was.
# Updates start from every version whose install script is in test/upgrade, and then
# go on to a next version that brings nothing; the one after it brings a change that
# its install script lacks, which must be found.
use strict;
use warnings;
use lib 'test/t';
use Common;
use PostgreSQL::Test::Utils;
use Test::More;

my ($version) = slurp_file('journey.control') =~ /^default_version = '(.*)'/m;
my @versions = ($version, "$version.next", "$version.other");

# What was installed, with two more versions.
my $stage = "$PostgreSQL::Test::Utils::tmp_check/stage";
system_or_bail('cp', '-R', $ENV{JOURNEY_STAGE}, $stage);
my ($folder) = map { s|/[^/]*$||r } split /\n/, `find '$stage' -name journey.control`;
ok($folder, 'the extension was installed');
my $script = slurp_file("$folder/journey--$version.sql");
append_to_file("$folder/journey--$_.sql", $script) for @versions[1, 2];
append_to_file("$folder/journey--$versions[0]--$versions[1].sql", "-- nothing new\n");
append_to_file("$folder/journey--$versions[1]--$versions[2].sql", "ALTER FUNCTION length(journey) COST 7;\n");


# What older versions installed.
my @older = map { m|journey--(.*)\.sql$| } sort glob 'test/upgrade/journey--*.sql';
system_or_bail('cp', "test/upgrade/journey--$_.sql", $folder) for @older;

my $node = new_node('update');
$node->append_conf('postgresql.conf', extension_conf($stage));
$node->start;

# Every catalogue row that belongs to the extension, with names for OIDs.
sub catalogue
{
	my ($database) = @_;
	return $node->safe_psql($database, <<'EOF_SQL');
CREATE FUNCTION pg_temp.name_of(catalog regclass, object oid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT concat(type, ' ', identity) FROM pg_identify_object(catalog, object, 0));
END $$;

-- A row without its own OID, and with a name for each OID that points to another
-- row: a single one, an array of them, or a vector, which looks like a text.
CREATE FUNCTION pg_temp.row_text(catalog regclass, r jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	key record;
BEGIN
	-- The body of a function is a tree with OIDs in it.
	IF r ->> 'prosqlbody' IS NOT NULL THEN
		r := jsonb_set(r, '{prosqlbody}', to_jsonb(pg_get_function_sqlbody((r ->> 'oid')::oid)));
	END IF;
	r := r - 'oid' - 'objoid' - 'relfilenode';
	FOR key IN SELECT fkcols[1] AS name, pktable FROM pg_get_catalog_foreign_keys() WHERE fktable = catalog AND cardinality(fkcols) = 1
	LOOP
		r := jsonb_set(r, ARRAY[key.name], coalesce(CASE
			WHEN jsonb_typeof(r -> key.name) = 'array' THEN
				(SELECT jsonb_agg(pg_temp.name_of(key.pktable, o::oid) ORDER BY n)
				FROM jsonb_array_elements_text(r -> key.name) WITH ORDINALITY a(o, n))
			WHEN r ->> key.name ~ '^[0-9]+( [0-9]+)*$' THEN
				(SELECT jsonb_agg(pg_temp.name_of(key.pktable, o::oid) ORDER BY n)
				FROM string_to_table(r ->> key.name, ' ') WITH ORDINALITY a(o, n))
			END, 'null'));
	END LOOP;
	-- Newer minor versions number the changes of a row type.  An expression tells where in
	-- the script it stood.
	RETURN catalog || ' ' || regexp_replace(regexp_replace(r::text, '"pg_attver=[0-9]+"', ''), ':location -?[0-9]+', '', 'g');
END $$;

CREATE FUNCTION pg_temp.catalogue() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	catalog record;
BEGIN
	-- What the extension contains, and what came into being with that.
	CREATE TEMP TABLE owned AS
		WITH RECURSIVE o(classid, objid) AS (
			SELECT 'pg_extension'::regclass::oid, oid FROM pg_extension WHERE extname = 'journey'
			UNION
			SELECT d.classid, d.objid FROM pg_depend d JOIN o ON d.refclassid = o.classid AND d.refobjid = o.objid
			WHERE d.deptype IN ('e', 'i', 'a'))
		SELECT * FROM o;
	FOR catalog IN
		SELECT DISTINCT classid::regclass AS name, 'oid' AS key FROM owned
		UNION ALL VALUES ('pg_aggregate'::regclass, 'aggfnoid'), ('pg_attribute', 'attrelid'), ('pg_description', 'objoid'),
			('pg_init_privs', 'objoid'), ('pg_index', 'indexrelid')
	LOOP
		RETURN QUERY EXECUTE format('SELECT pg_temp.row_text(%L, to_jsonb(t)) || %s FROM %s t WHERE %I::oid IN (SELECT objid FROM owned %s)',
			catalog.name,
			CASE catalog.key WHEN 'objoid' THEN '(SELECT concat('' of '', type, '' '', identity) FROM pg_identify_object(classoid, objoid, 0))' ELSE '''''' END,
			catalog.name, catalog.key,
			CASE catalog.key WHEN 'oid' THEN format('WHERE classid = %s', catalog.name::oid) WHEN 'objoid' THEN 'WHERE classid = classoid' ELSE '' END);
	END LOOP;
	RETURN QUERY SELECT format('%s: %s depends on %s', deptype, pg_temp.name_of(d.classid, d.objid), pg_temp.name_of(d.refclassid, d.refobjid))
		FROM pg_depend d JOIN owned USING (classid, objid);
END $$;
SELECT line FROM pg_temp.catalogue() AS line ORDER BY line COLLATE "C";
EOF_SQL
}

my $count = 0;
my %catalogue;
for my $version (@versions)
{
	(my $database = "fresh $version") =~ s/\W/_/g;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, "CREATE EXTENSION journey VERSION '$version'");
	$catalogue{$version} = catalogue($database);
}
cmp_ok(scalar split(/\n/, $catalogue{$version}), '>', 300, 'there is something to compare');
like($catalogue{$version}, qr/^pg_$_ /m, "pg_$_ is compared")
  for qw(aggregate amop amproc attribute cast description extension opclass operator opfamily proc type);

# The lines of one that the other lacks, but for the version.
sub compare
{
	my ($fresh, $updated) = map { s/"extversion": "[^"]*"//r } @_;
	my %missing;
	$missing{$_}++ for split /\n/, $fresh;
	return grep { --$missing{$_} < 0 } split /\n/, $updated;
}

create_sample($node);
my $before = fingerprint($node);
is($node->safe_psql('postgres', q{SELECT extversion FROM pg_extension WHERE extname = 'journey'}), $version, 'the control file chooses the version');
my $fresh = catalogue_of_new('CREATE EXTENSION journey');
is(join("\n", compare($catalogue{$version}, $fresh)), '', 'two fresh installations are the same');
is(join("\n", compare($fresh, $catalogue{$version})), '', 'and the other way round');
my $updated = catalogue_of_new("CREATE EXTENSION journey VERSION '$versions[0]'; ALTER EXTENSION journey UPDATE TO '$versions[1]'");
is(join("\n", compare($catalogue{ $versions[1] }, $updated)), '', 'an updated one is a fresh one');
is(join("\n", compare($updated, $catalogue{ $versions[1] })), '', 'and the other way round');
my @differences = compare($catalogue{ $versions[2] },
	catalogue_of_new("CREATE EXTENSION journey VERSION '$versions[0]'; ALTER EXTENSION journey UPDATE TO '$versions[2]'"));
is(scalar @differences, 1, 'a difference is found');
like($differences[0], qr/^pg_proc .*"length"/, 'and named');

# From older versions: a difference is to be mended in the update script.
for my $old (@older)
{
	$updated = catalogue_of_new("CREATE EXTENSION journey VERSION '$old'; ALTER EXTENSION journey UPDATE");
	is(join("\n", compare($fresh, $updated)), '', "$old, updated, has nothing that a fresh $version lacks");
	is(join("\n", compare($updated, $fresh)), '', "$old, updated, lacks nothing");
	data_of_older($old);
}

$node->safe_psql('postgres', "ALTER EXTENSION journey UPDATE TO '$versions[1]'");
is($node->safe_psql('postgres', q{SELECT extversion FROM pg_extension WHERE extname = 'journey'}), $versions[1], 'a database with journeys is updated');
is(fingerprint($node), $before, 'its journeys are as they were');
$node->stop;

done_testing();

# Tables, views and indexes of an older version are as if they had been made now.
sub data_of_older
{
	my ($old) = @_;
	my @sample = (slurp_file('test/roundtrip/sample.sql'), q{
		CREATE DOMAIN trip AS journey;
		CREATE TYPE pair AS (name text, j journey);
		CREATE TABLE more (id int, j journey, t trip, p pair, several journey[], ordered boolean GENERATED ALWAYS AS (j > '') STORED,
			EXCLUDE USING hash (j WITH =) WHERE (id >= 0), CHECK (j IS DISTINCT FROM ''));
		-- they agree in start, end and length
		INSERT INTO more SELECT i, t::journey, t::journey, ROW('x', t::journey)::pair, ARRAY[t::journey] FROM generate_series(1, 3000) i,
			LATERAL (SELECT format('2026-03-01 09:00Z a@%s =%s, 2026-03-02 09:00Z b@%s', md5(i::text), i / 7.0, i * i % 17)) t(t);
		CREATE UNIQUE INDEX more_unique ON more (id, j);
		CREATE INDEX more_order ON more (j DESC) INCLUDE (t);
		CREATE INDEX more_domain ON more (t);
		CREATE INDEX more_pair ON more (p);
		CREATE INDEX more_array ON more USING hash (several);
		CREATE INDEX more_less ON more (id) WHERE j < '2026-03-01 09:00Z a@8, 2026-03-02 09:00Z b';
		CREATE TABLE listed (j journey) PARTITION BY LIST (j);
		CREATE TABLE listed_empty PARTITION OF listed FOR VALUES IN ('');
		CREATE TABLE listed_rest PARTITION OF listed DEFAULT;
		CREATE INDEX ON listed (j);
		INSERT INTO listed SELECT j FROM more UNION ALL SELECT '';
		CREATE VIEW pairs AS SELECT a.id, b.id AS other FROM more a JOIN more b ON a.j = b.j;
		CREATE VIEW tries AS SELECT a.attempt, a.value, a::text AS whole, ended.at FROM more, attempts(j, 'a -> b') a, attempts(j, 'a') AS ended(n, since, at), before(j, 'b') s WHERE s <> '';
		CREATE FUNCTION how_many(t journey) RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM more WHERE j = t; END;
		CREATE TABLE rows_of (customer int, at timestamptz, event text, channel text, value float8) WITH (parallel_workers = 2);
		INSERT INTO rows_of SELECT i / 3, timestamptz '2026-03-01' + make_interval(mins => i), (ARRAY['visit', 'cart', 'buy'])[1 + i % 3], 'web', i FROM generate_series(1, 30000) i;
		CREATE VIEW keyed AS SELECT stage_funnel(customer, at, event, 'visit -> buy') AS a,
			stage_funnel(customer, at, event, channel, 'visit@web -> buy') AS b, stage_funnel(customer, at, event, channel, value, 'visit -> cart') AS c FROM rows_of;
	});
	my $parallel = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0.1; SET cpu_tuple_cost = 1; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2';
	my $count_found = q{SELECT
		(SELECT sum((SELECT count(*) FROM more b WHERE b.j = a.j)) FROM more a), (SELECT sum((SELECT count(*) FROM more b WHERE b.t = a.t)) FROM more a),
		(SELECT sum((SELECT count(*) FROM more b WHERE b.p = a.p)) FROM more a), (SELECT sum((SELECT count(*) FROM more b WHERE b.several = a.several)) FROM more a),
		(SELECT sum((SELECT count(*) FROM more b WHERE b.j = a.j AND b.id = a.id)) FROM more a),
		(SELECT sum((SELECT count(*) FROM listed b WHERE b.j = a.j)) FROM listed a), (SELECT count(*) FROM pairs), (SELECT sum(how_many(j)) FROM more),
		(SELECT count(*) FROM shop a JOIN shop b ON a.j = b.j), (SELECT md5(string_agg(id::text, ' ' ORDER BY j)) FROM more),
		(SELECT count(*) FROM more WHERE j < '2026-03-01 09:00Z a@8, 2026-03-02 09:00Z b')};
	my @copies = (q{SELECT attrelid::regclass, attname, attcollation FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND attnum > 0 ORDER BY 1::text COLLATE "C", 2},
		q{SELECT indexrelid::regclass, indcollation FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace = 'public'::regnamespace ORDER BY 1::text COLLATE "C"},
		q{SELECT partrelid::regclass, partcollation FROM pg_partitioned_table},
		q{SELECT typname, typcollation FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typname NOT LIKE 'pg_%' ORDER BY 1});
	my ($was, $now) = map { "data_${_}_" . $old =~ s/\W/_/gr } qw(was now);

	$node->safe_psql('postgres', "CREATE DATABASE $_") for $was, $now;
	$node->safe_psql($was, "CREATE EXTENSION journey VERSION '$old'");
	$node->safe_psql($now, 'CREATE EXTENSION journey');
	for my $database ($was, $now)
	{
		$node->safe_psql($database, $_) for @sample;
	}
	my $stored = $node->safe_psql($was, slurp_file('test/roundtrip/fingerprint.sql'));
	my $found = $node->safe_psql($now, "SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off; $count_found");

	# Views of a function that has got a column since.
	$node->safe_psql($was, q{CREATE VIEW seven AS SELECT t.* FROM more, ROWS FROM (attempts(j, 'a -> b'), unnest(ARRAY[7])) AS t(n, since, until, r, c, e, s, v, seven)});
	my $tries = $node->safe_psql($now, 'SELECT count(*), sum(value), min(at), min(attempt) FROM tries');
	my ($status, $out, $err) = $node->psql($was, 'TABLE tries');
	like($err, qr/ERROR:  function attempts\(journey,text\) does not have the columns.*HINT:  .*run ALTER EXTENSION journey UPDATE\./s, 'its function says what to do');

	# The library no longer has what sent rows from workers to the leader.
	my $funnels = $node->safe_psql($now, 'TABLE keyed');
	is($node->safe_psql($was, 'SET max_parallel_workers_per_gather = 0; TABLE keyed'), $funnels, 'without workers its aggregates over rows answer');
	($status, $out, $err) = $node->psql($was, "$parallel; TABLE keyed");
	like($err, qr/ERROR:  rows of an events table are no longer collected by parallel workers.*HINT:  Run ALTER EXTENSION journey UPDATE\./s, 'with workers they say what to do');
	$node->safe_psql($was, 'CREATE AGGREGATE own (anyelement, timestamptz, text, text) (SFUNC = stage_funnel_keyed_transition, STYPE = internal,
		FINALFUNC = stage_funnel_keyed_final, FINALFUNC_MODIFY = SHAREABLE,
		COMBINEFUNC = journey_eventlog_combine, SERIALFUNC = journey_eventlog_serial, DESERIALFUNC = journey_eventlog_deserial)');
	($status, $out, $err) = $node->psql($was, 'ALTER EXTENSION journey UPDATE');
	like($err, qr/DETAIL:  function own\(.* depends on function journey_eventlog_combine/, 'an aggregate made of its functions stops the update, and is named');
	$node->safe_psql($was, 'DROP AGGREGATE own (anyelement, timestamptz, text, text)');

	$node->safe_psql($was, 'CREATE TABLE hashed (j journey) PARTITION BY HASH (j)');
	($status, $out, $err) = $node->psql($was, 'ALTER EXTENSION journey UPDATE');
	like($err, qr/cannot update the extension while tables are partitioned by a journey.*DETAIL:  These are: hashed\./s, 'a table partitioned by hash stops the update');
	$node->safe_psql($was, 'DROP TABLE hashed');
	($status, $out, $err) = $node->psql($was, 'ALTER EXTENSION journey UPDATE', on_error_die => 1);
	like($err, qr/WARNING:  indexes with expressions.*These are: more_less, shop_length, shop_matching, shop_order, shop_unique\./s, 'indexes that should be made anew are named');
	is($node->safe_psql($was, slurp_file('test/roundtrip/fingerprint.sql')), $stored, "data of $old are as they were");
	is($node->safe_psql($was, "$parallel; TABLE keyed"), $funnels, 'views of aggregates over rows are there, and answer in every plan');
	like($node->safe_psql($was, "$parallel; EXPLAIN (COSTS OFF) TABLE keyed"), qr/^Aggregate.*Gather/s, 'workers read, and one process counts');
	is($node->safe_psql($was, 'SELECT count(*), sum(value), min(at), min(attempt) FROM tries'), $tries, 'views of a function with a new column are there, and answer');
	is($node->safe_psql($was, q{SELECT DISTINCT whole ~ '"\)$' FROM tries}), 't', 'its rows have the column');
	is($node->safe_psql($was, 'SELECT DISTINCT seven FROM seven'), '7', 'what stands beside it is where it was');
	$node->safe_psql($was, sprintf 'CREATE VIEW again AS %s', $node->safe_psql($was, q{SELECT pg_get_viewdef('tries')}));
	is($node->safe_psql($was, 'SELECT count(*), sum(value), min(at), min(attempt) FROM again'), $tries, 'they can be dumped');
	$node->safe_psql($was, 'DROP VIEW again, seven');
	for my $query (@copies)
	{
		my @copies = map { $node->safe_psql($_, $query) } $was, $now;
		is(join("\n", compare(@copies)), '', 'copies of the collation are everywhere');
		is(join("\n", compare(reverse @copies)), '', 'and nowhere else');
	}
	is($node->safe_psql($was, "SET enable_seqscan = off; SET enable_sort = off; SET enable_hashjoin = off; $count_found"), $found, 'indexes find everything');
	$node->safe_psql($was, 'CREATE VIEW made_now AS SELECT j, t, several FROM more; CREATE INDEX ON more (id, t); CREATE TABLE taken AS TABLE pairs; CREATE TABLE also AS SELECT j FROM more');
	my ($plan) = $node->safe_psql($was, q{SET enable_seqscan = off; EXPLAIN (COSTS OFF) SELECT j FROM more ORDER BY j DESC LIMIT 1});
	like($plan, qr/more_order/, 'and new queries use them');
	$node->safe_psql($was, 'DROP INDEX shop_length; CREATE INDEX shop_length ON shop (length(j))');
	like($node->safe_psql($was, 'SET enable_seqscan = off; EXPLAIN (COSTS OFF) SELECT id FROM shop WHERE length(j) = 3'), qr/shop_length/, 'one that was made anew is used, too');
	return;
}

sub catalogue_of_new
{
	my ($statements) = @_;
	my $database = 'new_' . ++$count;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, $statements);
	return catalogue($database);
}
