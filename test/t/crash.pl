# A backend that dies in the middle of an aggregate, a server that dies in the
# middle of loading: what was committed is there, what was not is not, and no
# temporary file stays.
use strict;
use warnings;
use lib 'test/t';
use Common;
use IPC::Run qw(start);
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('crash');
$node->append_conf('postgresql.conf', "restart_after_crash = on\nwork_mem = '1MB'\nmax_parallel_workers_per_gather = 0\n");
$node->start;
create_sample($node);
my $sample = fingerprint($node);
$node->safe_psql('postgres', q{
	CREATE TABLE events AS
		SELECT i % 200000 AS customer, '2026-01-01 00:00Z'::timestamptz + make_interval(secs => i::bigint * 7919 % 2592000) AS at,
			chr(97 + i * 31 % 13) AS event, 'channel ' || i % 10 AS channel
		FROM generate_series(1, 1500000) i;
});

sub temporary_files
{
	return grep { -s } glob $node->data_dir . '/base/pgsql_tmp/*';
}

# Whatever works in the server's data folder.
sub server_processes
{
	return map { m|/(\d+)/cwd$| && (readlink // '') eq $node->data_dir ? $1 : () } glob '/proc/[0-9]*/cwd';
}

# The backend that runs a statement, once it writes temporary files.
sub spilling_backend
{
	my $pid;
	wait_until(sub {
		$pid = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT /* victim */%'});
		return $pid ne '' && scalar temporary_files();
	});
	return $pid;
}

# A client in the background: runs a file, and prints to another one.
sub client
{
	my ($name, $statements) = @_;
	my $base = "$PostgreSQL::Test::Utils::tmp_check/$name";
	append_to_file("$base.sql", $statements);
	return start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', "$base.sql" ],
		'<', '/dev/null', '>', "$base.out", '2>', "$base.err");
}

sub printed
{
	my ($name) = @_;
	return slurp_file("$PostgreSQL::Test::Utils::tmp_check/$name.out");
}

my %victims = ('building journeys' =>
	'SELECT /* victim */ count(j) FROM (SELECT journey_agg(at, event, channel) AS j FROM events GROUP BY customer) q');
$victims{'a keyed funnel'} =
  q{SELECT /* victim */ stage_funnel(customer, at, event, channel, 'a -> b -> c -> d within 7 days') FROM events, generate_series(1, 3)}
  if $node->safe_psql('postgres', q{SELECT to_regprocedure('stage_funnel(anyelement, timestamptz, text, text, text)') IS NOT NULL}) eq 't';

for my $victim (sort keys %victims)
{
	my $client = client($victim, "$victims{$victim};\n");
	my $pid = spilling_backend();
	ok($pid, "$victim spills");
	ok(scalar temporary_files(), 'there are temporary files');
	kill 'KILL', $pid;
	$client->finish;
	is(printed($victim), '', 'the client got no answer');
	ok(wait_until(sub { $node->raw_connect_works && !temporary_files() }), 'the server is back and no temporary file is left');
	$node->poll_query_until('postgres', 'SELECT true');
	is(fingerprint($node), $sample, 'nothing stored has changed');
}

# Rows that are committed one by one, beside a load that never ends.
$node->safe_psql('postgres', q{CREATE TABLE loaded (id int PRIMARY KEY, j journey); CREATE INDEX ON loaded USING btree (j); CREATE TABLE unfinished (j journey)});
my $rows = join '', map { <<"EOF_SQL" } 1 .. 20000;
INSERT INTO loaded SELECT $_, journey_agg('2026-01-01 00:00Z'::timestamptz + make_interval(mins => $_ * i), 'event ' || i, 'channel ' || $_ % 7, i) FROM generate_series(1, 20) i RETURNING id;
EOF_SQL
my $one_by_one = client('one by one', $rows);
my $bulk = client('bulk',
	'INSERT INTO unfinished SELECT journey_agg(at, event) FROM events, generate_series(1, 100) i GROUP BY i, customer');
ok($node->poll_query_until('postgres', 'SELECT count(*) >= 500 FROM loaded'), 'rows are being committed');
# A backend without a postmaster would finish what it does, so they die, too.
my ($postmaster) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
$node->kill9;
kill 'KILL', server_processes();
$_->finish for $one_by_one, $bulk;
ok(wait_until(sub { !server_processes() && !kill 0, $postmaster }), 'all of the server is gone');
$node->start;
my ($last) = printed('one by one') =~ /(\d+)\n\z/;
cmp_ok($last, '>=', 500, "$last rows were acknowledged");
is($node->safe_psql('postgres', "SELECT count(*) FROM loaded WHERE id <= $last"), $last, 'they are all there');
is($node->safe_psql('postgres', q{
	SELECT count(*) FROM loaded WHERE j IS DISTINCT FROM (
		SELECT journey_agg('2026-01-01 00:00Z'::timestamptz + make_interval(mins => id * i), 'event ' || i, 'channel ' || id % 7, i)
		FROM generate_series(1, 20) i)}), 0, 'and hold what was stored');
is($node->safe_psql('postgres', q{
	SET enable_seqscan = off;
	SELECT count(*) FROM loaded a WHERE NOT EXISTS (SELECT FROM loaded b WHERE b.j = a.j AND b.id = a.id)}), 0, 'the index finds them');
is($node->safe_psql('postgres', 'SELECT count(*) FROM unfinished'), 0, 'the unfinished load left nothing');
is(fingerprint($node), $sample, 'nothing stored before has changed');
is(scalar temporary_files(), 0, 'no temporary file is left');
$node->stop;

done_testing();
