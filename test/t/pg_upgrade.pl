# pg_upgrade takes a cluster with journeys to the next major version that is
# installed beside this one; nothing to do where there is only one.
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
	my $before = fingerprint($old);
	$old->stop;

	chdir $PostgreSQL::Test::Utils::tmp_check or die $!;
	command_ok([ "$new_path/bin/pg_upgrade", '-b', "$old_path/bin", '-B', "$new_path/bin",
			'-d', $old->data_dir, '-D', $new->data_dir, '-p', $old->port, '-P', $new->port, '-s', $new->host ],
		"pg_upgrade from $old_major to $major");
	chdir '../' or die $!;
	$new->start;
	like($new->safe_psql('postgres', 'SHOW server_version'), qr/^$major/, 'the new server runs');
	is(fingerprint($new), $before, 'every journey is as it was, and all that uses the functions');
	is($new->safe_psql('postgres', q{SELECT count(*) FROM shop a, shop b WHERE a.j = b.j AND a.id < b.id}), 0, 'journeys compare');
	$new->safe_psql('postgres', 'SET enable_seqscan = off; REINDEX TABLE shop; ANALYZE shop');
	$new->stop;
}

done_testing();
