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
$primary->safe_psql('postgres', q{
	CREATE TABLE events AS
		SELECT i % 5000 AS customer, '2026-01-01 00:00Z'::timestamptz + make_interval(secs => i::bigint * 7919 % 2592000) AS at,
			chr(97 + i * 31 % 13) AS event, nullif('channel ' || i % 10, 'channel 0') AS channel, i % 100 / 4.0 AS value
		FROM generate_series(1, 60000) i;
});
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

# A standby cannot write, but for temporary files.
my $spilling = q{SET work_mem = '64kB'; SET log_temp_files = 0; SET client_min_messages = log; };
my %questions = (
	'a keyed funnel' => $spilling . q{SELECT s.* FROM unnest((SELECT stage_funnel(customer, at, event, channel, value, 'a -> b -> c within 7 days by channel') FROM events)) s},
	'a keyed funnel of texts' => $spilling . q{SELECT s.* FROM unnest((SELECT stage_funnel('customer ' || customer, at, event, '(a|b) -> !d -> c') FROM events)) s},
	'a keyed funnel in parallel' => $spilling . q{SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
		SELECT s.* FROM unnest((SELECT stage_funnel(customer, at, event, 'a -> b -> c within 7 days by week') FROM events)) s},
	'sessions of events' => q{SELECT session, count(*), min(at), max(at) FROM (SELECT at, sessionize(at, '10 hours', '3 days', event = 'a') OVER (PARTITION BY customer ORDER BY at) AS session FROM events) q
		GROUP BY session ORDER BY session},
	'sessions of journeys' => q{SELECT id, s.* FROM shop, sessionize(j, '2 minutes') s WHERE id < 110 ORDER BY id, s.session},
	'sessions summed up' => q{SELECT s.* FROM unnest((SELECT session_summary(j, '2 minutes') FROM shop)) s},
	'states added up' => q{SELECT s.* FROM unnest((SELECT stage_funnel_final(state_sum(state)) FROM shop WHERE id BETWEEN 101 AND 120)) s},
	'reshaping' => q{SELECT id, md5(concat_ws('/', slice(j, '2026-01-01 00:10Z', '2026-04-01 00:00Z'), before(j, 'e1* -> e2*'), after(j, 'e1* -> e2*'), before(j, 'e1*', true), after(j, 'e1*', true), slice(j, 'e1* -> e2*'), replace_matches(j, 'e1* -> e2*', 'm'), channels_as_events(j),
			keep_touchpoints(j, 'e1*'), drop_touchpoints(j, '*@c1'), first_touchpoints(j, 3), last_touchpoints(j, 3), distinct_touchpoints(j), collapse(j),
			rename_events(j, '{"e1": "x", "ee*": "y"}'), rename_channels(j, '{"c*": "z"}'), j || j, j::jsonb))
		FROM shop ORDER BY id},
	'measures' => q{SELECT id, channel_switches(j), first_channel(j), last_channel(j), last_channel(j, '{c1,c2}'), idle_seconds(j), idle_seconds(j, '2 minutes'), active_dates(j, 'Asia/Tokyo'),
			length(j), duration(j), total_value(j), events(j), channels(j), md5(event_path(j))
		FROM shop ORDER BY id},
	'rates' => q{SELECT r.* FROM generate_series(1, 20) i, compare_rates(i, 100, 2 * i, 150) r},
	'building and comparing' => q{SELECT count(*), count(DISTINCT j) FROM (SELECT (SELECT journey_agg(at, event, channel, value, score) FROM touchpoints(j)) AS j FROM shop) q},
	'a funnel in parallel' => q{SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
		SELECT s.* FROM unnest((SELECT stage_funnel(j, 'e1* -> e2* within 1 day by channel') FROM shop)) s},
	'an index' => q{SET enable_seqscan = off; SELECT count(*) FROM shop a JOIN shop b ON a.j = b.j WHERE length(a.j) < 5},
	'attempts' => q{SELECT a.* FROM shop, attempts(j, 'e1* -> !e2* within 1 hour') a ORDER BY id, attempt});
for my $question (sort keys %questions)
{
	my $answer = $primary->safe_psql('postgres', $questions{$question});
	my ($status, $out, $err) = $replica->psql('postgres', $questions{$question}, on_error_die => 1);
	is($out, $answer, "$question: the same answer");
	isnt($out, '', 'which is one');
	like($err, qr/LOG:  temporary file: /, 'and it took temporary files') if $questions{$question} =~ /log_temp_files/;
}

my ($status, $out, $err) = $replica->psql('postgres', q{INSERT INTO shop VALUES (999, '2026-03-01 09:00Z a')});
like($err, qr/read-only/, 'the replica does not write');
$primary->stop;
$replica->promote;
$replica->safe_psql('postgres', q{INSERT INTO shop VALUES (999, '2026-03-01 09:00Z a')});
is($replica->safe_psql('postgres', 'SELECT j FROM shop WHERE id = 999'), '2026-03-01 09:00:00+00 a', 'once promoted it does');
$replica->stop;

done_testing();
