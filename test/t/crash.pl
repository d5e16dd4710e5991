# A backend or a parallel worker that dies in the middle of an aggregate, a server
# that dies in the middle of loading: what was committed is there, what was not is
# not, and no temporary file stays.
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
	CREATE TABLE parts (part int, LIKE events) PARTITION BY LIST (part);
	CREATE TABLE part0 PARTITION OF parts FOR VALUES IN (0);
	CREATE TABLE part1 PARTITION OF parts FOR VALUES IN (1);
	INSERT INTO parts SELECT customer % 2, * FROM events;
	ANALYZE;
});

# All of them, or those of one process.
sub temporary_files
{
	my ($pid) = @_;
	return grep { -s } glob $node->data_dir . '/base/pgsql_tmp/pgsql_tmp' . (defined $pid ? "$pid.*" : '*');
}

# Whatever works in the server's data folder.
sub server_processes
{
	return map { m|/(\d+)/cwd$| && (readlink // '') eq $node->data_dir ? $1 : () } glob '/proc/[0-9]*/cwd';
}

# The process that runs a statement, or a worker of it, once it writes temporary files.
sub spilling_process
{
	my ($type) = @_;
	my $spilling;
	wait_until(sub {
		my $pids = $node->safe_psql('postgres', qq{
			SELECT pid FROM pg_stat_activity
			WHERE state = 'active' AND query LIKE 'SELECT /* victim */%' AND backend_type = '$type'});
		($spilling) = grep { temporary_files($_) } split /\n/, $pids;
		return $spilling;
	});
	return $spilling;
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

my $funnel = q{SELECT /* victim */ stage_funnel(customer, at, event, channel, 'a -> b -> c -> d within 7 days') FROM events, generate_series(1, 30)};
my @victims = (
	[ 'building journeys', 'client backend',
		'SELECT /* victim */ count(j) FROM (SELECT journey_agg(at, event, channel) AS j FROM events GROUP BY customer) q' ],
	[ 'a keyed funnel', 'client backend', $funnel ],
	[ 'a keyed funnel in a worker', 'parallel worker', q{SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
		SET enable_partitionwise_aggregate = on; SET parallel_leader_participation = off; SET work_mem = '64kB';
		SELECT /* victim */ part, stage_funnel(customer + 0 * length(repeat(event, 20000)), at, event, 'a -> b -> c -> d') FROM parts GROUP BY part} ]);
for (@victims)
{
	my ($victim, $type, $statements) = @$_;
	my $client = client($victim, "$statements;\n");
	my $pid = spilling_process($type);
	ok($pid, "$victim spills") or die "there is nothing to kill\n";
	kill 'KILL', $pid;
	$client->finish;
	is(printed($victim), '', 'the client got no answer');
	ok(wait_until(sub { $node->raw_connect_works && !temporary_files() }), 'the server is back and no temporary file is left');
	like(slurp_file($node->logfile), qr/\(PID $pid\) was terminated by signal 9/, 'that is what it recovered from');
	$node->poll_query_until('postgres', 'SELECT true');
	is(fingerprint($node), $sample, 'nothing stored has changed');
}

# Rows that are committed one by one, beside a load that never ends.
$node->safe_psql('postgres', q{CREATE TABLE loaded (id int PRIMARY KEY, j journey); CREATE INDEX ON loaded USING btree (j); CREATE TABLE unfinished (j journey)});
my $rows = join '', map { <<"EOF_SQL" } 1 .. 20000;
INSERT INTO loaded SELECT $_, journey_agg('2026-01-01 00:00Z'::timestamptz + make_interval(mins => $_ * i), 'event ' || i, 'channel ' || $_ % 7, i) FROM generate_series(1, 20) i RETURNING id;
EOF_SQL
my $one_by_one = client('one by one', $rows);
my $bulk = client('bulk', 'INSERT INTO unfinished SELECT j FROM (SELECT j, generate_series(1, 10000000) FROM shop WHERE id < 100) endless');
my $spilling = client('spilling', $funnel);
ok($node->poll_query_until('postgres', 'SELECT count(*) >= 500 FROM loaded'), 'rows are being committed');
ok($node->poll_query_until('postgres', q{SELECT pg_relation_size('unfinished') > 1000000}), 'others are being written');
ok(spilling_process('client backend'), 'and temporary files');
# A backend without a postmaster would finish what it does, so they die, too.
my ($postmaster) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
$node->kill9;
kill 'KILL', server_processes();
$_->finish for $one_by_one, $bulk, $spilling;
ok(wait_until(sub { !server_processes() && !kill 0, $postmaster }), 'all of the server is gone');
ok(scalar temporary_files(), 'with temporary files');
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
is($node->safe_psql('postgres', q{SELECT pg_relation_size('unfinished') > 0, count(*) FROM unfinished}), 't|0', 'the unfinished load left nothing but room');
is(fingerprint($node), $sample, 'nothing stored before has changed');
is(scalar temporary_files(), 0, 'no temporary file is left');
$node->stop;

done_testing();
