# An installation that was updated and a fresh one of the same version have the
# same catalogues, row by row; what was stored before the update is as it was.
# The next version here is one that brings nothing, and the one after it brings a
# change that its install script lacks, which must be found.
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
	-- Newer minor versions number the changes of a row type.
	RETURN catalog || ' ' || regexp_replace(r::text, '"pg_attver=[0-9]+"', '');
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

$node->safe_psql('postgres', "ALTER EXTENSION journey UPDATE TO '$versions[1]'");
is($node->safe_psql('postgres', q{SELECT extversion FROM pg_extension WHERE extname = 'journey'}), $versions[1], 'a database with journeys is updated');
is(fingerprint($node), $before, 'its journeys are as they were');
$node->stop;

done_testing();


sub catalogue_of_new
{
	my ($statements) = @_;
	my $database = 'new_' . ++$count;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, $statements);
	return catalogue($database);
}
