# What a pattern means, written so that it can be read: a chain is every way of
# giving distinct touchpoints to steps, all of them are listed, and the one to
# report is picked by comparing them.  doc/pattern.md says the same in words.
# Nothing here is shared with the extension, and nothing is made fast.
#
# A touchpoint is { at, event, channel, value, score } (at in microseconds; undef
# is null).  canonical() puts a journey's touchpoints in order and numbers them.
#
# A pattern is
#	{ set => 0 | 1,             steps joined by '&' instead of arrows
#	  elements => [ ... ],      steps and exclusions, in the order written
#	  within => microseconds, from_first => 0 | 1, same_channel => 0 | 1,
#	  by => 'channel' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year',
#	  zone => its name, week_begins => 0 (Sunday) to 6,
#	  by_step => the number of the step whose channel it is instead }
# an element is
#	{ choice => [ [ event, channel ], ... ], each a name, or undef for "any or none"
#	  not => 0 | 1, optional => 0 | 1,
#	  next => 0 | 1,            the arrow before it is '=>'
#	  limit => microseconds }   the limit of the arrow before it
# and a name is { text, prefix => 0 | 1 }; '*' is the prefix ''.

package Reference;

use strict;
use warnings;
use Exporter 'import';
use POSIX qw(floor strftime tzset);
use Time::Local qw(timegm_modern);

our @EXPORT_OK = qw(canonical fits steps_of best_chain chain_times completed attempts
  chains_by_label);

# ----- touchpoints -----------------------------------------------------------

# (at, event, channel nulls first, value nulls first, score nulls first)
sub canonical
{
	my @sorted = sort {
			 $a->{at} <=> $b->{at}
		  || $a->{event} cmp $b->{event}
		  || nulls_first($a->{channel}, $b->{channel}, sub { $_[0] cmp $_[1] })
		  || nulls_first($a->{value}, $b->{value}, sub { $_[0] <=> $_[1] })
		  || nulls_first($a->{score}, $b->{score}, sub { $_[0] <=> $_[1] })
	} @_;

	$sorted[$_]{no} = $_ foreach 0 .. $#sorted;
	return @sorted;
}

sub nulls_first
{
	my ($x, $y, $compare) = @_;

	return defined $x <=> defined $y unless defined $x && defined $y;
	return $compare->($x, $y);
}

sub named
{
	my ($name, $label) = @_;

	return 1 unless defined $name;
	return 0 unless defined $label;
	return $name->{prefix} ? index($label, $name->{text}) == 0 : $label eq $name->{text};
}

# Does the touchpoint match one of the alternatives?
sub fits
{
	my ($choice, $touchpoint) = @_;

	foreach my $term (@$choice)
	{
		return 1
		  if named($term->[0], $touchpoint->{event})
		  && named($term->[1], $touchpoint->{channel});
	}
	return 0;
}

# ----- patterns --------------------------------------------------------------

# The steps of a pattern, each with the exclusions of the arrow before it, and
# the exclusions at its end, which are one more step together.
sub steps_of
{
	my ($pattern) = @_;
	my (@steps, @exclusions);

	foreach my $element (@{ $pattern->{elements} })
	{
		if ($element->{not})
		{
			push @exclusions, $element;
		}
		else
		{
			push @steps, { %$element, exclusions => [@exclusions] };
			@exclusions = ();
		}
	}
	return (\@steps, \@exclusions);
}

# ----- chains ----------------------------------------------------------------

# A chain is { touchpoints => [ one for each step up to the furthest, undef for a
# skipped one ], reached => how many steps that is }.

sub matched
{
	my ($chain) = @_;

	return grep { defined } @{ $chain->{touchpoints} };
}

# Times of the steps reached, undef where there is none.
sub chain_times
{
	my ($chain) = @_;

	return map { $_ ? $_->{at} : undef } @{ $chain->{touchpoints} };
}

# Every chain of a sequence among these touchpoints.
sub sequence_chains
{
	my ($pattern, @journey) = @_;
	my ($steps, $trailing) = steps_of($pattern);
	my @may = map { my $step = $_; [ grep { fits($step->{choice}, $_) } @journey ] } @$steps;
	my @forbidden = map {
		my $step = $_;
		[ grep { my $t = $_; grep { fits($_->{choice}, $t) } @{ $step->{exclusions} } } @journey ]
	} @$steps;
	my @chains;

	my $grow;
	$grow = sub {
		my (@so_far) = @_;
		my $before = $so_far[-1];
		my $first = (grep { defined } @so_far)[0];
		my @exclusions;

		foreach my $s (scalar(@so_far) .. $#$steps)
		{
			push @exclusions, @{ $forbidden[$s] };

			foreach my $t (@{ $may[$s] })
			{
				# distinct, and in time order
				next if grep { $_ && $_ == $t } @so_far;

				if ($before)
				{
					my $limit = $steps->[$s]{limit};

					next if $t->{at} < $before->{at};
					next if defined $limit && $t->{at} - $before->{at} > $limit;
					next if defined $pattern->{within}
					  && $t->{at} - $first->{at} > $pattern->{within};
					next if grep { lies_between($before, $_, $t) } @exclusions;
					next if $steps->[$s]{next}
					  && grep { lies_between($before, $_, $t) } @journey;
				}
				elsif ($pattern->{from_first})
				{
					next if !@{ $may[0] } || $t->{at} != earliest(@{ $may[0] });
				}

				my @longer = (@so_far, (undef) x ($s - @so_far), $t);

				push @chains, { touchpoints => \@longer, reached => scalar @longer };
				$grow->(@longer);
			}
			last unless $steps->[$s]{optional};
		}
	};
	$grow->();
	undef $grow;

	return @chains unless @$trailing;
	return (@chains, map { hold_out($pattern, $_, \@journey) } @chains);
}

sub earliest
{
	return (sort { $a <=> $b } map { $_->{at} } @_)[0];
}

sub lies_between
{
	my ($before, $x, $after) = @_;

	return $before->{at} < $x->{at} && $x->{at} < $after->{at};
}

# The chain with the trailing exclusion as one step more, if it holds: all
# required steps came, and no x continues the chain.
sub hold_out
{
	my ($pattern, $chain, $journey) = @_;
	my ($steps, $trailing) = steps_of($pattern);
	my @touchpoints = @{ $chain->{touchpoints} };

	return () if grep { !$touchpoints[$_] && !$steps->[$_]{optional} } 0 .. $#$steps;

	foreach my $exclusion (@$trailing)
	{
		return () if grep { continues($pattern, $chain, $exclusion, $_) } @$journey;
	}

	return {
		touchpoints => [ map { $touchpoints[$_] } 0 .. @$steps ],
		reached => @$steps + 1
	};
}

# Could '-> x' continue the chain with this touchpoint?  At the last one's own
# instant not with one that matches the step of the last one itself.
sub continues
{
	my ($pattern, $chain, $exclusion, $t) = @_;
	my ($steps) = steps_of($pattern);
	my @matched = matched($chain);
	my ($first, $last) = @matched[ 0, -1 ];
	my ($last_step) = grep { $chain->{touchpoints}[$_] } reverse 0 .. $#$steps;

	return
		 fits($exclusion->{choice}, $t)
	  && !grep({ $_ == $t } @matched)
	  && $t->{at} >= $last->{at}
	  && !(defined $pattern->{within} && $t->{at} - $first->{at} > $pattern->{within})
	  && !(defined $exclusion->{limit} && $t->{at} - $last->{at} > $exclusion->{limit})
	  && !($t->{at} == $last->{at} && fits($steps->[$last_step]{choice}, $t));
}

# Every way to serve some steps of a set by distinct touchpoints of a stretch
# not longer than the window; the touchpoints in time order.
sub set_chains
{
	my ($pattern, @journey) = @_;
	my @steps = @{ $pattern->{elements} };
	my @chains;

	my $serve;
	$serve = sub {
		my ($s, @taken) = @_;

		if ($s == @steps)
		{
			my @inorder = sort { $a->{no} <=> $b->{no} } @taken;

			push @chains, { touchpoints => \@inorder, reached => scalar @inorder } if @inorder;
			return;
		}

		$serve->($s + 1, @taken);
		foreach my $t (grep { fits($steps[$s]{choice}, $_) } @journey)
		{
			next if grep { $_ == $t } @taken;
			next if defined $pattern->{within}
			  && grep { abs($_->{at} - $t->{at}) > $pattern->{within} } @taken;
			$serve->($s + 1, @taken, $t);
		}
	};
	$serve->(0);
	undef $serve;
	return @chains;
}

# The journeys that a pattern is judged in one at a time: all of it, or what
# went through each channel.
sub judged_apart
{
	my ($pattern, @journey) = @_;
	my %of;

	return [@journey] unless $pattern->{same_channel};
	push @{ $of{ $_->{channel} } }, $_ foreach grep { defined $_->{channel} } @journey;
	return map { $of{$_} } sort keys %of;
}

# Every chain of the pattern in the journey.
sub chains
{
	my ($pattern, @journey) = @_;

	return map { $pattern->{set} ? set_chains($pattern, @$_) : sequence_chains($pattern, @$_) }
	  judged_apart($pattern, @journey);
}

# Which of two chains is reported?  Negative if the first.
sub compare_chains
{
	my ($x, $y) = @_;
	my @x = matched($x);
	my @y = matched($y);

	return $y->{reached} <=> $x->{reached}          # reaches furthest
	  || $x[-1]{at} <=> $y[-1]{at}                  # completed first
	  || @y <=> @x                                  # most steps matched
	  || $y[0]{at} <=> $x[0]{at}                    # latest start
	  || compare_times($x, $y)                      # earliest times of steps 2, 3, ...
	  || compare_numbers(\@x, \@y);                 # canonical order
}

# Step by step from the second; a matched step goes before a skipped one.
sub compare_times
{
	my ($x, $y) = @_;
	my @x = chain_times($x);
	my @y = chain_times($y);

	foreach my $s (1 .. $#x)
	{
		next if !defined $x[$s] && !defined $y[$s];
		return defined $y[$s] <=> defined $x[$s] unless defined $x[$s] && defined $y[$s];
		return $x[$s] <=> $y[$s] if $x[$s] != $y[$s];
	}
	return 0;
}

sub compare_numbers
{
	my ($x, $y) = @_;

	foreach my $i (0 .. $#$x)
	{
		return $x->[$i]{no} <=> $y->[$i]{no} if $x->[$i]{no} != $y->[$i]{no};
	}
	return 0;
}

# The chain to report; undef without any.
sub best_chain
{
	my ($pattern, @journey) = @_;

	return best_of(chains($pattern, @journey));
}

sub best_of
{
	my $best;

	foreach my $chain (@_)
	{
		$best = $chain if !$best || compare_chains($chain, $best) < 0;
	}
	return $best;
}

# Did the chain match all that is required?
sub completed
{
	my ($pattern, $chain) = @_;
	my ($steps, $trailing) = steps_of($pattern);

	return 0 unless $chain;
	return $chain->{reached} == @$steps ? 1 : 0 if $pattern->{set};
	return $chain->{reached} > @$steps ? 1 : 0 if @$trailing;
	return (grep { !$chain->{touchpoints}[$_] && !$steps->[$_]{optional} } 0 .. $#$steps) ? 0 : 1;
}

# ----- breakdowns ------------------------------------------------------------

# What a report with 'by' calls a touchpoint: its channel, or the first day of the
# week, month, quarter or year that it is in, or the hour with its offset.
sub label_of
{
	my ($pattern, $touchpoint) = @_;
	my $by = $pattern->{by};

	return $touchpoint->{channel} if $by eq 'channel';

	my $seconds = floor($touchpoint->{at} / 1_000_000);
	my @clock = clock($pattern->{zone}, $seconds);

	return strftime('%Y-%m-%d %H:00', @clock) . offset_text(timegm_modern(@clock[ 0 .. 4 ], $clock[5] + 1900) - $seconds)
	  if $by eq 'hour';

	my ($day, $month, $year, $week_day) = day_of($pattern->{zone}, $seconds);

	$month -= $month % 3 if $by eq 'quarter';
	$month = 0 if $by eq 'year';
	$day = 1 if $by =~ /^(?:month|quarter|year)$/;

	my $midnight = timegm_modern(0, 0, 0, $day, $month, $year + 1900);

	$midnight -= 86_400 * (($week_day - ($pattern->{week_begins} // 1)) % 7) if $by eq 'week';
	return strftime('%Y-%m-%d', gmtime $midnight);
}

# What clocks of a zone show, as localtime says it.
sub clock
{
	my ($zone, $seconds) = @_;

	local $ENV{TZ} = $zone // 'UTC';
	tzset();
	return localtime $seconds;
}

# The earliest day that clocks show then or soon: where they are set back from just after
# midnight, the day before is not yet over.
my %day_of;

sub day_of
{
	my ($zone, $seconds) = @_;
	my $days = $day_of{ $zone // '' }{$seconds} //= [ sort { $a->[2] <=> $b->[2] || $a->[1] <=> $b->[1] || $a->[0] <=> $b->[0] }
		  map { [ (clock($zone, $seconds + 60 * $_))[ 3 .. 6 ] ] } 0, $zone ? 1 .. 120 : () ];

	return @{ $days->[0] };
}

# '+02', '-03:30', '+00:53:28'
sub offset_text
{
	my ($east) = @_;
	my $offset = abs $east;
	my @parts = (int($offset / 3600), int($offset / 60) % 60, $offset % 60);

	pop @parts while @parts > 1 && $parts[-1] == 0;
	return ($east < 0 ? '-' : '+') . join ':', map { sprintf '%02d', $_ } @parts;
}

# The labels that a customer is counted under, each with the chain reported
# there: the best of those that start under it.  With 'from first' a journey has
# but one label, that of its best chain.  The label of no channel is ''.  By the
# channel of a step there is one label, that of the best chain's touchpoint, and
# no channel if that chain, or the journey, has none.
sub chains_by_label
{
	my ($pattern, @journey) = @_;

	if ($pattern->{by_step})
	{
		my $best = best_chain($pattern, @journey);
		my $touchpoint = $best && $best->{touchpoints}[ $pattern->{by_step} - 1 ];

		return ($touchpoint && $touchpoint->{channel} // '' => $best);
	}

	my @chains = map { $pattern->{from_first} ? best_chain($pattern, @$_) // () : chains($pattern, @$_) }
	  judged_apart($pattern, @journey);
	my %under;

	push @{ $under{ label_of($pattern, $_->{touchpoints}[0]) // '' } }, $_ foreach @chains;
	return map { $_ => best_of(@{ $under{$_} }) } keys %under;
}

# ----- attempts --------------------------------------------------------------

# Completed chains one after the other, and the unfinished one after them.  The
# journey of one goes from its first to its last touchpoint, that of the
# unfinished one as far as it may go on.
sub attempts
{
	my ($pattern, @journey) = @_;
	my @rows;

	while (my $chain = best_chain($pattern, @journey))
	{
		my @matched = matched($chain);
		my @values = grep { defined } map { $_->{value} } @matched;
		my $sum;

		my $completed = completed($pattern, $chain);
		my $from = $matched[0]{at};
		my $to = $completed ? $matched[-1]{at} : defined $pattern->{within} ? $from + $pattern->{within} : undef;

		$sum += $_ foreach @values;
		push @rows,
		  {
			started_at => $from,
			ended_at => $matched[-1]{at},
			reached => $chain->{reached},
			completed => $completed,
			entry_channel => $matched[0]{channel},
			value => $sum,
			journey => [ grep { $_->{at} >= $from && !(defined $to && $_->{at} > $to) } @journey ]
		  };
		last unless $rows[-1]{completed};
		@journey = grep { $_->{at} > $matched[-1]{at} } @journey;
	}
	return @rows;
}

1;
