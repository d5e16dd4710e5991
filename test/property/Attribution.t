#!/usr/bin/perl
# The reference of attribution itself, against answers worked out by hand from
# the rules.

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Test::More;
use Attribution qw(conversions credit_rows channel_rows paths markov shapley shared_out);
use Reference qw(canonical);

# 'v1 v2@a p3=10': v at 1, v at 2 through a, p at 3 worth 10
sub journey
{
	return canonical(
		map {
			/^([a-z]+)(\d+)(?:@(\w+))?(?:=(-?\d+))?$/ or die "what is $_?";
			{ event => $1, at => $2, channel => $3, value => $4 }
		} split ' ', $_[0]);
}

sub name
{
	$_[0] =~ /^(\w*)(\*?)$/ or die "what is $_[0]?";
	return { text => $1, prefix => $2 ne '' };
}

sub choice
{
	return [ map { /^([\w*]*)(?:@([\w*]+))?$/; [ $1 eq '' ? undef : name($1), defined $2 ? name($2) : undef ] } split /\|/, $_[0] ];
}

# '@* -> p within 3'
sub question
{
	$_[0] =~ /^(?:(\S+) -> )?(\S+)(?: within (\d+))?$/ or die "what is $_[0]?";
	return { touch => defined $1 ? choice($1) : undef, conversion => choice($2), lookback => $3 // 30 };
}

# 'position(1, 2, 3)'
sub model
{
	my ($name, $list) = $_[0] =~ /^(\w+)(?:\((.*)\))?$/ or die "what is $_[0]?";
	my @arguments = split /, /, $list // '';

	@arguments = map { name($_) } @arguments if $name =~ /non|w_shaped/;
	return { text => $_[0], name => $name, arguments => \@arguments };
}

sub near { return abs($_[0] - $_[1]) < 1e-12; }

# Each conversion's touches with their credit: 'a 1/2, b 1/2; a 1'.  A touch without
# a channel is '.', no touch at all '-'.
sub credit_is
{
	my ($journey, $question, $model, $expected, $why, $scope, $most) = @_;
	my @rows = credit_rows(question($question), [ model($model) ], $scope // 'shared', $most, journey($journey));
	my @wanted = map { [ split / / ] } split /[,;] /, $expected;
	my $got = join ' ', map { defined $_->[4] ? $_->[8] // '.' : '-' } @rows;
	my $same = $got eq join(' ', map { $_->[0] } @wanted)
	  && !grep { !near($rows[$_][9], eval $wanted[$_][1]) } 0 .. $#rows;

	ok($same, "$model of $question on $journey" . ($why ? ": $why" : ''))
	  or diag("expected $expected, got ", join ', ', map { ($_->[8] // '.') . " $_->[9]" } @rows);
	return;
}

# ----- which touches ---------------------------------------------------------

credit_is('v1@a p5', 'p', 'linear', 'a 1');
credit_is('p5@a', 'p', 'linear', '- 1', 'a conversion alone');
credit_is('v1 p5', 'p', 'linear', '- 1', 'no channel');
credit_is('v1 p5', '@* -> p', 'linear', '- 1', 'no channel either');
credit_is('v1 v2@a p5', 'v -> p', 'linear', '. 1/2, a 1/2', 'named');
credit_is('v1@a w2@a x3 p5', 'v|x -> p', 'linear', 'a 1/2, . 1/2', 'only what is named');
credit_is('p5 v6@a', 'p', 'linear', '- 1', 'later');
credit_is('v1@a v2@b p5', 'p within 3', 'linear', 'b 1', 'the lookback is inclusive');
credit_is('v5@a p5', 'p within 0', 'linear', 'a 1', 'the same instant');
credit_is('v5@b p5@a', 'p within 0', 'linear', 'b 1', 'whichever is first at that instant');
credit_is('p1@a p5@a', '@* -> p', 'linear', '- 1; - 1', 'a conversion is no touch');
credit_is('v1@a', 'p', 'linear', '', 'no conversion');
credit_is('', 'p', 'linear', '', 'nothing');
credit_is('v1@b v1@a p2', 'p', 'first', 'a 1, b 0', 'ties by channel');
credit_is('v1@a v1 p2', 'v -> p', 'first', '. 1, a 0', 'none before any');
credit_is('w1@a v1@b p2', 'p', 'last', 'b 0, a 1', 'ties by event first');
credit_is('v1@a v1@a p2', 'p', 'last', 'a 0, a 1', 'duplicates are two');

# ----- scopes ----------------------------------------------------------------

my $two = 'v1@a p2 v3@b p4';

credit_is($two, 'p', 'linear', 'a 1; a 1/2, b 1/2');
credit_is($two, 'p', 'linear', 'a 1; b 1', undef, 'exclusive');
credit_is($two, 'p', 'linear', 'a 1', undef, 'first');
credit_is($two, 'p', 'linear', 'a 1/2, b 1/2', undef, 'last');
credit_is('v1@a p2 p2', 'p', 'linear', 'a 1; a 1');
credit_is('v1@a p2 p2', 'p', 'linear', 'a 1; - 1', 'the first of an instant', 'exclusive');
credit_is('p2 v2@a p4', 'p', 'linear', 'a 1; - 1', 'at the first one\'s instant', 'exclusive');
credit_is('v1@a p9 p10', 'p within 3', 'linear', '- 1; - 1', 'out of the first one\'s lookback', 'exclusive');
credit_is('v5@a v8@b p9 p10', 'p within 5', 'linear', 'a 1/2, b 1/2; - 1', undef, 'exclusive');
credit_is('v1@a v2@b v3@c p5', 'p', 'linear', 'b 1/2, c 1/2', 'the most recent', 'shared', 2);
credit_is($two, 'p', 'first', 'a 1; b 1', 'of each', 'shared', 1);

is(join(' ', map { $_->{number} } conversions(question('p'), 'last', undef, journey($two))), '2', 'last keeps its number');

# ----- models ----------------------------------------------------------------

my %sharing = (
	first => [ '1', '1, 0', '1, 0, 0', '1, 0, 0, 0' ],
	last => [ '1', '0, 1', '0, 0, 1', '0, 0, 0, 1' ],
	linear => [ '1', '1/2, 1/2', '1/3, 1/3, 1/3', '1/4, 1/4, 1/4, 1/4' ],
	linear_unique => [ '1', '1/2, 1/2', '1/3, 1/3, 1/3', '1/4, 1/4, 1/4, 1/4' ],
	participation => [ '1', '1, 1', '1, 1, 1', '1, 1, 1, 1' ],
	u_shaped => [ '1', '1/2, 1/2', '2/5, 1/5, 2/5', '2/5, 1/10, 1/10, 2/5' ],
	j_shaped => [ '1', '1/4, 3/4', '1/5, 1/5, 3/5', '1/5, 1/10, 1/10, 3/5' ],
	inverse_j => [ '1', '3/4, 1/4', '3/5, 1/5, 1/5', '3/5, 1/10, 1/10, 1/5' ],
	'position(5, 2, 3)' => [ '1', '5/8, 3/8', '1/2, 1/5, 3/10', '1/2, 1/10, 1/10, 3/10' ],
	'position(0, 3, 0)' => [ '1', '1/2, 1/2', '0, 1, 0', '0, 1/2, 1/2, 0' ],
	'position(1, 0, 0)' => [ '1', '1, 0', '1, 0, 0', '1, 0, 0, 0' ],
	'time_decay(1)' => [ '1', '1/3, 2/3', '1/7, 2/7, 4/7', '1/15, 2/15, 4/15, 8/15' ],
	'custom(3, 2, 1)' => [ '1', '2/5, 3/5', '1/6, 2/6, 3/6', '0, 1/6, 2/6, 3/6' ],
	'custom(0, 1)' => [ '1', '1, 0', '0, 1, 0', '0, 0, 1, 0' ],
	'custom(0, 0, 1)' => [ '1', '0, 1', '1, 0, 0', '0, 1, 0, 0' ],
	'first_non(a)' => [ '1', '0, 1', '0, 1, 0', '0, 1, 0, 0' ],
	'last_non(d, c)' => [ '1', '0, 1', '0, 1, 0', '0, 1, 0, 0' ],
	'w_shaped(x, x)' => [ '1', '3/4, 1/4', '6/8, 1/8, 1/8', '9/12, 1/12, 1/12, 1/12' ]);

foreach my $model (sort keys %sharing)
{
	foreach my $n (1 .. 4)
	{
		my @touches = (qw(v1@a v2@b v3@c v4@d))[ 0 .. $n - 1 ];
		my @credit = split /, /, $sharing{$model}[ $n - 1 ];

		credit_is("@touches p9", 'p', $model, join ', ', map { (qw(a b c d))[$_] . " $credit[$_]" } 0 .. $n - 1);
	}
}

credit_is('v1@a v2@b v3@a p4', 'p', 'linear_unique', 'a 1/4, b 1/2, a 1/4');
credit_is('v1 v2@b v3 p4', 'v -> p', 'linear_unique', '. 1/4, b 1/2, . 1/4', 'none is one');
credit_is('v1@a v2@b v3@a p4', 'p', 'participation', 'a 1/2, b 1, a 1/2', 'one to each channel');
credit_is('v1@d v2@d p4', 'p', 'first_non(d)', 'd 1, d 0', 'nothing else');
credit_is('v1@d v2@d p4', 'p', 'last_non(d)', 'd 0, d 1', 'nothing else');
credit_is('v1@d v2@b v3@dd v4 p5', 'v -> p', 'last_non(d*)', 'd 0, b 0, dd 0, . 1', 'no channel is another');
credit_is('v1@d v2@b v3@dd p5', 'p', 'last_non(d*)', 'd 0, b 1, dd 0');
credit_is('v1@d v2@b v3@dd p5', 'p', 'last_non(d)', 'd 0, b 0, dd 1');
credit_is('v1@a v2@b v4@c v4@d p9', 'p', 'time_decay(1)', 'a 1/19, b 2/19, c 8/19, d 8/19', 'ties alike');
credit_is('v1@a v3@b p4', 'p', 'time_decay(4)', 'a 1/(1+sqrt(2)), b sqrt(2)/(1+sqrt(2))');
credit_is('v1@a v3000@b p3000', 'p within 9999', 'time_decay(1)', 'a 0, b 1', 'far apart');

credit_is('v1@a l2@b v3@c o4@d v5@e p6', 'p', 'w_shaped(l, o)', 'a 3/10, b 3/10, c 1/20, d 3/10, e 1/20');
credit_is('l1@a o2@b v3@c p6', 'p', 'w_shaped(l, o)', 'a 6/10, b 3/10, c 1/10', 'the first touch is the lead');
credit_is('l1@a o2@b p6', 'p', 'w_shaped(l, o)', 'a 2/3, b 1/3', 'no others');
credit_is('v1@a l2 v3@b o4 p5', 'p', 'w_shaped(l, o)', 'a 2/3, b 1/3', 'milestones that are no touches');
credit_is('v1@a l2@b v3@c p5', 'p', 'w_shaped(l, o)', 'a 3/7, b 3/7, c 1/7', 'no opportunity');
credit_is('l1 v2@a v3@b p4', 'p', 'w_shaped(l, o)', 'a 3/4, b 1/4', 'a lead before any touch');
credit_is('v1@a l2@b l3@c p4', 'p', 'w_shaped(l, o)', 'a 3/7, b 3/7, c 1/7', 'the first lead');
credit_is('v1@a v2@b lx3@c ly4@d p5', 'p', 'w_shaped(l*, ly)', 'a 3/10, b 1/10, c 3/10, d 3/10', 'prefix');
credit_is('v1@a l2@b v3@c p3', 'p', 'w_shaped(l, p)', 'a 3/7, b 3/7, c 1/7', 'the conversion is none');
credit_is('v1@a m2@b l2 n2@c p3', 'p', 'w_shaped(l, o)', 'a 6/7, b 1/14, c 1/14', 'ties by event');
credit_is('v1@a v2@b p3 l4', 'p', 'w_shaped(l, o)', 'a 3/4, b 1/4', 'after the conversion');
credit_is('l1@a v5@b v6@c p7', 'p within 3', 'w_shaped(l, o)', 'b 3/4, c 1/4', 'before the lookback');
credit_is('l1@a p2 v3@b v4@c p5', 'p', 'w_shaped(l, o)', 'a 1; a 6/7, b 1/14, c 1/14');
credit_is('l1@a p2 v3@b v4@c p5', 'p', 'w_shaped(l, o)', 'a 1; b 3/4, c 1/4', 'after the one before', 'exclusive');
credit_is('v1@a l2@b v3@c v4@d p5', 'p', 'w_shaped(l, o)', 'c 3/4, d 1/4', 'its touch is left out', 'shared', 2);

# ----- rows ------------------------------------------------------------------

sub rows_text
{
	return join "\n", map { join ' ', map { $_ // '-' } @$_ } @_;
}

is(rows_text(credit_rows(question('p'), [ model('first'), model('linear') ], 'shared', undef, journey('p1=5 v2@a v3@b p4=-6 p4'))), <<'EOT' =~ s/\n\z//r, 'rows: first the models');
first 1 1 5 - 0 - - - 1 5
first 2 4 - 1 2 2 v a 1 -
first 2 4 - 2 2 3 v b 0 -
first 3 4 -6 1 2 2 v a 1 -6
first 3 4 -6 2 2 3 v b 0 0
linear 1 1 5 - 0 - - - 1 5
linear 2 4 - 1 2 2 v a 0.5 -
linear 2 4 - 2 2 3 v b 0.5 -
linear 3 4 -6 1 2 2 v a 0.5 -3
linear 3 4 -6 2 2 3 v b 0.5 -3
EOT

# ----- Markov chains ---------------------------------------------------------

# 'a b a: 2 1 20': by that path 2 conversions, worth 20 together, and 1 without
sub path_list
{
	return map {
		/^(.*): (\d+) (\d+) (-?\d+)$/ or die "what is $_?";
		{ channels => [ split ' ', $1 ], conversions => $2, nulls => $3, value => $4 }
	} @_;
}

# 'a 63/85, b 1/2'
sub fractions_are
{
	my ($got, $expected, $why) = @_;

	is(join(', ', map { "$_ " . Math::BigRat->new($got->{$_}) } sort keys %$got), $expected, $why);
	return;
}

sub effects
{
	my ($order, @paths) = @_;

	return (markov($order, path_list(@paths)))[0];
}

# start: a 7, b 3, c 2; a 10: b 3, + 3, - 4; b 8: a 3, c 3, + 1, - 1; c 5: b 2, + 1, - 2.
# h = 126/295, 25/59, 109/295.  From a back to a by 3/10 b and 15/34 of there: N_aa = 68/59;
# N_bb = 80/59, N_cc = 71/59; RE = visits h / (N 5).  In value a is worth 50/10 a visit, b 10/8,
# c 5/5: g = 379/59, 280/59, 171/59, g of the start 65/12, and the loss is visits g / (N 12).
my @cyclic = ('a b a: 2 1 20', 'b c: 1 2 5', 'a: 1 3 30', 'c b: 1 1 10');

fractions_are(effects(1, @cyclic), 'a 63/85, b 1/2, c 109/355', 'in circles');
fractions_are((markov(1, path_list(@cyclic)))[1], 'a 1895/408, b 7/3, c 285/284', 'in circles, value');
fractions_are(effects(1, 'a b b a a: 2 1 0', 'b b b c: 1 2 0', 'a: 1 3 0', 'c b: 1 1 0'), 'a 63/85, b 1/2, c 109/355', 'repeated neighbours');
fractions_are(effects($_, 'a b c: 1 0 0', 'b c: 0 1 0'), $_ < 3 ? 'a 1/2, b 1, c 1' : 'a 1, b 1, c 1', "the way to c, order $_") foreach 1 .. 3;
fractions_are(effects($_, 'a b: 1 0 0', 'b: 0 1 0'), $_ < 2 ? 'a 1/2, b 1' : 'a 1, b 1', "the way to b, order $_") foreach 1 .. 3;
fractions_are(effects($_, 'a: 1 0 0'), 'a 1', "one channel, order $_") foreach 1 .. 3;
fractions_are(effects(1, 'a: 1 0 0', 'c a: 0 1 0'), 'a 1, c 1/2', 'a channel of no conversion');
fractions_are(effects(1, 'a: 1 0 0', 'b: 0 1 0'), 'a 1, b 0', 'a channel that leads nowhere');
# start: a 3, b 1; a 3: a a 2, + 1; a a 2: + 1, - 1; b a 1: +.  Of three conversions b has one.
fractions_are(effects(2, 'a a: 1 1 0', 'a: 1 0 0', 'b a: 1 0 0'), 'a 1, b 1/3', 'short states at the start');
is_deeply([ markov(1, path_list('a b: 0 3 0')) ], [], 'nothing converts');
is_deeply([ markov(1) ], [], 'no path');
fractions_are(shared_out(6, { a => 1, b => 1 / 2 }), 'a 4, b 2', 'shared out');
is(shared_out(6, { a => 0, b => 0 }), undef, 'nothing to share out by');

sub path_text
{
	return join '; ', map { "@{ $_->{channels} } " . ($_->{conversions} ? '+' : '-') . ' ' . ($_->{value} // '.') } paths(question($_[0]), journey($_[1]));
}

is(path_text('p', 'v1@a v2@b p3=5 v4@a p5 v6@c v7@c'), 'a b + 5; a + .; c c - .', 'paths');
is(path_text('p', 'p1=5 v2@a p2 v3@b'), 'a + .; b - .', 'none without a touch');
is(path_text('p', 'v2@a p2=5'), 'a + 5', 'nothing left');
is(path_text('p within 1', 'v1@a p3 v4@b v9@c'), 'b c - .', 'all of the rest, however old');
is(path_text('p', 'v1@a v2@b'), 'a b - .', 'no conversion');
is(path_text('v -> p', 'v1 v2@b p3'), '(none) b + .', 'no channel');

# ----- Shapley's value -------------------------------------------------------

# Each path shared equally by its channels.
sub closed_form
{
	my ($what, @paths) = @_;
	my %share;

	foreach my $path (@paths)
	{
		my %of = map { $_ => 1 } @{ $path->{channels} };

		$share{$_} += ($path->{$what} // 0) / keys %of foreach keys %of;
	}
	return \%share;
}

sub shapley_is
{
	my ($what, $expected, @paths) = @_;
	my $by_coalitions = shapley($what, @paths);
	my $closed = closed_form($what, @paths);

	is(join(', ', map { sprintf '%s %.10g', $_, $by_coalitions->{$_} } sort keys %$by_coalitions), $expected, "Shapley, $what");
	is(scalar(grep { !near($by_coalitions->{$_}, $closed->{$_}) } keys %$closed), 0, 'and the closed form');
	return;
}

my @sets = path_list('a: 4 0 40', 'b a b: 6 0 -6', 'c b a: 9 0 3', 'b c: 2 0 0', 'c: 1 0 1');

shapley_is('conversions', 'a 10, b 7, c 5', @sets);
# 40 - 3 + 1, - 3 + 1 + 0, 1 + 0 + 1
shapley_is('value', 'a 38, b -2, c 2', @sets);

foreach my $no (1 .. 20)
{
	srand($no);
	my @random = map {
		{ channels => [ map { (qw(a b c d e))[ rand 5 ] } 0 .. rand 5 ], conversions => int rand 3, value => int(rand 20) - 5 }
	} 1 .. 10;
	my ($by_coalitions, $closed) = map { $_->('value', @random) } \&shapley, \&closed_form;

	is(scalar(grep { !near($by_coalitions->{$_}, $closed->{$_}) } keys %$closed), 0, "Shapley, the closed form on random paths $no");
}

# ----- credit by channel -----------------------------------------------------

# Each row: channel, touchpoints, customers, conversions, value, share, first, last, only,
# assists, removal effect.
sub channels_are
{
	my ($model, $question, $journeys, @expected) = @_;
	my @rows = channel_rows(question($question), [ model($model) ], map { [ journey($_) ] } @$journeys);
	my @wanted = map { [ split ' ' ] } @expected;

	is(scalar @rows, scalar @wanted, "$model: " . @wanted . ' rows');
	foreach my $i (0 .. $#wanted)
	{
		my @got = map { $_ // '-' } @{ $rows[$i] };
		my @differ = grep {
			my ($x, $y) = ($got[ $_ + 1 ], $wanted[$i][$_]);
			!($y =~ /\d/ && $x =~ /\d/ ? near($x, eval $y) : $x eq $y)
		} 0 .. $#{ $wanted[$i] };

		is("@differ", '', "$model: $expected[$i]") or diag("got @got");
	}
	return;
}

# One customer with two conversions, one with a repeated channel and no value, one
# without a conversion, one without a touch.
my @four = ('v1@a v2@b p3=10 v4@a p5=20', 'v1@b v2@b p3', 'v1@c', 'p1=5');

channels_are('linear', 'p', \@four,
	'a 3 1 7/6 55/3 7/24 2 1 0 1 -',
	'b 4 2 11/6 35/3 11/24 1 2 0 1 -',
	'- 0 0 1 5 1/4 0 0 0 0 -');
channels_are('last', 'p', \@four,
	'a 3 1 1 20 1/4 2 1 0 1 -',
	'b 4 2 2 10 1/2 1 2 0 1 -',
	'- 0 0 1 5 1/4 0 0 0 0 -');
channels_are('participation', 'p', \@four,
	'a 3 1 2 30 1/3 2 1 0 1 -',
	'b 4 2 3 30 1/2 1 2 0 1 -',
	'- 0 0 1 5 1/6 0 0 0 0 -');

# Paths a b +, a +, b b +, c -.  start: a 2, b 1, c 1; a 2: b 1, + 1; b 3: b 1, + 2; c 1: -.
# Without a or without b a quarter converts, with them three: RE 2/3.  In value b is worth 10/3 a
# visit, g_b = 5; a 20/2, g_a = 25/2; start 15/2, 5/4 without a, 5 without b: losses 25/4, 5/2.
channels_are('markov', 'p', \@four,
	'a 2 1 3/2 150/7 3/8 2 1 1 1 2/3',
	'b 3 2 3/2 60/7 3/8 1 2 0 0 2/3',
	'c 0 0 0 0 0 0 0 0 0 0',
	'- 0 0 1 5 1/4 0 0 0 0 -');
channels_are('shapley', 'p', \@four,
	'a 2 1 3/2 25 3/8 2 1 1 1 -',
	'b 3 2 3/2 5 3/8 1 2 0 0 -',
	'- 0 0 1 5 1/4 0 0 0 0 -');

# A touch without a channel stands under (none), which is less than any letter.
channels_are('linear', 'v -> p', ['v1 v2@a p3', 'p1'],
	'(none) 1 1 1/2 - 1/4 1 0 0 1 -',
	'a 1 1 1/2 - 1/4 0 1 0 0 -',
	'- 0 0 1 - 1/2 0 0 0 0 -');
channels_are('markov', 'p', ['v1@c'], 'c 0 0 0 - - 0 0 0 0 -');
channels_are('markov', 'p', [ 'v1@a p2=6', 'v1@c v2@a' ],
	'a 1 1 2/3 4 2/3 1 1 1 0 1',
	'c 0 0 1/3 2 1/3 0 0 0 0 1/2');
channels_are('markov', 'p', [ 'v1@a v2@b p2=0' ],
	'a 1 1 1/2 0 1/2 1 0 0 1 1',
	'b 1 1 1/2 0 1/2 0 1 0 0 1');
channels_are('linear', 'p', [ '', 'v1@c' ]);

done_testing();

printf "# %d answers worked out by hand\n", Test::More->builder->current_test;
