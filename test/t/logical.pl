# Logical replication carries a column of journeys, as text and in binary form:
# what is there at the start, and what changes afterwards.
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
$publisher->safe_psql('postgres', q{
	CREATE TABLE plain (id int PRIMARY KEY, j journey);
	CREATE TABLE whole (id int, j journey);		-- no key: rows are found by comparing journeys
	ALTER TABLE whole REPLICA IDENTITY FULL;
	INSERT INTO plain SELECT id, j FROM shop;
	INSERT INTO whole SELECT id, j FROM shop;
	CREATE PUBLICATION everything FOR TABLE plain, whole;
});
$subscriber->safe_psql('postgres', 'CREATE EXTENSION journey');

my $rows = q{SELECT id, j, md5(journey_send(j)), md5(j::text) FROM %s ORDER BY id, j};
my $changes = q{
	INSERT INTO %1$s SELECT 1000 + id, j FROM shop;
	UPDATE %1$s SET j = j || '2026-06-01 00:00Z "späte Änderung"@web =1.25 *-3' WHERE id %% 2 = 0;
	UPDATE %1$s SET id = id + 5000 WHERE id BETWEEN 3 AND 8;
	DELETE FROM %1$s WHERE id %% 5 = 0;
};

for my $binary ('false', 'true')
{
	$subscriber->safe_psql('postgres', 'DROP TABLE IF EXISTS plain, whole');
	$subscriber->safe_psql('postgres', 'CREATE TABLE plain (id int PRIMARY KEY, j journey); CREATE TABLE whole (id int, j journey)');
	my $connection = $publisher->connstr . ' dbname=postgres';
	$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION s CONNECTION '$connection' PUBLICATION everything WITH (binary = $binary)");
	$subscriber->wait_for_subscription_sync($publisher, 's');
	for my $table ('plain', 'whole')
	{
		my $sent = $publisher->safe_psql('postgres', sprintf($rows, $table));
		cmp_ok(length $sent, '>', 1000, 'there is something to compare');
		is($subscriber->safe_psql('postgres', sprintf($rows, $table)), $sent, "$table, binary $binary: the first copy");
		$publisher->safe_psql('postgres', sprintf($changes, $table));
	}
	$publisher->wait_for_catchup('s');
	for my $table ('plain', 'whole')
	{
		is($subscriber->safe_psql('postgres', sprintf($rows, $table)),
			$publisher->safe_psql('postgres', sprintf($rows, $table)), "$table, binary $binary: the changes");
	}
	$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION s');
	$publisher->safe_psql('postgres', q{TRUNCATE plain, whole; INSERT INTO plain SELECT id, j FROM shop; INSERT INTO whole SELECT id, j FROM shop});
}
$_->stop for $subscriber, $publisher;

done_testing();
