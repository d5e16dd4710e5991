# What attribution means, written so that it can be read: every touch is asked
# whether it belongs to a conversion, every model is its formula, a Markov chain
# is solved in fractions and solved again without each channel, and Shapley's
# value is the sum over all coalitions.  doc/attribution.md says the same in
# words.  Nothing here is shared with the extension, and nothing is made fast.
#
# Touchpoints, choices and names are those of Reference.pm.  A question is
#	{ touch => choice or undef, conversion => choice, lookback => microseconds }
# and a model
#	{ text => as it was written, name => 'position', arguments => [ ... ] }
# the arguments being names, numbers, or one length in microseconds.
#
# A path is { channels => [ ... ], conversions, nulls, value }.

package Attribution;

use strict;
use warnings;
use Exporter 'import';
use List::Util qw(first sum0);
use Math::BigRat;
use Reference qw(fits);

our @EXPORT_OK = qw(conversions credit_rows channel_rows paths markov shapley
  shared_out sum_of_values);

# ----- conversions and their touches -----------------------------------------

sub is_conversion
{
	my ($question, $touchpoint) = @_;

	return fits($question->{conversion}, $touchpoint);
}

sub is_touch
{
	my ($question, $touchpoint) = @_;

	return 0 if is_conversion($question, $touchpoint);
	return defined $touchpoint->{channel} ? 1 : 0 unless $question->{touch};
	return fits($question->{touch}, $touchpoint);
}

# Each conversion of a journey that the scope has, with its number among all and
# its touches, at most so many; and all of its range that is no conversion.
sub conversions
{
	my ($question, $scope, $most, @journey) = @_;
	my @all = grep { is_conversion($question, $_) } @journey;
	my @conversions;

	foreach my $no (1 .. @all)
	{
		my $conversion = $all[ $no - 1 ];

		next if $scope eq 'first' && $no != 1 || $scope eq 'last' && $no != @all;

		my @range = grep { reaches($question, $_, $conversion) } @journey;

		@range = grep { next_conversion($_, @all) == $conversion } @range if $scope eq 'exclusive';
		@range = grep { !is_conversion($question, $_) } @range;

		my @touches = grep { is_touch($question, $_) } @range;

		shift @touches while defined $most && @touches > $most;
		push @conversions,
		  { %$conversion, number => $no, range => \@range, touches => \@touches };
	}
	return @conversions;
}

sub reaches
{
	my ($question, $touchpoint, $conversion) = @_;
	my $ago = $conversion->{at} - $touchpoint->{at};

	return 0 <= $ago && $ago <= $question->{lookback};
}

# The first at the touchpoint's own instant or later.
sub next_conversion
{
	my ($touchpoint, @conversions) = @_;

	return first { $_->{at} >= $touchpoint->{at} } @conversions;
}

# ----- models ----------------------------------------------------------------

sub matches
{
	my ($name, $label) = @_;

	return 0 unless defined $label;
	return $name->{prefix} ? index($label, $name->{text}) == 0 : $label eq $name->{text};
}

# What touches without a channel are counted under.
sub channel_of { return $_[0]{channel} // '(none)'; }

# All to one of n.
sub all_to
{
	my ($which, $n) = @_;

	return map { $_ == $which ? 1 : 0 } 0 .. $n - 1;
}

# So that they add up to 1.
sub scaled
{
	my $sum = sum0(@_);

	return map { $_ / $sum } @_;
}

sub occurrences
{
	my ($touch, @touches) = @_;

	return scalar grep { channel_of($_) eq channel_of($touch) } @touches;
}

sub distinct_channels
{
	my %seen;

	return grep { !$seen{$_}++ } map { channel_of($_) } @_;
}

# The numbers of the touches through none of the channels; of all if there are none.
sub not_through
{
	my ($names, @touches) = @_;
	my @others = grep {
		my $channel = $touches[$_]{channel};
		!grep { matches($_, $channel) } @$names
	} 0 .. $#touches;

	return @others ? @others : (0 .. $#touches);
}

sub position
{
	my ($n, $first, $middle, $last) = @_;

	return 1 if $n == 1;
	return $first + $last ? scaled($first, $last) : (0.5, 0.5) if $n == 2;
	return scaled($first, (map { $middle / ($n - 2) } 2 .. $n - 1), $last);
}

# Three tenths each to the first touch and to those that the milestones came
# from, a tenth to all others together.
sub w_shaped
{
	my ($conversion, @milestones) = @_;
	my @touches = @{ $conversion->{touches} };
	my @weights = map { 0 } @touches;

	$weights[0] += 0.3;
	foreach my $name (@milestones)
	{
		my $milestone = first { matches($name, $_->{event}) } @{ $conversion->{range} };
		next unless $milestone;
		my @until = grep { $touches[$_]{no} <= $milestone->{no} } 0 .. $#touches;

		$weights[ $until[-1] ] += 0.3 if @until;
	}

	my @others = grep { !$weights[$_] } 0 .. $#touches;

	$weights[$_] = 0.1 / @others foreach @others;
	return scaled(@weights);
}

sub time_decay
{
	my ($half_life, @touches) = @_;

	return scaled(map { 2**(-($touches[-1]{at} - $_->{at}) / $half_life) } @touches);
}

# From the last touch backwards; what is left is 0.
sub custom
{
	my ($n, @weights) = @_;
	my @used = reverse map { $_ < @weights ? $weights[$_] : 0 } 0 .. $n - 1;

	return sum0(@used) ? scaled(@used) : all_to($n - 1, $n);
}

my $week = 7 * 86_400 * 1_000_000;

# Each is given the conversion, the number of its touches, and the arguments.
my %formula = (
	first => sub { all_to(0, $_[1]) },
	last => sub { all_to($_[1] - 1, $_[1]) },
	first_non => sub { my ($c, $n, @names) = @_; all_to((not_through(\@names, @{ $c->{touches} }))[0], $n) },
	last_non => sub { my ($c, $n, @names) = @_; all_to((not_through(\@names, @{ $c->{touches} }))[-1], $n) },
	linear => sub { map { 1 / $_[1] } 1 .. $_[1] },
	linear_unique => sub {
		my @touches = @{ $_[0]{touches} };
		map { 1 / (distinct_channels(@touches) * occurrences($_, @touches)) } @touches;
	},
	participation => sub {
		my @touches = @{ $_[0]{touches} };
		map { 1 / occurrences($_, @touches) } @touches;
	},
	position => sub { my ($c, $n, @weights) = @_; position($n, @weights) },
	u_shaped => sub { position($_[1], 0.4, 0.2, 0.4) },
	j_shaped => sub { position($_[1], 0.2, 0.2, 0.6) },
	inverse_j => sub { position($_[1], 0.6, 0.2, 0.2) },
	w_shaped => sub { my ($c, $n, @milestones) = @_; w_shaped($c, @milestones) },
	time_decay => sub { my ($c, $n, $half_life) = @_; time_decay($half_life // $week, @{ $c->{touches} }) },
	custom => sub { my ($c, $n, @weights) = @_; custom($n, @weights) });

# The credit of each touch of a conversion, in their order.
sub credits
{
	my ($model, $conversion) = @_;
	my $n = @{ $conversion->{touches} } or return ();

	return $formula{ $model->{name} }->($conversion, $n, @{ $model->{arguments} });
}

# ----- credit by touchpoint --------------------------------------------------

# The rows of attribute_touchpoints(), times in microseconds.
sub credit_rows
{
	my ($question, $models, $scope, $most, @journey) = @_;
	my @conversions = conversions($question, $scope, $most, @journey);
	my @rows;

	foreach my $model (@$models)
	{
		foreach my $c (@conversions)
		{
			my @touches = @{ $c->{touches} };
			my @credits = credits($model, $c);
			my @start = ($model->{text}, $c->{number}, $c->{at}, $c->{value});

			foreach my $i (0 .. $#touches)
			{
				push @rows,
				  [ @start, $i + 1, scalar @touches, @{ $touches[$i] }{qw(at event channel)},
					$credits[$i], defined $c->{value} ? $credits[$i] * $c->{value} : undef ];
			}
			push @rows, [ @start, undef, 0, undef, undef, undef, 1, $c->{value} ] unless @touches;
		}
	}
	return @rows;
}

# ----- paths -----------------------------------------------------------------

# One for each conversion with touches, and one of the touches after the last
# conversion; no touch is in two.
sub paths
{
	my ($question, @journey) = @_;
	my @conversions = conversions($question, 'exclusive', undef, @journey);
	my @left = grep { is_touch($question, $_) && !next_conversion($_, @conversions) } @journey;
	my @paths = map { path($_->{touches}, 1, $_->{value}) } @conversions;

	return grep { @{ $_->{channels} } } @paths, path(\@left, 0);
}

sub path
{
	my ($touches, $conversions, $value) = @_;

	return {
		channels => [ map { channel_of($_) } @$touches ],
		conversions => $conversions,
		nulls => 1 - $conversions,
		value => $value
	};
}

# ----- Markov chains ---------------------------------------------------------

# The removal effect of each channel, and what is lost of the expected value
# without it, both as fractions; undef if nothing converts.
sub markov
{
	my ($order, @paths) = @_;

	return unless @paths;

	my $chain = transitions($order, @paths);
	my ($conversion, $value) = from_start($chain);
	my ($conversions, $nulls) = map { my $what = $_; sum0(map { $_->{$what} } @paths) } qw(conversions nulls);
	my %of = map { $_ => 1 } map { @{ $_->{channels} } } @paths;
	my (%effect, %loss);

	die "a chain of order $order does not convert as often as its paths\n"
	  if $conversion * ($conversions + $nulls) != $conversions;
	return unless $conversions;

	foreach my $channel (keys %of)
	{
		my ($conversion_left, $value_left) = from_start($chain, $channel);

		$effect{$channel} = ($conversion - $conversion_left) / $conversion;
		$loss{$channel} = $value - $value_left;
	}
	return (\%effect, \%loss);
}

# The states are the last channels of the path so far, at most as many as the
# order; each with the probabilities of those that follow, and with what it gains
# at once: conversions and value.  The state at the start is ''.
sub transitions
{
	my ($order, @paths) = @_;
	my (%state, %visits);

	foreach my $path (@paths)
	{
		my $times = $path->{conversions} + $path->{nulls};
		my $here = '';
		my @last;

		foreach my $channel (@{ $path->{channels} })
		{
			push @last, $channel;
			shift @last if @last > $order;

			my $next = join "\n", @last;

			$visits{$here} += $times;
			$state{$here}{next}{$next} += $times;
			$here = $next;
		}
		$visits{$here} += $times;
		$state{$here}{conversions} += $path->{conversions};
		$state{$here}{value} += $path->{value} // 0;
	}

	foreach my $here (keys %state)
	{
		my $from = $state{$here};

		$_ = fraction($_, $visits{$here}) foreach values %{ $from->{next} };
		$from->{$_} = fraction($from->{$_} // 0, $visits{$here}) foreach qw(conversions value);
	}
	return \%state;
}

# The same few are asked for again and again.
my %fraction;

sub fraction
{
	my ($x, $y) = @_;

	return $x ? $fraction{$x}{$y} //= Math::BigRat->new($x) / $y : 0;
}

# What is gained from the start on, if the states with that channel lead nowhere:
# each state's equation is put into the others until the start's alone is left.
sub from_start
{
	my ($chain, $without) = @_;
	my %row;

	foreach my $state (keys %$chain)
	{
		next if defined $without && has($state, $without);
		my $from = $chain->{$state};
		my @next = grep { !defined $without || !has($_, $without) } keys %{ $from->{next} };

		$row{$state} = {
			conversions => $from->{conversions},
			value => $from->{value},
			next => { map { $_ => $from->{next}{$_} } @next }
		};
	}

	# those with few that follow first: the equations stay short
	foreach my $state (
		sort { keys %{ $chain->{$a}{next} } <=> keys %{ $chain->{$b}{next} } || $a cmp $b }
		grep { $_ ne '' } keys %row)
	{
		my $gone = delete $row{$state};
		my $leave = 1 - (delete $gone->{next}{$state} // 0);

		foreach my $other (values %row)
		{
			my $weight = delete $other->{next}{$state} // next;

			$weight = $weight / $leave;
			$other->{$_} = $other->{$_} + $weight * $gone->{$_} foreach qw(conversions value);
			$other->{next}{$_} = ($other->{next}{$_} // 0) + $weight * $gone->{next}{$_}
			  foreach keys %{ $gone->{next} };
		}
	}
	return @{ $row{''} }{qw(conversions value)};
}

sub has
{
	my ($state, $channel) = @_;

	return scalar grep { $_ eq $channel } split /\n/, $state;
}

# Of a total, what each is given that counts for so much; undef if nothing does.
sub shared_out
{
	my ($total, $parts) = @_;
	my $sum = sum0(values %$parts);

	return unless $sum;
	return { map { $_ => $total * $parts->{$_} / $sum } keys %$parts };
}

# ----- Shapley's value -------------------------------------------------------

# A coalition of channels is worth what was got by paths through no others.
sub worth
{
	my ($what, $coalition, @paths) = @_;

	return sum0(
		map { $_->{$what} // 0 }
		grep {
			!grep { !$coalition->{$_} } @{ $_->{channels} }
		} @paths);
}

sub factorial { return $_[0] < 2 ? 1 : $_[0] * factorial($_[0] - 1); }

# What each channel adds to each coalition of the others, over all orders in which
# they could have come together.
sub shapley
{
	my ($what, @paths) = @_;
	my %of = map { $_ => 1 } map { @{ $_->{channels} } } @paths;
	my $n = keys %of;
	my %share;

	foreach my $channel (keys %of)
	{
		my @others = grep { $_ ne $channel } sort keys %of;

		foreach my $subset (0 .. 2**@others - 1)
		{
			my %coalition = map { $others[$_] => 1 } grep { $subset & 1 << $_ } 0 .. $#others;
			my $size = keys %coalition;
			my $without = worth($what, \%coalition, @paths);
			my $with = worth($what, { %coalition, $channel => 1 }, @paths);

			$share{$channel} +=
			  factorial($size) * factorial($n - $size - 1) / factorial($n) * ($with - $without);
		}
	}
	return \%share;
}

# ----- credit by channel -----------------------------------------------------

# The rows of channel_attribution() for journeys, each a customer's.
sub channel_rows
{
	my ($question, $models, @journeys) = @_;
	my @paths = map { paths($question, @$_) } @journeys;
	my ($shared, $exclusive) = map {
		my $scope = $_;
		[ map { [ conversions($question, $scope, undef, @$_) ] } @journeys ]
	} qw(shared exclusive);

	return map { rows_of_model($_, is_data_driven($_) ? $exclusive : $shared, @paths) } @$models;
}

sub is_data_driven { return $_[0]{name} =~ /^(?:markov|shapley)$/; }

sub rows_of_model
{
	my ($model, $by_customer, @paths) = @_;
	my @all = map { @$_ } @$by_customer;
	my @without = grep { !@{ $_->{touches} } } @all;
	my %row = %{ counted(@$by_customer) };

	if ($model->{name} eq 'markov')
	{
		solved_by_markov(\%row, $model->{arguments}[0] // 1, @paths);
	}
	elsif ($model->{name} eq 'shapley')
	{
		solved_by_shapley(\%row, grep { $_->{conversions} } @paths);
	}
	else
	{
		by_rule(\%row, $model, @all);
	}

	my @rows = map { $row{$_}{channel} = $_; $row{$_} } sort keys %row;

	push @rows, { conversions => scalar @without, value => sum_of_values(@without) } if @without;

	my $sum = sum0(map { $_->{conversions} } @rows);

	foreach my $row (@rows)
	{
		$row->{share} = $row->{conversions} / $sum if $sum;
		$row->{$_} //= 0 foreach qw(touchpoints customers first last only assists);
	}
	return map {
		[ $model->{text}, @$_{qw(channel touchpoints customers conversions value share first last only assists effect)} ]
	} @rows;
}

# undef if none has a value
sub sum_of_values
{
	my @values = grep { defined } map { $_->{value} } @_;

	return @values ? sum0(@values) : undef;
}

# A row for each channel with a touch of some conversion, and what can be counted.
sub counted
{
	my @by_customer = @_;
	my %row;

	foreach my $conversions (@by_customer)
	{
		my %touched;

		foreach my $c (grep { @{ $_->{touches} } } @$conversions)
		{
			my @channels = map { channel_of($_) } @{ $c->{touches} };

			$row{$_}{touchpoints}++ foreach @channels;
			$row{ $channels[0] }{first}++;
			$row{ $channels[-1] }{last}++;
			$row{ $channels[0] }{only}++ if @channels == 1;

			foreach my $channel (distinct_channels(@{ $c->{touches} }))
			{
				$touched{$channel} = 1;
				$row{$channel}{assists}++ if $channel ne $channels[-1];
			}
		}
		$row{$_}{customers}++ foreach keys %touched;
	}
	return \%row;
}

sub by_rule
{
	my ($row, $model, @conversions) = @_;

	foreach my $c (@conversions)
	{
		my @touches = @{ $c->{touches} };
		my @credits = credits($model, $c);

		foreach my $i (0 .. $#touches)
		{
			my $of = $row->{ channel_of($touches[$i]) };

			$of->{conversions} += $credits[$i];
			$of->{value} += $credits[$i] * $c->{value} if defined $c->{value};
		}
	}
	return;
}

sub solved_by_markov
{
	my ($row, $order, @paths) = @_;
	my ($effect, $loss) = markov($order, @paths);
	my $value = sum_of_values(@paths);
	my $conversions = sum0(map { $_->{conversions} } @paths);
	my %of = map { $_ => 1 } map { @{ $_->{channels} } } @paths;

	$row->{$_}{conversions} = 0 foreach keys %of;
	return unless $effect;

	my $credit = shared_out($conversions, $effect);
	my $value_credit = defined $value ? shared_out($value, $loss) // shared_out($value, $effect) : {};

	foreach my $channel (keys %of)
	{
		$row->{$channel}{conversions} = number($credit->{$channel});
		$row->{$channel}{value} = number($value_credit->{$channel}) if defined $value;
		$row->{$channel}{effect} = number($effect->{$channel});
	}
	return;
}

sub number { return ref $_[0] ? $_[0]->numerator->numify / $_[0]->denominator->numify : $_[0]; }

sub solved_by_shapley
{
	my ($row, @paths) = @_;
	my $conversions = shapley('conversions', @paths);
	my $value = shapley('value', @paths);

	foreach my $channel (keys %$row)
	{
		my @through = grep { my $path = $_; grep { $_ eq $channel } @{ $path->{channels} } } @paths;

		$row->{$channel}{conversions} = $conversions->{$channel};
		$row->{$channel}{value} = $value->{$channel} if defined sum_of_values(@through);
	}
	return;
}

1;
