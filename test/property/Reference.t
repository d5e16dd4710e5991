#!/usr/bin/perl
# The reference itself, against answers worked out by hand from the words of
# the pattern language.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Test::More;
use Reference qw(canonical best_chain chain_times completed attempts chains_by_label);

# 'a1 b2@p' is a at 1, then b at 2 through p; a value may follow: 'a1=5'
sub journey
{
	return canonical(
		map {
			/^([a-z]+)(\d+)(?:@(\w+))?(?:=(\d+))?$/ or die "what is $_?";
			{ event => $1, at => $2, channel => $3, value => $4 }
		} split ' ', $_[0]);
}

# 'a ->[2] !x -> b? within=3 from_first': one word an element or arrow
sub pattern
{
	my ($set, @elements) = (0);
	my %clauses;
	my %arrow;

	foreach (split ' ', $_[0])
	{
		if (/^(->|=>|&)(?:\[(\d+)\])?$/)
		{
			%arrow = (limit => $2, next => $1 eq '=>');
			$set = 1 if $1 eq '&';
		}
		elsif (/^(\w+)=(\d+)$/) { $clauses{$1} = $2; }
		elsif (/_/) { $clauses{$_} = 1; }
		else
		{
			/^(!?)(\w*)(\*?)(?:@(\w+))?(\??)$/ or die "what is $_?";
			my $event = { text => $2, prefix => $3 };
			my $channel = defined $4 ? { text => $4 } : undef;

			push @elements, { choice => [ [ $event, $channel ] ], not => $1, optional => $5, %arrow };
		}
	}
	return { set => $set, elements => \@elements, %clauses };
}

# Reached, the times, and whether it matches: '2: 1 4 yes'
sub answer
{
	my ($journey, $pattern) = @_;
	my $chain = best_chain(pattern($pattern), journey($journey)) or return 'none';

	return join ' ', "$chain->{reached}:", map({ $_ // '-' } chain_times($chain)),
	  completed(pattern($pattern), $chain) ? 'yes' : 'no';
}

my @cases = (
	# chains
	[ 'b1', 'a -> b', 'none' ],
	[ 'a1 a2 b3', 'a -> b', '2: 2 3 yes', 'latest start' ],
	[ 'a1 b2 a3 b4', 'a -> b', '2: 1 2 yes', 'completed first' ],
	[ 'a1 b2 b5 c6', 'a -> b -> c', '3: 1 2 6 yes', 'earliest second step' ],
	[ 'b1 a1', 'a -> b', '2: 1 1 yes', 'one instant, either order' ],
	[ 'a1', 'a -> a', '1: 1 no', 'one touchpoint, one step' ],
	[ 'a1 a1', 'a -> a', '2: 1 1 yes', 'a duplicate is another touchpoint' ],
	[ 'ab1 b2@p', 'a* -> *@p', '2: 1 2 yes' ],
	# windows and limits
	[ 'a1 b4', 'a -> b within=3', '2: 1 4 yes', 'inclusive' ],
	[ 'a1 b5', 'a -> b within=3', '1: 1 no' ],
	[ 'a1 b1', 'a -> b within=0', '2: 1 1 yes' ],
	[ 'a1 a2 b3 c5', 'a -> b -> c within=3', '3: 2 3 5 yes' ],
	[ 'a1 b2 b4 c6', 'a -> b ->[2] c', '3: 1 4 6 yes', 'the greedy b is too early' ],
	[ 'a1 b4 c5', 'a ->[2] b? ->[4] c', '3: 1 - 5 yes', 'from the touchpoint matched before' ],
	# next
	[ 'a1 x2 b3', 'a => b', '1: 1 no' ],
	[ 'a1 x1 x3 b3', 'a => b', '2: 1 3 yes', 'only strictly between' ],
	# exclusions in the middle
	[ 'a1 x2 b3', 'a -> !x -> b', '1: 1 no' ],
	[ 'a1 x1 x3 b3', 'a -> !x -> b', '2: 1 3 yes', 'not at the neighbours' ],
	[ 'a1 x2 a3 b4', 'a -> !x -> b', '2: 3 4 yes', 'a clean one wins' ],
	[ 'a1 x2 c3', 'a -> !x -> b? -> c', '1: 1 no', 'skipping adds up' ],
	[ 'a1 b2 x3 c4', 'a -> !x -> b? -> c', '3: 1 2 4 yes' ],
	[ 'a1 y2 b3', 'a -> !x -> !y -> b', '1: 1 no', 'a union' ],
	[ 'x1 b2', 'a? -> !x -> b', '2: - 2 yes', 'nothing before it' ],
	# exclusions at the end
	[ 'a1', 'a -> !x', '2: 1 - yes' ],
	[ 'a1 x2', 'a -> !x', '1: 1 no' ],
	[ 'a1 x1', 'a -> !x', '1: 1 no', 'at its instant, too' ],
	[ 'a1 x1', 'a ->[0] !x within=0', '1: 1 no' ],
	[ 'x1 x1', 'x -> !x', '2: 1 - yes', 'what matches the last step is no other' ],
	[ 'x1 x1 x2', 'x -> !x', '2: 2 - yes' ],
	[ 'a1@p a1@q', 'a@p -> !a', '1: 1 no', 'but it must match the last step itself' ],
	[ 'a1 b1', 'a -> b -> !a', '3: 1 1 - yes', 'what is in the chain does not continue it' ],
	[ 'a1 a1 b1', 'a -> b -> !a', '2: 1 1 no' ],
	[ 'a1 x1 b1', 'a -> x? -> b -> !x', '4: 1 1 1 - yes', 'nor an optional step that was matched' ],
	[ 'a1 x4', 'a -> !x within=3', '1: 1 no', 'inside the window, inclusive' ],
	[ 'a1 x5', 'a -> !x within=3', '2: 1 - yes' ],
	[ 'a1 b3 x5', 'a -> b ->[1] !x within=9', '3: 1 3 - yes' ],
	[ 'a1 x3 y4', 'a ->[1] !x ->[2] !y', '2: 1 - yes', 'each its own limit' ],
	[ 'a1 x3 y3', 'a ->[1] !x ->[2] !y', '1: 1 no' ],
	[ 'a1 b2 x3', 'a -> b? -> !x', '2: 1 2 no' ],
	[ 'a1 x2 b3', 'a -> b? -> !x', '3: 1 3 - yes' ],
	[ 'a1 b2', 'a -> b? -> !x', '3: 1 - - yes', 'completed first' ],
	# optional steps
	[ 'c3', 'a? -> b? -> c', '3: - - 3 yes' ],
	[ 'a1 c3', 'a -> b -> c?', '1: 1 no', 'a required step is not skipped' ],
	[ 'a1', 'a -> b?', '1: 1 yes' ],
	[ 'x1', 'a? -> b?', 'none', 'one step at least' ],
	[ 'a1 b2 c3', 'a? -> b? -> c', '3: 1 2 3 yes', 'most steps' ],
	[ 'a1 b2 a2 c3', 'a? -> b? -> c', '3: 2 2 3 yes', 'most steps, then the latest start' ],
	[ 'a1 c2 b3', 'a -> b? -> c', '3: 1 - 2 yes', 'completed first goes before most steps' ],
	[ 'a1 b1 c2', 'a -> b? -> b? -> c', '4: 1 1 - 2 yes', 'matched before skipped' ],
	# clauses
	[ 'a1 a5 b6', 'a -> b from_first', '2: 1 6 yes' ],
	[ 'a1 a5 b6', 'a -> b within=2 from_first', '1: 1 no' ],
	[ 'b1 a2 b3', 'a? -> b from_first', '2: 2 3 yes', 'b at 1 is not where a first comes' ],
	[ 'b1', 'a? -> b from_first', 'none' ],
	[ 'a1@p b2@q a3@q b4@q', 'a -> b same_channel', '2: 3 4 yes' ],
	[ 'a1 b2', 'a -> b same_channel', 'none', 'without a channel' ],
	[ 'a1@p x2@q b3@p', 'a => b same_channel', '2: 1 3 yes' ],
	# sets
	[ 'c1 a2 b9', 'a & b & c', '3: 1 2 9 yes' ],
	[ 'c1 a2 b9', 'a & b & c within=7', '2: 1 2 no', 'completed first' ],
	[ 'a1 b1 a2 b4', 'a & b', '2: 1 1 yes' ],
	[ 'a1 a2 b4', 'a & b', '2: 2 4 yes', 'latest start' ],
	[ 'a1', 'a & a', '1: 1 no', 'distinct' ],
);

foreach my $case (@cases)
{
	my ($journey, $pattern, $expected, $why) = @$case;

	is(answer($journey, $pattern), $expected, "$pattern on $journey" . ($why ? ": $why" : ''));
}

sub attempt_list
{
	my ($journey, $pattern) = @_;

	return join ', ', map {
		"$_->{started_at}-$_->{ended_at} $_->{reached}" . ($_->{completed} ? '!' : '')
		  . ' ' . ($_->{entry_channel} // '-') . ' ' . ($_->{value} // '-')
	} attempts(pattern($pattern), journey($journey));
}

sub attempt_journeys
{
	my ($journey, $pattern) = @_;

	return join ', ', map { join ' ', map { "$_->{event}$_->{at}" } @{ $_->{journey} } } attempts(pattern($pattern), journey($journey));
}

is(attempt_list('a1@p=2 b2 a3=4 b4=1 a5@q', 'a -> b'), '1-2 2! p 2, 3-4 2! - 5, 5-5 1 q -', 'attempts');
is(attempt_journeys('a1 x1 y2 b3 z3 b4 a5 x6 y9', 'a -> b'), 'a1 x1 y2 b3 z3, a5 x6 y9', 'their journeys: both instants included, the last to the end');
is(attempt_journeys('a1 x2 x4 x5', 'a -> b within=3'), 'a1 x2 x4', 'or as long as the window is open');
is(attempt_list('a1 b2 a2 b2', 'a -> b'), '2-2 2! - -', 'later instants only');
is(attempt_list('a1@q a1 b2', 'a -> b'), '1-2 2! - -', 'the canonical order decides');
is(attempt_list('a1 x2 a3', 'a -> !x'), '3-3 2! - -', 'who has no x after it');

# Each label with how far its best chain reached: 'p2 q1'
sub label_list
{
	my ($journey, $pattern) = @_;
	my %best = chains_by_label({ %{ pattern($pattern) }, by => 'channel' }, journey($journey));

	return join ' ', map { $_ . $best{$_}{reached} } sort keys %best;
}

is(label_list('a1@p b2 a3@q', 'a -> b'), 'p2 q1', 'only touchpoints of the label start chains');
is(label_list('a1@p a1@q b2', 'a -> b from_first'), 'p2', 'from first leaves one label');

done_testing();

printf "# %d answers worked out by hand\n", Test::More->builder->current_test;
