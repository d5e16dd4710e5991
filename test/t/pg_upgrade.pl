# pg_upgrade takes a cluster with journeys to the next major version that is
# installed beside this one, and its indexes find them as they are; nothing to do
# where there is only one.
use strict;
use warnings;
use lib 'test/t';
use Common;
use File::Basename qw(dirname);
use PostgreSQL::Test::Utils;
use Test::More;

# Installations beside this one that have a server and its headers.
chomp(my $bindir = `$ENV{PG_CONFIG} --bindir`);
my $here = dirname($bindir);
my ($major) = `$ENV{PG_CONFIG} --version` =~ /(\d+)/;
my %installed = map { m|/(\d+)$| && -x "$_/bin/postgres" && -x "$_/bin/pg_config" ? ($1 => $_) : () } glob dirname($here) . '/*';
for my $other (keys %installed)
{
	chomp(my $headers = `$installed{$other}/bin/pg_config --includedir-server`);
	delete $installed{$other} unless -e "$headers/postgres.h";
}
my @older = grep { $_ < $major } sort { $a <=> $b } keys %installed;
plan skip_all => "no older PostgreSQL with its headers is installed beside $major" unless @older;

# A copy of an installation that has the extension in its own folders, as a DBA
# would have it: both servers must find it under the same name.
sub installation
{
	my ($version) = @_;
	my $config = "$installed{$version}/bin/pg_config";
	my $root = "$PostgreSQL::Test::Utils::tmp_check/root$version";
	chomp(my $share = `$config --sharedir`);

	mkdir $root or die "$root: $!";
	for my $folder ($installed{$version}, $share)
	{
		system_or_bail('mkdir', '-p', $root . dirname($folder));
		system_or_bail('cp', '-RL', $folder, $root . dirname($folder));
	}
	system_or_bail('mkdir', "$root/source");
	system_or_bail('cp', '-R', 'Makefile', 'journey.control', 'sql', 'src', "$root/source");
	system_or_bail('make', '-s', '-C', "$root/source", "PG_CONFIG=$config", 'with_llvm=no', 'install', "DESTDIR=$root");
	return $root . $installed{$version};
}

# Queries that an index answers.  The others are out of the way, so that the plan
# has no choice.
my %questions = (
	shop_hash => 'b.j = a.j',
	shop_unique => 'b.j = a.j AND length(b.j) < 5',
	shop_order => 'b.j >= a.j AND length(b.j) < 25',
	shop_length => 'length(b.j) = length(a.j)',
	shop_matching => q{b.id = a.id AND b.j ~ 'a -> b'});

sub answer
{
	my ($node, $index, $how) = @_;
	my $query = qq{SELECT a.id, ARRAY(SELECT b.id FROM shop b WHERE $questions{$index} ORDER BY b.id) FROM shop a ORDER BY a.id};
	my $others = join ', ', grep { $_ ne $index } sort keys %questions;
	my $settings = $how eq 'index' ? 'SET enable_seqscan = off' : 'SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off';
	return map { $node->safe_psql('postgres', "BEGIN; DROP INDEX $others; ALTER TABLE shop DROP CONSTRAINT shop_pkey; $settings; $_ $query; ROLLBACK") }
	  'EXPLAIN (COSTS OFF)', '';
}

# The settings of the other tests point to the build for one version only.
delete $ENV{TEMP_CONFIG};
my $new_path = installation($major);
for my $old_major (@older)
{
	my $old_path = installation($old_major);
	my $old = new_node("old$old_major", new => { install_path => $old_path });
	my $new = new_node("new$old_major", new => { install_path => $new_path });

	# Versions differ in what they do about checksums by themselves.
	if ($major >= 18 && $old_major < 18)
	{
		$new->clean_node;
		$new = PostgreSQL::Test::Cluster->new("newer$old_major", install_path => $new_path);
		$new->init(extra => [ '-E', 'UTF8', '--no-locale', '--no-data-checksums' ]);
		$new->append_conf('postgresql.conf', "timezone = 'UTC'\n");
	}

	$old->start;
	create_sample($old);
	$old->safe_psql('postgres', q{
		INSERT INTO shop (id, j) SELECT 500 + i, format('2026-03-%s 09:00Z a@"ключ %s" =%s, 2026-03-30 09:00Z b', lpad(i::text, 2, '0'), i, i / 4.0)::journey FROM generate_series(1, 29) i});
	my $before = fingerprint($old);
	# 17.12 numbers the changes of a row type by a setting that 18.6 does not know, so
	# that no table at all could be taken there.
	$old->safe_psql('postgres', q[UPDATE pg_attribute SET attoptions = NULL WHERE attoptions::text LIKE '{pg_attver=%']);
	my %before = map { $_ => (answer($old, $_, 'table'))[1] } keys %questions;
	$old->stop;

	chdir $PostgreSQL::Test::Utils::tmp_check or die $!;
	command_ok([ "$new_path/bin/pg_upgrade", '-b', "$old_path/bin", '-B', "$new_path/bin",
			'-d', $old->data_dir, '-D', $new->data_dir, '-p', $old->port, '-P', $new->port, '-s', $new->host ],
		"pg_upgrade from $old_major to $major")
	  or diag(map { slurp_file($_) =~ /(.{0,2000})\z/s } glob $new->data_dir . '/pg_upgrade_output.d/*/log/pg_upgrade_dump_*.log');
	chdir '../' or die $!;
	$new->start;
	like($new->safe_psql('postgres', 'SHOW server_version'), qr/^$major/, 'the new server runs');
	is(fingerprint($new), $before, 'every journey is as it was, and all that uses the functions');
	for my $index (sort keys %questions)
	{
		my ($plan, $found) = answer($new, $index, 'index');
		like($plan, qr/(Index Scan using|Index Only Scan using|Bitmap Index Scan on) $index\b/, "$index is read");
		is($found, $before{$index}, 'and finds what was there');
	}
	my ($status, $out, $err) = $new->psql('postgres', 'INSERT INTO shop (id, j) SELECT 1000 + id, j FROM shop WHERE id = 510');
	like($err, qr/duplicate key value violates unique constraint "shop_unique"/, 'the unique index knows them');
	$new->safe_psql('postgres', 'REINDEX TABLE shop; ANALYZE shop');
	is(fingerprint($new), $before, 'nothing changed by building the indexes anew');
	$new->stop;
}

done_testing();
