# What the scripts of this folder share.
package Common;

use strict;
use warnings;
use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

our @EXPORT = qw(new_node create_sample fingerprint wait_until extension_conf);

# Servers, and they alone, get what test/cluster -s puts into an environment.
for my $name (qw(start restart))
{
	no strict 'refs';
	no warnings 'redefine';
	my $original = \&{"PostgreSQL::Test::Cluster::$name"};
	*{"PostgreSQL::Test::Cluster::$name"} = sub {
		local %ENV = (%ENV, map { split /=/, $_, 2 } split /\n/, $ENV{JOURNEY_ENV} // '');
		return $original->(@_);
	};
}

# A server that is initialised and not started.
sub new_node
{
	my ($name, %options) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name, %{ delete $options{new} // {} });
	$node->init(extra => [ '-E', 'UTF8', '--no-locale' ], %options);
	$node->append_conf('postgresql.conf', "timezone = 'UTC'\n");
	return $node;
}

# The extension and a table of journeys as hard to carry as can be, with objects
# that use its functions.
sub create_sample
{
	my ($node) = @_;
	$node->safe_psql('postgres', 'CREATE EXTENSION journey');
	$node->safe_psql('postgres', slurp_file('test/roundtrip/sample.sql'));
}

# One line for each row of the sample, and what the functions make of it.
sub fingerprint
{
	my ($node) = @_;
	return $node->safe_psql('postgres', slurp_file('test/roundtrip/fingerprint.sql'));
}

# The settings with which a server finds the extension, below another folder
# than the one it was installed into.
sub extension_conf
{
	my ($stage) = @_;
	my $conf = slurp_file($ENV{JOURNEY_CONF});
	$conf =~ s/\Q$ENV{JOURNEY_STAGE}\E/$stage/g;
	return $conf;
}

# Waits until a condition holds; returns whether it came to hold.
sub wait_until
{
	my ($condition) = @_;
	for (1 .. 5 * $PostgreSQL::Test::Utils::timeout_default)
	{
		my $result = $condition->();
		return $result if $result;
		select undef, undef, undef, 0.1;
	}
	return 0;
}

1;
