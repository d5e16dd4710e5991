# Logical replication carries columns of journeys, of arrays of them and of states of
# aggregates, as text and in binary form: what is there at the start, and what changes
# afterwards.
use strict;
use warnings;
use lib 'test/t';
use Common;
use PostgreSQL::Test::Utils;
use Test::More;

my $publisher = new_node('publisher', allows_streaming => 'logical');
my $subscriber = new_node('subscriber');
$_->start for $publisher, $subscriber;
create_sample($publisher);

# Rows without a key are found by comparing them, which states do not allow.
my %columns = (
	plain => 'id int PRIMARY KEY, j journey, state journey_tally, several journey[]',
	whole => 'id int, j journey, several journey[]');
my $insert = q{
	INSERT INTO plain SELECT id, j, state, several FROM shop;
	INSERT INTO whole SELECT id, j, several FROM shop;
};
$publisher->safe_psql('postgres', "CREATE TABLE $_ ($columns{$_})") for sort keys %columns;
$publisher->safe_psql('postgres', qq{
	ALTER TABLE whole REPLICA IDENTITY FULL;
	$insert
	CREATE PUBLICATION everything FOR TABLE plain, whole;
});
# Its types have other OIDs.
$subscriber->safe_psql('postgres', 'CREATE TABLE before (i int); CREATE EXTENSION journey');

# What is in them, of each column both forms; array_send would have an OID in it.
my $several = q{md5(several::text), md5((SELECT string_agg(coalesce(journey_send(one)::text, 'null'), ' ' ORDER BY n) FROM unnest(several) WITH ORDINALITY u (one, n)))};
my %rows = (
	plain => qq{SELECT id, md5(j::text), md5(journey_send(j)), md5(state::text), md5(journey_tally_send(state)), $several FROM plain ORDER BY id},
	whole => qq{SELECT id, md5(j::text), md5(journey_send(j)), $several FROM whole ORDER BY id, j});
my $changes = q{
	INSERT INTO %1$s (id, j, several) SELECT 1000 + id, j, several[:2] FROM shop;
	UPDATE %1$s SET j = j || '2026-06-01 00:00Z "späte Änderung"@web =1.25 *-3' WHERE id %% 2 = 0;
	UPDATE %1$s SET several = several || j WHERE id %% 3 = 0 AND array_ndims(several) = 1;
	UPDATE %1$s SET id = id + 5000 WHERE id BETWEEN 3 AND 8;
	DELETE FROM %1$s WHERE id %% 5 = 0;
};
my $changed_states = q{
	UPDATE plain SET state = (SELECT state_sum(s) FROM (VALUES (state), (state)) v (s)) WHERE id > 100 AND id < 5000;
	UPDATE plain SET state = s.state FROM shop s WHERE plain.id = 5000 + s.id;
};

for my $binary ('false', 'true')
{
	$subscriber->safe_psql('postgres', "DROP TABLE IF EXISTS $_; CREATE TABLE $_ ($columns{$_})") for sort keys %columns;
	my $connection = $publisher->connstr . ' dbname=postgres';
	$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION s CONNECTION '$connection' PUBLICATION everything WITH (binary = $binary)");
	$subscriber->wait_for_subscription_sync($publisher, 's');
	for my $table (sort keys %columns)
	{
		my $sent = $publisher->safe_psql('postgres', $rows{$table});
		cmp_ok(length $sent, '>', 1000, 'there is something to compare');
		is($subscriber->safe_psql('postgres', $rows{$table}), $sent, "$table, binary $binary: the first copy");
		$publisher->safe_psql('postgres', sprintf($changes, $table));
	}
	$publisher->safe_psql('postgres', $changed_states);
	$publisher->wait_for_catchup('s');
	for my $table (sort keys %columns)
	{
		is($subscriber->safe_psql('postgres', $rows{$table}), $publisher->safe_psql('postgres', $rows{$table}), "$table, binary $binary: the changes");
	}
	$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION s');
	$publisher->safe_psql('postgres', "TRUNCATE plain, whole; $insert");
}
$_->stop for $subscriber, $publisher;

done_testing();
