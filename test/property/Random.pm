# Random small journeys and patterns, and how both are written as text.  Few
# times, few labels: ties, repeats and near misses are the rule.  Everything
# comes from rand(), so one seed gives the same cases everywhere.

package Random;

use strict;
use warnings;
use Exporter 'import';
use POSIX qw(floor strftime);

our @EXPORT_OK = qw(random_world random_journey random_pattern random_choice journey_text
  pattern_text choice_text label_text interval_text time_text keyword features);

my %MICROSECONDS = (
	microsecond => 1,
	millisecond => 1_000,
	second => 1_000_000,
	minute => 60_000_000,
	hour => 3_600_000_000,
	day => 86_400_000_000,
	week => 604_800_000_000
);

sub chance { return rand() < $_[0]; }
sub one_of { return $_[ int rand @_ ]; }

# ----- times and intervals ---------------------------------------------------

# What a pattern and its journeys have in common: the grid that their times and
# limits stand on, and their labels.
sub random_world
{
	return {
		size => $MICROSECONDS{ one_of(sort keys %MICROSECONDS) },
		# 2026, and the ends of days and years beside both epochs
		start => 1_000_000 * one_of(1_772_355_600, 946_684_799, 946_684_800, 0, -1, 1_709_164_799),
		events => one_of([qw(a b)], [qw(a b x)], [qw(a b x)], [qw(a b c x)], [qw(a aa b c x)], [ 'a', 'a*', 'b b', 'x' ]),
		channels => one_of([undef], [ undef, 'p' ], [qw(p q)], [ undef, 'p', 'q' ], [ undef, 'p', 'q', 'p q' ]),
		instants => one_of(2, 3, 4, 6, 9, 15)
	};
}

sub time_text
{
	my ($at) = @_;
	my $seconds = floor($at / 1_000_000);
	my $fraction = $at - $seconds * 1_000_000;

	return
		strftime('%Y-%m-%d %H:%M:%S', gmtime $seconds)
	  . ($fraction ? sprintf('.%06d', $fraction) : '')
	  . '+00';
}

# The interval in one unit, or split in two: 90 minutes, 1 hour 30 minutes.
sub interval_text
{
	my ($length) = @_;
	my @units = sort { $MICROSECONDS{$b} <=> $MICROSECONDS{$a} } keys %MICROSECONDS;
	my @exact = grep { $length % $MICROSECONDS{$_} == 0 } @units;
	my $unit = chance(0.7) ? $exact[0] : one_of(@exact);

	if ($length && chance(0.2))
	{
		my ($large) = grep { $MICROSECONDS{$_} <= $length } @units;
		my $rest = $length % $MICROSECONDS{$large};
		my ($small) = grep { $rest % $MICROSECONDS{$_} == 0 } @units;

		return join ' ', amount($length - $rest, $large), amount($rest, $small) if $rest;
	}
	return amount($length, $unit);
}

sub amount
{
	my ($length, $unit) = @_;
	my $number = $length / $MICROSECONDS{$unit};

	return sprintf('%.0f %s%s', $number, $unit, $number == 1 ? '' : 's');
}

# ----- journeys --------------------------------------------------------------

sub random_journey
{
	my ($world) = @_;
	my $instants = chance(0.1) ? 1 : $world->{instants};
	my @journey;

	foreach (1 .. one_of(0, 1, 2, 3, 4, 5, 5, 6, 6, 7, 7, 7, 8, 8, 8, 8))
	{
		push @journey, { %{ one_of(@journey) } }, next if @journey && chance(0.05);
		push @journey,
		  {
			at => $world->{start} + $world->{size} * int rand $instants,
			event => one_of(@{ $world->{events} }),
			channel => one_of(@{ $world->{channels} }),
			value => chance(0.4) ? one_of(1, 2, 10, 0.5, -3, 0) : undef,
			score => chance(0.1) ? one_of(1, 5) : undef
		  };
	}
	return @journey;
}

# In any order, since order must not matter.
sub journey_text
{
	my @left = @_;
	my @words;

	while (@left)
	{
		my ($t) = splice @left, int rand @left, 1;

		push @words,
			time_text($t->{at}) . ' '
		  . label_text($t->{event})
		  . (defined $t->{channel} ? '@' . label_text($t->{channel}) : '')
		  . (defined $t->{value} ? " =$t->{value}" : '')
		  . (defined $t->{score} ? " *$t->{score}" : '');
	}
	return join ', ', @words;
}

# 'after' is a word of models of stages.
sub label_text
{
	my ($label) = @_;

	return $label =~ /^\w+$/ && $label ne 'after' && !chance(0.05) ? $label : qq("$label");
}

# ----- patterns --------------------------------------------------------------

sub name { return { text => $_[0], prefix => 0 }; }
sub prefix { return { text => $_[0], prefix => 1 }; }

# Mostly labels that the journeys have.
sub random_event
{
	my ($world) = @_;

	return prefix(chance(0.3) ? '' : 'a') if chance(0.15);
	return name(chance(0.03) ? one_of('aa', 'a*', 'none') : one_of(@{ $world->{events} }));
}

sub random_channel
{
	my ($world) = @_;
	my @channels = grep { defined } @{ $world->{channels} };

	return prefix(chance(0.6) ? '' : 'p') if !@channels || chance(0.35);
	return name(chance(0.03) ? 'none' : one_of(@channels));
}

# One term, or alternatives, sometimes all at one channel.
sub random_choice
{
	my ($world) = @_;
	my $channels = @{ $world->{channels} } > 1 ? 1 : 0.3;
	my @events = map { random_event($world) } 1 .. one_of(1, 1, 1, 1, 2, 3);

	return { terms => [ [ undef, random_channel($world) ] ] } if chance(0.06 * $channels);
	if (chance(0.12 * $channels))
	{
		my $channel = random_channel($world);

		return { terms => [ map { [ $_, $channel ] } @events ], outside => $channel };
	}
	return {
		terms => [
			map {
				    chance(0.15 * $channels) ? [ $_, random_channel($world) ]
				  : chance(0.03 * $channels) ? [ undef, random_channel($world) ]
				  : [ $_, undef ]
			} @events
		]
	};
}

# One event.  What steps want and exclusions forbid are different events here,
# so that it matters what lies between.
sub plain_choice
{
	my ($world, $not) = @_;
	my @events = @{ $world->{events} };

	return { terms => [ [ name($not ? $events[-1] : one_of(@events[ 0 .. $#events - 1 ])), undef ] ] };
}

# A limit on the grid of the times.
sub random_length
{
	my ($world, @of) = @_;

	return $world->{size} * one_of(@of);
}

# Only what the grammar's rules allow.
sub random_pattern
{
	my ($world) = @_;
	my $set = chance(0.12);
	my $count = $set ? one_of(2, 2, 3, 3, 4) : one_of(1, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5);
	my $optionals = one_of(0, 0, 0, 0.3, 0.5);
	my $exclusions = one_of(0, 0.25, 0.45);
	my $limits = one_of(0, 0, 0.4, 0.7);
	my $plain = chance(0.3);
	my $mixed = !$set && $count > 3 && chance(0.4);
	my @elements;

	foreach my $i (0 .. $count - 1)
	{
		my $element = {};
		my $inside = $i > 0 && $i < $count - 1;

		if ($mixed)
		{
			# a step, exclusions and optional steps in turn, a step
			$element->{ one_of(qw(not optional)) } = 1 if $inside;
		}
		elsif (!$set)
		{
			if ($i > 0 && chance($exclusions))
			{
				$element->{not} = 1;
			}
			elsif (chance($optionals))
			{
				$element->{optional} = 1;
			}
		}

		$element->{written} =
		  $plain || $mixed && chance(0.7) ? plain_choice($world, $element->{not}) : random_choice($world);
		$element->{choice} = $element->{written}{terms};
		push @elements, $element;
	}

	# arrows, now that it is known which exclusions are trailing
	my $ends_in_steps = 0;

	foreach my $i (reverse 1 .. ($set ? 0 : $#elements))
	{
		my ($before, $element) = @elements[ $i - 1, $i ];

		$ends_in_steps = 1 unless $element->{not};
		$element->{next} = 1
		  if !grep({ $_->{not} || $_->{optional} } $before, $element) && chance(0.3);
		$element->{limit} = random_length($world, 0, 1, 1, 2, 2, 3)
		  if !($element->{not} && $ends_in_steps) && chance($limits);
	}

	my $pattern = {
		set => $set,
		elements => \@elements,
		within => chance(0.45) ? random_length($world, 0, 1, 2, 2, 3, 3, 4, 5) : undef,
		from_first => !$set && chance(0.15),
		same_channel => chance(0.15)
	};

	$pattern->{text} = pattern_text($pattern);
	return $pattern;
}

sub name_text
{
	my ($name) = @_;

	return '*' if $name->{prefix} && $name->{text} eq '';
	return label_text($name->{text}) . ($name->{prefix} ? '*' : '');
}

sub term_text
{
	my ($event, $channel) = @_;

	return ($event ? name_text($event) : '') . ($channel ? '@' . name_text($channel) : '');
}

sub choice_text
{
	my ($choice) = @_;
	my $bar = one_of('|', ' | ');

	return '(' . join($bar, map { term_text($_->[0]) } @{ $choice->{terms} }) . ')@'
	  . name_text($choice->{outside})
	  if $choice->{outside};
	return '(' . join($bar, map { term_text(@$_) } @{ $choice->{terms} }) . ')'
	  if @{ $choice->{terms} } > 1 || chance(0.03);
	return term_text(@{ $choice->{terms}[0] });
}

sub pattern_text
{
	my ($pattern) = @_;
	my $space = chance(0.8) ? ' ' : '';
	my $text = '';
	my @clauses;

	foreach my $i (0 .. $#{ $pattern->{elements} })
	{
		my $element = $pattern->{elements}[$i];
		my $limit = defined $element->{limit} ? '[<= ' . interval_text($element->{limit}) . ']' : '';
		my $arrow = ($pattern->{set} ? '&' : $element->{next} ? '=>' : '->') . $limit;

		$text .= $space . $arrow . $space if $i > 0;
		$text .= '!' if $element->{not};
		$text .= choice_text($element->{written});
		$text .= '?' if $element->{optional};
		$text .= ' as s' . ($i + 1) if !$element->{not} && chance(0.05);
	}

	push @clauses, keyword('within') . ' ' . interval_text($pattern->{within})
	  if defined $pattern->{within};
	push @clauses, keyword('from') . ' ' . keyword('first') if $pattern->{from_first};
	push @clauses, keyword('same') . ' ' . keyword('channel') if $pattern->{same_channel};
	push @clauses, by_text($pattern) if $pattern->{by};
	@clauses = reverse @clauses if chance(0.3);
	return join ' ', $text, @clauses;
}

sub by_text
{
	my ($pattern) = @_;
	my @days = qw(sunday monday tuesday wednesday thursday friday saturday);
	my @words = map { keyword($_) } 'by', $pattern->{by};

	push @words, keyword('of'), $pattern->{by_step} if $pattern->{by_step};
	push @words, map { keyword($_) } 'on', $days[ $pattern->{week_begins} ] if defined $pattern->{week_begins};
	push @words, keyword('at'), qq("$pattern->{zone}") if defined $pattern->{zone};
	return join ' ', @words;
}

sub keyword { return chance(0.1) ? uc $_[0] : $_[0]; }

# ----- what a pattern has ----------------------------------------------------

sub features
{
	my ($pattern) = @_;
	my @elements = @{ $pattern->{elements} };
	my %has;

	$has{'one element'} = 1 if @elements == 1;
	$has{'set'} = 1 if $pattern->{set};
	$has{'within'} = 1 if defined $pattern->{within};
	$has{'from first'} = 1 if $pattern->{from_first};
	$has{'same channel'} = 1 if $pattern->{same_channel};
	$has{'optional at the start'} = 1 if $elements[0]{optional};
	$has{'only optional'} = 1 unless grep { !$_->{optional} } @elements;

	my $seen = 0;

	foreach my $i (reverse 0 .. $#elements)
	{
		my $element = $elements[$i];
		my $where = $seen ? 'in the middle' : 'at the end';

		if ($element->{not})
		{
			$has{"exclusion $where"} = 1;
			$has{"exclusions in a row $where"} = 1 if $elements[ $i - 1 ]{not};
			$has{'exclusion beside optional'} = 1
			  if grep { $_ && $_->{optional} } @elements[ $i - 1, $i + 1 ];
			$has{'limit on an exclusion'} = 1 if defined $element->{limit};
		}
		else
		{
			$seen = 1;
			$has{'optional'} = 1 if $element->{optional} && $i > 0;
			$has{'next'} = 1 if $element->{next};
			$has{'limit'} = 1 if defined $element->{limit};
		}
		$has{'alternatives'} = 1 if @{ $element->{choice} } > 1;
		$has{'wildcard'} = 1
		  if grep { $_ && $_->{prefix} } map { @$_ } @{ $element->{choice} };
		$has{'channel'} = 1 if grep { $_->[1] } @{ $element->{choice} };
	}
	return sort keys %has;
}

1;
