# Talks to the server of the PG* environment through psql.  Uses the database
# that it connects to if the extension is there, else one of its own.

package Session;

use strict;
use warnings;
use Exporter 'import';
use File::Temp;

our @EXPORT_OK = qw(open_database run_sql copy_rows report_errors);

my $own_database = 'journey_property';
my $home;

# Runs a script in one session and returns what it prints, row by row, columns
# separated by tabs; undef if the server refused something.
sub run_sql
{
	my ($sql, %options) = @_;
	my $file = File::Temp->new(SUFFIX => '.sql');
	my @psql = (qw(psql -X -q -A -t -F), "\t", qw(-P null=null -v ON_ERROR_STOP=1));

	print $file $sql;
	close $file or die "could not write $file: $!\n";
	push @psql, '-d', $options{database} if $options{database};

	open my $out, '-|', @psql, '-f', "$file" or die "could not run psql: $!\n";
	chomp(my @rows = <$out>);
	return close $out ? \@rows : undef;
}

sub open_database
{
	$ENV{PGDATABASE} //= 'postgres';
	$ENV{PGTZ} = 'UTC';
	$ENV{PGDATESTYLE} = 'ISO';
	$ENV{PGOPTIONS} = join ' ', grep { defined } $ENV{PGOPTIONS}, '-c client_min_messages=error';

	my $there = run_sql(q{SELECT count(*) FROM pg_extension WHERE extname = 'journey';})
	  or die "no server to test with\n";

	return if $there->[0];

	foreach my $command ("DROP DATABASE IF EXISTS $own_database", "CREATE DATABASE $own_database")
	{
		run_sql("$command;") or die "could not create the database $own_database\n";
	}
	$home = $ENV{PGDATABASE};
	$ENV{PGDATABASE} = $own_database;
	run_sql('CREATE EXTENSION journey;') or die "could not create the extension\n";
	return;
}

END
{
	# keeps the exit status
	local $?;

	run_sql("DROP DATABASE IF EXISTS $own_database;", database => $home) if $home;
}

# Writes rows for COPY; undef is null.  The file lives as long as the result.
sub copy_rows
{
	my @rows = @_;
	my $file = File::Temp->new(SUFFIX => '.tsv');

	foreach my $row (@rows)
	{
		print $file join("\t", map { defined $_ ? $_ =~ s/\\/\\\\/gr =~ s/\n/\\n/gr : '\N' } @$row), "\n";
	}
	close $file or die "could not write $file: $!\n";
	return $file;
}

# A script that stopped at an error says little about which case it was: takes
# them one by one and prints what the server refuses, a line for each message.
# $table is the script that fills cases (no, journey, pattern, ...).
sub report_errors
{
	my ($table, $call) = @_;
	my $rows = run_sql(<<"SQL") or return;
$table
CREATE FUNCTION pg_temp.refusal(journey journey, pattern text) RETURNS text
LANGUAGE plpgsql AS \$\$
BEGIN
	PERFORM $call;
	RETURN NULL;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLERRM;
END \$\$;
SELECT r, count(*), (array_agg(pattern || '   on   ' || journey::text ORDER BY length(pattern)))[1]
FROM cases, pg_temp.refusal(journey, pattern) r
WHERE r IS NOT NULL
GROUP BY r ORDER BY 2 DESC LIMIT 10;
SQL

	print "refused: $_\n" foreach @$rows;
	return;
}

1;
