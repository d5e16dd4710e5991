# A physical replica answers as its primary does, and goes on alone after it was
# promoted.
use strict;
use warnings;
use lib 'test/t';
use Common;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = new_node('primary', allows_streaming => 1);
$primary->start;
create_sample($primary);
$primary->backup('backup');

my $replica = PostgreSQL::Test::Cluster->new('replica');
$replica->init_from_backup($primary, 'backup', has_streaming => 1);
$replica->start;

# Later rows come by streaming, some out of line.
$primary->safe_psql('postgres', q{
	INSERT INTO shop SELECT 300 + i, journey_agg('2026-05-01 00:00Z'::timestamptz + make_interval(secs => k * i), md5((k * i)::text), 'c' || k % 5, k)
		FROM generate_series(1, 20) i, generate_series(1, 500) k GROUP BY i;
	UPDATE shop SET j = j || '2026-06-01 00:00Z later' WHERE id < 10;
	DELETE FROM shop WHERE id = 3;
});
$primary->wait_for_catchup($replica);

my $before = fingerprint($primary);
cmp_ok(scalar split(/\n/, $before), '>', 40, 'there is something to compare');
is(fingerprint($replica), $before, 'the replica has the same journeys');

my %questions = (
	'building and comparing' => q{SELECT count(*), count(DISTINCT j) FROM (SELECT (SELECT journey_agg(at, event, channel, value, score) FROM touchpoints(j)) AS j FROM shop) q},
	'a funnel in parallel' => q{SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
		SELECT s.* FROM unnest((SELECT stage_funnel(j, 'e1* -> e2* within 1 day by channel') FROM shop)) s},
	'an index' => q{SET enable_seqscan = off; SELECT count(*) FROM shop a JOIN shop b ON a.j = b.j WHERE length(a.j) < 5},
	'attempts' => q{SELECT a.* FROM shop, attempts(j, 'e1* -> !e2* within 1 hour') a ORDER BY id, attempt});
is($replica->safe_psql('postgres', $questions{$_}), $primary->safe_psql('postgres', $questions{$_}), "$_: the same answer")
  for sort keys %questions;

my ($status, $out, $err) = $replica->psql('postgres', q{INSERT INTO shop VALUES (999, '2026-03-01 09:00Z a')});
like($err, qr/read-only/, 'the replica does not write');
$primary->stop;
$replica->promote;
$replica->safe_psql('postgres', q{INSERT INTO shop VALUES (999, '2026-03-01 09:00Z a')});
is($replica->safe_psql('postgres', 'SELECT j FROM shop WHERE id = 999'), '2026-03-01 09:00:00+00 a', 'once promoted it does');
$replica->stop;

done_testing();
