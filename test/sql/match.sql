-- The pattern language and what it finds in single journeys.
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';
\set VERBOSITY default

-- Shorthand: hour:event, of one day; equal hours are ties and _ is a space.
CREATE FUNCTION j(spec text) RETURNS journey IMMUTABLE LANGUAGE sql AS $$
    SELECT string_agg(format('2026-03-01 %s:00:00+00 %s', lpad(split_part(t, ':', 1), 2, '0'),
                             replace(substr(t, strpos(t, ':') + 1), '_', ' ')), ', ')::journey
    FROM string_to_table(spec, ' ') t
$$;
CREATE FUNCTION hours(timestamptz[]) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT coalesce(string_agg(coalesce(extract(hour FROM t)::text, '-'), ' ' ORDER BY n), '')
    FROM unnest($1) WITH ORDINALITY u(t, n)
$$;
SELECT j('0:a@x 3:b_=2');

\echo a chain is touchpoints in time order, anything may lie between
SELECT reached(j('0:a 1:x 2:b'), 'a -> b'), reached(j('0:b 1:a'), 'a -> b'), reached(j('0:x'), 'a -> b');
\echo touchpoints at one instant may serve in either order, whatever the order of arrival
SELECT reached(j('0:b 0:a'), 'a -> b'), reached(j('0:a 0:b'), 'a -> b');
\echo one touchpoint never serves two steps, two alike ones do
SELECT reached(j('0:a'), 'a -> a'), reached(j('0:a 0:a'), 'a -> a'), reached(j('0:a 1:a'), 'a -> a');
\echo of touchpoints at one instant each step gets one that leaves enough for the others
SELECT reached(j('0:b@x 0:b'), 'b@x -> b'), reached(j('0:b@x 0:c'), 'b -> b@x');
\echo the window is inclusive and counted from the first touchpoint
SELECT reached(j('0:a 2:b'), 'a -> b within 2 hours'), reached(j('0:a 2:b'), 'a -> b within 7199 seconds'),
       reached(j('0:a 2:b'), 'a -> b within 1 hour 60 minutes');
\echo every first step may start a chain: the later one is close enough
SELECT reached(j('0:a 5:a 6:b'), 'a -> b within 1 hour'), hours(reached_at(j('0:a 5:a 6:b'), 'a -> b within 1 hour'));
\echo but with "from first" only the earliest
SELECT reached(j('0:a 5:a 6:b'), 'a -> b within 1 hour from first');
\echo "from first": at the earliest instant each touchpoint may start
SELECT reached(j('0:a@x 0:a@y 1:b'), '(a@x|a@y) -> b within 1 hour from first');
\echo a window of zero is the same instant
SELECT reached(j('0:a 0:b'), 'a -> b within 0 days'), reached(j('0:a 1:b'), 'a -> b within 0 s');

\echo the reported chain: completed first, then latest start, then earliest times
SELECT hours(reached_at(j('0:a 1:a 2:b 3:b 4:c 5:c'), 'a -> b -> c'));
SELECT hours(reached_at(j('1:c 2:c 3:c 4:x'), 'c -> c -> x'));
\echo the furthest counts, not the completed prefix
SELECT hours(reached_at(j('0:a 1:b 2:c 10:a 11:b'), 'a -> b -> c -> d'));
\echo no chain: an empty array; so does the empty journey
SELECT reached_at(j('0:x'), 'a'), reached(''::journey, 'a'), reached_at(''::journey, 'a'), ''::journey ~ 'a?';

\echo optional steps may be skipped, at the start too; reached counts positions
SELECT reached(j('0:purchase'), 'awareness? -> consideration? -> purchase'),
       hours(reached_at(j('0:purchase'), 'awareness? -> consideration? -> purchase')),
       hours(reached_at(j('0:consideration 1:purchase'), 'awareness? -> consideration? -> purchase'));
\echo among chains completed at once the one with most steps matched is reported
SELECT hours(reached_at(j('0:a 1:b 2:c'), 'a? -> b? -> c')), hours(reached_at(j('0:b 1:a 2:c'), 'a? -> b? -> c'));
\echo a pattern of optional steps matches if at least one step did
SELECT j('0:b') ~ 'a? -> b?', j('0:c') ~ 'a? -> b?', j('0:c') !~ 'a? -> b?', j('0:a') ~ 'a -> b?';

\echo exclusions in the middle end the attempt, another, clean one may win
SELECT reached(j('0:a 1:x 2:b'), 'a -> !x -> b'), reached(j('0:a 1:x 2:a 3:b'), 'a -> !x -> b'),
       hours(reached_at(j('0:a 1:x 2:a 3:b'), 'a -> !x -> b'));
\echo at the instant of either neighbour an exclusion does not exclude
SELECT reached(j('0:a 0:x 1:b'), 'a -> !x -> b'), reached(j('0:a 1:x 1:b'), 'a -> !x -> b');
\echo several exclusions in a row are a union
SELECT reached(j('0:a 1:x 2:b'), 'a -> !x -> !y -> b'), reached(j('0:a 1:y 2:b'), 'a -> !x -> !y -> b'),
       reached(j('0:a 1:z 2:b'), 'a -> !x -> !y -> b');
\echo skipping an optional step adds up the exclusions of the arrows passed
SELECT reached(j('0:a 1:x 2:c'), 'a -> !x -> b? -> c'), reached(j('0:a 1:b 2:x 3:c'), 'a -> !x -> b? -> c'),
       hours(reached_at(j('0:a 1:x 2:b 3:c'), 'a -> !x -> b? -> c'));

\echo a trailing exclusion is a step, held by those who did not
SELECT reached(j('0:cart'), 'cart -> !purchase'), reached(j('0:cart 1:purchase'), 'cart -> !purchase'),
       reached_at(j('0:cart'), 'cart -> !purchase'), j('0:cart 1:purchase') !~ 'cart -> !purchase';
\echo it is bounded by the window, and by its arrow
SELECT reached(j('0:cart 5:purchase'), 'cart -> !purchase within 5 hours'),
       reached(j('0:cart 5:purchase'), 'cart -> !purchase within 4 hours'),
       reached(j('0:cart 5:purchase'), 'cart ->[<= 5 hours] !purchase'),
       reached(j('0:cart 5:purchase'), 'cart ->[<= 4 hours] !purchase');
\echo at the instant of the last touchpoint it counts: cart and purchase in one second are a purchase, and nothing else
SELECT reached(j('0:cart 0:purchase'), 'cart -> purchase'), reached(j('0:cart 0:purchase'), 'cart -> !purchase'),
       reached(j('0:cart 0:purchase'), 'cart -> !purchase within 0 days'), reached(j('0:cart 0:purchase'), 'cart ->[<= 0 s] !purchase'),
       hours(reached_at(j('0:a 1:b 1:x 2:b'), 'a -> b -> !x'));
\echo but not what matches the last step itself: "the last x" survives duplicates
SELECT reached(j('0:x 0:x'), 'x -> !x'), hours(reached_at(j('0:x 0:x 1:x 1:x'), 'x -> !x')), reached(j('0:x@p 0:x@q'), 'x@p -> !x');
SELECT reached(j('0:cart 0:cart'), 'cart -> !(cart|purchase)'), reached(j('0:cart 0:purchase'), 'cart -> !(cart|purchase)'),
       reached(j('0:cart 0:cart 1:purchase'), 'cart -> !(cart|purchase)'), reached(j('0:cart 0:cart 0:purchase'), 'cart -> !(cart|purchase)');
\echo nor what is in the chain: an optional step may be matched just so that it holds
SELECT reached(j('0:a 0:b'), 'a -> b -> !a'), reached(j('0:a 0:a 0:b'), 'a -> b -> !a'), hours(reached_at(j('0:a 1:a 1:b'), 'a -> b -> !a')),
       hours(reached_at(j('0:a 0:b 0:x'), 'a -> x? -> b -> !x')), reached(j('0:a 0:b 0:x 0:x'), 'a -> x? -> b -> !x');
\echo the last step is that of the last touchpoint, when optional ones are skipped behind it
SELECT reached(j('0:a 0:x'), 'a -> b? -> !x'), hours(reached_at(j('0:a 1:b 1:x 2:b'), 'a -> b? -> !x')),
       hours(reached_at(j('0:a 0:b 0:b'), 'a -> b? -> !b')), reached(j('0:a 0:a 0:b'), 'a -> b? -> !(a|b)');
\echo the limit counts from the last touchpoint; several exclusions have their own
SELECT reached(j('0:a 1:b 1:x'), 'a -> b ->[<= 1 hour] !x'), reached(j('0:a 1:b 2:x'), 'a -> b ->[<= 1 hour] !x'), reached(j('0:a 1:b 3:x'), 'a -> b ->[<= 1 hour] !x');
SELECT reached(j('0:a 0:y'), 'a -> !x -> !y'), reached(j('0:a 0:a 0:y'), 'a -> !a -> !y'), reached(j('0:a 0:x'), 'a ->[<= 0 s] !x ->[<= 1 hour] !y'),
       reached(j('0:a 1:x'), 'a ->[<= 0 s] !x ->[<= 1 hour] !y'), reached(j('0:a 1:y'), 'a ->[<= 0 s] !x ->[<= 1 hour] !y'), reached(j('0:a 2:y'), 'a ->[<= 0 s] !x ->[<= 1 hour] !y');
\echo another attempt may hold, but for "from first"; with "same channel" only its own channel counts
SELECT hours(reached_at(j('0:a 0:x 5:a'), 'a -> !x')), reached(j('0:a 0:x 5:a'), 'a -> !x from first'), hours(reached_at(j('0:a 1:b 1:x 2:b'), 'a -> b -> !x within 2 hours from first')),
       reached(j('0:a@p 0:x@q'), 'a -> !x same channel'), reached(j('0:a@p 0:x@p'), 'a -> !x same channel'), count_matches(j('0:cart 0:purchase 1:cart 1:cart'), 'cart -> !(cart|purchase)');
\echo an older start may not hold either, if the exclusion is at the last touchpoint
SELECT reached(j('0:a 2:a 3:b 3:x'), 'a -> b -> !x within 5 hours');
\echo an older start may hold where a newer one does not: its window closes earlier
SELECT hours(reached_at(j('0:a 2:a 3:b 6:x'), 'a -> b -> !x within 5 hours')),
       hours(reached_at(j('0:a 2:a 3:b 5:x'), 'a -> b -> !x within 5 hours'));
\echo what is later than the last touchpoint counts, so a second b saves the chain
SELECT hours(reached_at(j('0:a 1:b 2:x 3:b'), 'a -> b -> !x within 5 hours'));
\echo only the trailing exclusion itself counts behind the last touchpoint
SELECT reached(j('0:a 1:y'), 'a -> !y -> b? -> !x'), reached(j('0:a 1:x'), 'a -> !y -> b? -> !x');

\echo "=>": no other touchpoint strictly between; at the same instant it may
SELECT reached(j('0:a 1:b'), 'a => b'), reached(j('0:a 1:x 2:b'), 'a => b'), reached(j('0:a 0:x 1:x 1:b'), 'a => b');
\echo limits count from the touchpoint matched before, also past a skipped step
SELECT reached(j('0:a 1:b 3:c'), 'a -> b ->[<= 2 hours] c'), reached(j('0:a 1:b 4:c'), 'a -> b ->[<= 2 hours] c'),
       reached(j('0:a 2:c'), 'a -> b? ->[<= 2 hours] c'), reached(j('0:a 3:c'), 'a -> b? ->[<= 2 hours] c'),
       reached(j('0:a 2:b 3:c'), 'a -> b? ->[<= 2 hours] c'), reached(j('0:a 1:b'), 'a =>[<= 59 minutes] b');
\echo with a limit, taking the first instance is not always right
SELECT hours(reached_at(j('0:a 1:b 5:b 6:c'), 'a -> b ->[<= 1 hour] c'));

\echo terms: event, event at channel, any event at channel, any but none, prefix, anything
SELECT reached(j('0:click@instagram'), 'click@instagram'), reached(j('0:click@web'), 'click@instagram'),
       reached(j('0:click@web'), '@web'), reached(j('0:click'), 'click@*'), reached(j('0:click'), '*'),
       reached(j('0:checkout-2'), 'checkout*'), reached(j('0:check'), 'checkout*'), reached(j('0:c@google-ads'), 'c@google*');
\echo choices, also at a channel
SELECT reached(j('0:view@web'), '(view|cart)@web'), reached(j('0:cart@app'), '(view|cart)@web'),
       reached(j('0:cart@app'), '(view@web | cart@app)'), reached(j('0:view@app'), '(view@web | cart@app)');
\echo a star inside quotes is a star; keywords and spaces are quoted; case matters in labels only
SELECT reached('2026-01-01 00:00:00+00 "Order Completed"', '"Order Completed" WITHIN 7 DAYS FROM First'),
       reached('2026-01-01 00:00:00+00 order', 'Order'), reached('2026-01-01 00:00:00+00 within', '"within"'),
       reached('2026-01-01 00:00:00+00 "a*"', '"a*"'), reached('2026-01-01 00:00:00+00 ab', '"a*"'),
       reached('2026-01-01 00:00:00+00 "say ""hi"""', '"say ""hi"""'), reached('2026-01-01 00:00:00+00 "a b c"', '"a b"*');
\echo labels in any script are bare words
SELECT reached('2026-01-01 00:00:00+00 購入@店舗, 2026-01-02 00:00:00+00 étape', '購入@店舗 -> étape');

\echo sets: the most steps that touchpoints of one stretch can serve, in any order
SELECT reached(j('0:c 1:a 2:b'), 'a & b & c'), reached(j('0:c 5:a 6:b'), 'a & b & c within 1 hour'),
       hours(reached_at(j('0:c 5:a 6:b 7:c'), 'a & b & c within 2 hours')), reached(j('0:a'), 'a & a'), reached(j('0:a 1:a'), 'a & a');
\echo sets: a touchpoint serves one step, and gives way where another can take over
SELECT reached(j('0:a@x 1:a'), 'a & @x'), reached(j('0:a@x'), 'a & @x'), j('0:a@x 1:a') ~ '@x & a', j('0:a@x') ~ '@x & a';

\echo "same channel": each channel as if it were a journey of its own
SELECT reached(j('0:a@x 1:b@y 2:b@x'), 'a -> b same channel'), hours(reached_at(j('0:a@x 1:b@y 2:b@x'), 'a -> b same channel')),
       reached(j('0:a 1:b'), 'a -> b same channel'), reached(j('0:a@x 1:z@y 2:b@x'), 'a => b same channel');
\echo of two channels that reach as far the one completed first is reported
SELECT hours(reached_at(j('0:a@x 1:a@y 2:b@y 3:b@x'), 'a -> b same channel'));

\echo extreme times: differences are exact
SELECT reached('-4712-01-01 00:00:00+00 a, +294276-12-31 23:59:59.999999+00 b', 'a -> b'),
       reached('-4712-01-01 00:00:00+00 a, +294276-12-31 23:59:59.999999+00 b', 'a -> b within 15000000 weeks'),
       reached('-4712-01-01 00:00:00+00 a, -4712-01-01 00:00:00.000001+00 b', 'a -> b within 1 us');
\echo a day is 24 hours, also where clocks change
SELECT reached('2026-03-28 12:00:00+01 a, 2026-03-29 13:00:00+02 b', 'a -> b within 1 day'),
       reached('2026-03-28 12:00:00+01 a, 2026-03-29 13:00:00.000001+02 b', 'a -> b within 1 day');

\echo attempts: completed chains one after another, and last the unfinished one
SELECT attempt, started_at, ended_at, reached, completed, entry_channel, seconds, value
FROM attempts(j('0:a@x 1:b@y 2:a 3:b@z 4:a@w'), 'a -> b');
SELECT * FROM attempts('2026-03-01 00:00:00+00 a@x =1.5, 2026-03-01 01:00:00+00 b =2, 2026-03-01 02:00:00+00 b', 'a -> b -> c');
\echo attempts: optional steps at the end reach as far as they can before the next attempt begins
SELECT attempt, hours(ARRAY[started_at, ended_at]), completed FROM attempts(j('1:a 5:a 6:b'), 'a -> b?');
\echo attempts: the next one uses later instants only
SELECT attempt, hours(ARRAY[started_at, ended_at]), completed FROM attempts(j('0:a 1:b 1:a 2:b'), 'a -> b');
SELECT count(*) FROM attempts(j('0:z'), 'a -> b');
\echo attempts: journey is all from the first to the last instant, what is there beside included, with channels, values and scores
SELECT attempt, journey FROM attempts('2026-03-01 00:00:00+00 w, 2026-03-01 01:00:00+00 a@p =1 *2, 2026-03-01 01:00:00+00 v, 2026-03-01 02:00:00+00 x@q, 2026-03-01 03:00:00+00 b, 2026-03-01 03:00:00+00 y *3, 2026-03-01 04:00:00+00 z', 'a -> b');
\echo attempts: journey of an unfinished one goes on to the end of the window, inclusive, or of the journey; other channels are in it
SELECT pattern, attempt, completed, event_path(a.journey) FROM unnest(ARRAY['a -> b -> c', 'a -> b -> c within 3 hours', 'a -> b -> c within 3 hours from first',
        'a@p -> b same channel', 'a & c', 'b & c within 0 s', 'c? -> d', 'a -> !e', 'a -> !e within 2 hours', 'a -> f? within 1 hour', 'f']) WITH ORDINALITY p(pattern, n),
    attempts(j('0:a@p 1:b@q 2:d 3:a@p 4:b@q 5:e 6:x 6:y 7:z'), pattern) a ORDER BY n, attempt;
SELECT a.journey FROM attempts('-4712-01-01 00:00:00+00 a, +294276-12-31 23:59:59.999999+00 x', 'a -> b') a;
SELECT a.journey FROM attempts('-4712-01-01 00:00:00+00 a, +294276-12-31 23:59:59.999999+00 x', 'a -> b within 15000000 weeks') a;
SELECT a.journey FROM attempts('+294276-12-31 23:59:59+00 a, +294276-12-31 23:59:59.999999+00 x', 'a -> b within 15000000 weeks') a;
SELECT count_matches(j('0:a 1:b 2:a 3:b 4:a'), 'a -> b'), count_matches(j('0:a 1:a 2:a'), 'a'), count_matches(j('0:z'), 'a'),
       count_matches(j('0:a 1:b 2:b 3:a'), 'a & b');

\echo how a pattern is read
SELECT * FROM pattern_steps('"Product Viewed" -> (cart|"wish list"*)@web? as "put aside" -> !@"call centre" -> buy ->[<= 1.5 hours] !refund within 1 week by week at "Europe/Berlin" from first');
SELECT * FROM pattern_steps('a & b@* & *');
SELECT * FROM pattern_steps('("a ""b"""|c)@"d""e" -> "within"');
SELECT * FROM pattern_steps('a =>[<= 90 s] b same channel by channel');
SELECT p, matches FROM unnest(ARRAY['channel', 'channel of b', 'channel of "404"', 'channel of 3 same channel', 'hour', 'day', 'week', 'week on MONDAY', 'week on sunday', 'month', 'quarter', 'year',
    'week on saturday at "Asia/Dubai" from first', 'hour at "Australia/Lord_Howe"']) WITH ORDINALITY b(p, n), pattern_steps('a -> b -> 404 within 1 day by ' || p) WHERE kind = 'by' ORDER BY n;

\echo NULL in, NULL out; no rows for NULL
SELECT reached(NULL, 'a'), reached(j('0:a'), NULL), reached_at(NULL, 'a'), reached_at(j('0:a'), NULL),
       j('0:a') ~ NULL, NULL::journey !~ 'a', count_matches(NULL, 'a'), count_matches(j('0:a'), NULL);
SELECT count(*) FROM attempts(NULL, 'a');
SELECT count(*) FROM attempts(j('0:a'), NULL);
SELECT count(*) FROM pattern_steps(NULL);

\echo one call site, many journeys and patterns
SELECT n, reached(j(CASE n % 3 WHEN 0 THEN '0:a 1:b' WHEN 1 THEN '0:b 1:a' ELSE '0:c 1:a 2:b 3:c' END),
                  CASE n % 2 WHEN 0 THEN 'a -> b' ELSE 'b? -> c' END)
FROM generate_series(1, 6) n;

SELECT n, reached(j('0:a@x 1:b@y 2:b@x'), CASE n WHEN 1 THEN 'a -> b' ELSE 'a -> b same channel' END) FROM generate_series(1, 2) n;

\echo one call site that goes on after errors: PL/pgSQL keeps the check of a domain, and it the function
CREATE TYPE question AS (journey journey, pattern text);
CREATE DOMAIN answered AS question CHECK ((VALUE).journey IS NULL OR (VALUE).pattern IS NULL OR (VALUE).journey ~ (VALUE).pattern);
DO $$
DECLARE q answered; p text;
BEGIN
    q.journey := '2026-01-01 00:00Z a@x, 2026-01-02 00:00Z b@x'::journey;
    FOREACH p IN ARRAY ARRAY['a', 'a -> b', 'a -> b ->', 'a -> b', 'a by channel', 'a by channel', 'a', 'b ->', 'b ->',
        'a -> b same channel', 'b -> a', '(a|c@y) -> b within 1 day']
    LOOP
        BEGIN
            q.pattern := p;
            RAISE NOTICE '%: yes', p;
        EXCEPTION WHEN OTHERS THEN
            RAISE NOTICE '%: %', p, sqlerrm;
        END;
    END LOOP;
END
$$;

\echo 64 steps and exclusions work, 65 do not
SELECT reached((SELECT string_agg(format('2026-01-01 00:%s:00+00 s%s', lpad((n / 2)::text, 2, '0'), n), ',') FROM generate_series(1, 64) n)::journey,
               (SELECT string_agg('s' || n, ' -> ' ORDER BY n) FROM generate_series(1, 64) n));
SELECT reached((SELECT string_agg(format('2026-01-01 00:00:00+00 s%s', n), ',') FROM generate_series(1, 64) n)::journey,
               (SELECT string_agg('s' || n, ' & ') FROM generate_series(1, 64) n) || ' within 0 s');
SELECT reached((SELECT string_agg(format('2026-01-01 00:%s:00+00 s%s', lpad((n / 2)::text, 2, '0'), n), ',') FROM generate_series(1, 64) n)::journey,
               (SELECT string_agg('s' || n || '?', ' -> ' ORDER BY n) FROM generate_series(1, 63) n) || ' -> !s64 within 3 hours');
SELECT reached(''::journey, (SELECT string_agg('s' || n, ' -> ') FROM generate_series(1, 65) n));
\echo a choice may have more than 64 alternatives, each at its own channel
SELECT reached(j('0:s99@c99'), (SELECT '(' || string_agg(format('s%s@c%s', n, n), '|') || ')' FROM generate_series(1, 100) n)),
       reached(j('0:s99@c98'), (SELECT '(' || string_agg(format('s%s@c%s', n, n), '|') || ')' FROM generate_series(1, 100) n));

\echo there may be 10 000 alternatives in all
SELECT reached(j('0:s9999'), (SELECT 'x? -> (' || string_agg('s' || n, '|') || ')' FROM generate_series(1, 9999) n)),
       reached(j('0:s9999@c9999'), (SELECT '(' || string_agg(format('s%s@c%s', n, n), '|') || ')' FROM generate_series(1, 10000) n));
SELECT reached(j('0:s9999'), (SELECT '(' || string_agg('s' || n, '|') || ')' FROM generate_series(1, 10001) n));

\echo attempts without an end to look for, one after another in a long journey
SELECT pattern, count_matches(j, pattern), (SELECT count(*) FROM attempts(j, pattern))
FROM (SELECT journey_agg(timestamptz '2026-01-01' + make_interval(mins => n), CASE n % 2 WHEN 0 THEN 'a' ELSE 'b' END, 'c' || n / 2 % 5000) AS j
      FROM generate_series(1, 20000) n) q,
    unnest(ARRAY['a -> c?', 'a -> c? within 1 hour', 'a -> !c', 'a -> !c within 1 day', 'a -> !(b|c) within 1 day', 'a -> b same channel', 'b -> a same channel',
        'a -> !c same channel', 'a & b same channel', 'a -> b from first']) pattern;

\echo a channel in which every attempt is undone, beside one in which none is
SELECT count_matches(j('1:a@u 2:x@u 3:a@v 5:a@u 6:x@u 7:a@v 9:a@u 10:x@u 11:a@v'), 'a -> !x same channel'),
       ARRAY(SELECT started_at::time FROM attempts(j('1:a@u 2:x@u 3:a@v 5:a@u 6:x@u 7:a@v 9:a@u 10:x@u 11:a@v 12:a@u'), 'a -> !x same channel'));

\echo a long call can be cancelled: hours of work here, for beside exclusions and optional steps every start in the window is looked at each time
CREATE TABLE long AS SELECT journey_agg(timestamptz '2026-01-01' + make_interval(secs => n), CASE n % 2 WHEN 0 THEN 'a' ELSE 'b' END) AS j
FROM generate_series(1, 300000) n;
SET statement_timeout = 200;
SELECT reached(j || '2026-01-01 00:00:00+00 x'::journey, 'a -> !x -> b? -> a -> b -> !(a|b|x) within 5000 weeks') FROM long;
SELECT stage_funnel(j, 'a -> !x -> b? -> a -> b -> !(a|b|x) within 5000 weeks by month') FROM long;
RESET statement_timeout;
\echo and what comes after is as if nothing had been
SET statement_timeout = 500;
DO $$
DECLARE
    q answered;
    touchpoints journey;
BEGIN
    q.pattern := 'a -> !x -> b? -> a -> b -> !(a|b|x) within 5000 weeks';
    BEGIN
        SELECT j || '2026-01-01 00:00:00+00 x@z'::journey INTO touchpoints FROM long;
        q.journey := touchpoints;
    EXCEPTION WHEN query_canceled THEN
        RAISE NOTICE 'cancelled';
    END;
    q.journey := '2026-01-01 00:00Z a, 2026-01-02 00:00Z b, 2026-01-03 00:00Z a, 2026-01-04 00:00Z b'::journey;
    q := NULL;
    q.journey := '2026-01-01 00:00Z a@x, 2026-01-02 00:00Z a@y, 2026-01-03 00:00Z b@y'::journey;
    q.pattern := 'a -> b same channel';
    RAISE NOTICE 'matched';
    q.pattern := 'b -> a same channel';
EXCEPTION WHEN check_violation THEN
    RAISE NOTICE 'not matched';
END
$$;
RESET statement_timeout;
DROP TABLE long;
DROP DOMAIN answered;
DROP TYPE question;

\echo errors point at the character and say what was expected
\set VERBOSITY default
SELECT reached(''::journey, '');
SELECT reached(''::journey, 'visit -> ');
SELECT reached(''::journey, 'visit -> view witin 7 days');
SELECT reached(''::journey, 'étape -> "x" view');
SELECT reached(''::journey, 'visit > view');
SELECT reached(''::journey, 'visit -> "view');
SELECT reached(''::journey, 'visit -> ""');
SELECT reached(''::journey, 'visit as ""');
SELECT reached(''::journey, 'a@by');
SELECT reached(''::journey, '(a|b)@by');
SELECT reached(''::journey, '!a & b');
SELECT reached(''::journey, 'a & b c');
SELECT reached(''::journey, 'visit -> Product Viewed');
SELECT reached(''::journey, '(a|b');
SELECT reached(''::journey, '(a|)');
SELECT reached(''::journey, 'a@');
SELECT reached(''::journey, 'a *');
SELECT reached(''::journey, 'from -> to');
SELECT reached(''::journey, 'a as within');
SELECT reached(''::journey, 'a as b*');
SELECT reached(''::journey, '!a -> b');
SELECT reached(''::journey, 'a -> !b? -> c');
SELECT reached(''::journey, 'a => b?');
SELECT reached(''::journey, 'a? => b');
SELECT reached(''::journey, 'a => !b');
SELECT reached(''::journey, 'a -> !b => c');
SELECT reached(''::journey, 'a ->[<= 1 hour] !b -> c');
SELECT reached(''::journey, 'a ->[1 hour] b');
SELECT reached(''::journey, 'a ->[<= 1 hour b');
SELECT reached(''::journey, 'a ->[<=] b');
SELECT reached(''::journey, 'a & b -> c');
SELECT reached(''::journey, 'a -> b & c');
SELECT reached(''::journey, 'a & b?');
SELECT reached(''::journey, 'a & !b');
SELECT reached(''::journey, 'a &[<= 1 hour] b');
SELECT reached(''::journey, 'a & b from first');
SELECT reached(''::journey, 'a & b by channel');
SELECT reached(''::journey, 'a within');
SELECT reached(''::journey, 'a within 7');
SELECT reached(''::journey, 'a within days');
SELECT reached(''::journey, 'a within 7 apples');
SELECT reached(''::journey, 'a within -1 day');
SELECT reached(''::journey, 'a within 1 month');
SELECT reached(''::journey, 'a within 2years');
SELECT reached(''::journey, 'a within 99999999999999999 weeks');
SELECT reached(''::journey, 'a within 9999999999999999999 us');
SELECT reached(''::journey, 'a within 1 day within 2 days');
SELECT reached(''::journey, 'a from');
SELECT reached(''::journey, 'a from first from first');
SELECT reached(''::journey, 'a same');
SELECT reached(''::journey, 'a same channel same channel');
SELECT reached(''::journey, 'a by decade');
SELECT reached(''::journey, 'a by week');
SELECT reached(''::journey, 'a? -> b by channel');
SELECT reached(''::journey, 'a by channel at UTC');
SELECT reached(''::journey, 'a within 1 day by week at "Mars/Olympus"');
SELECT reached(''::journey, 'a within 1 day by week by week');
SELECT reached(''::journey, 'a within 1 day by week at -05:00');
SELECT reached(''::journey, 'a within 1 day by week at "UTC-5"');
SELECT reached(''::journey, 'a within 1 day by week at "Mars/Olympus-5"');
SELECT step FROM pattern_steps('a within 1 day by week at "Etc/GMT+5"') LIMIT 1;
\echo periods and weekdays
SELECT reached(''::journey, 'a by hour');
SELECT reached(''::journey, 'a within 1 day by week on');
SELECT reached(''::journey, 'a within 1 day by week on 1');
SELECT reached(''::journey, 'a within 1 day by week sunday');
SELECT reached(''::journey, 'a within 1 day by day on sunday');
SELECT reached(''::journey, 'a within 1 day by week at "UTC" on sunday');
\echo the step whose channel it is: by name or number, one that has a touchpoint
SELECT reached(''::journey, 'a -> b by channel of');
SELECT reached(''::journey, 'a -> b by channel of by');
SELECT reached(''::journey, 'a -> b by channel of -> b');
SELECT reached(''::journey, 'a -> b by channel of c');
SELECT reached(''::journey, 'a -> b as c by channel of b');
SELECT reached(''::journey, 'a -> 0 by channel of 0');
SELECT reached(''::journey, 'a -> b by channel of 3');
SELECT reached(''::journey, 'a -> b by channel of 99999999999999999999');
SELECT reached(''::journey, 'a -> 2nd -> 404 by channel of 404');
SELECT reached(''::journey, 'a -> a by channel of a');
SELECT reached(''::journey, 'a -> !b by channel of 2');
SELECT reached(''::journey, 'a -> !b -> !c by channel of "!b -> !c"');
SELECT reached(''::journey, 'a -> b by channel of b by channel');
SELECT reached(''::journey, 'a -> b by channel of b at "UTC"');
SELECT reached(''::journey, 'a & b by channel of 1');
\echo beyond ASCII: what looks like a blank, an arrow or a quote, or like nothing, takes quotes
SELECT reached(''::journey, U&'visit\2192buy');
SELECT reached(''::journey, U&'visit \21D2 buy');
SELECT reached(''::journey, U&'visit\00A0-> buy');
SELECT reached(''::journey, U&'visit\200B -> buy');
SELECT reached(''::journey, U&'\FEFFvisit -> buy');
SELECT reached(''::journey, U&'\00ABvisit\00BB -> buy');
SELECT reached(''::journey, U&'visit\FF20web');
SELECT reached(''::journey, U&'visit -> buy within 7\00A0days');
\pset format unaligned
SELECT stage, matches FROM pattern_steps(U&'"visit\2192buy" -> \+01F469\200D\+01F467 -> "\200D" -> \8CFC\5165_5\20AC* -> "\201Cx\201D"*');
\pset format aligned
\echo a word does not end in - , lest --> be half an arrow; the beginning of a label may
SELECT reached(''::journey, 'visit-->buy');
SELECT reached(''::journey, 'visit-=>buy');
SELECT reached(''::journey, 'visit- -> buy');
SELECT reached(''::journey, '-');
SELECT stage, matches FROM pattern_steps('"visit-"->"visit--"*->utm-*->a-b');
\echo windows in other words
SELECT reached(''::journey, 'visit -> buy in 7 days');
SELECT reached(''::journey, 'visit -> buy in a week');
SELECT reached(''::journey, 'visit -> buy witin 7 days');
SELECT reached(''::journey, 'visit -> buy 7 days');
SELECT reached(''::journey, 'visit -> buy within a week');
SELECT reached(''::journey, 'visit ->[<= an hour] buy');
SELECT reached(''::journey, 'visit -> in within 7 days');
\echo common slips get advice
SELECT reached(''::journey, 'visit → purchase');
SELECT reached(''::journey, 'visit --> purchase');
SELECT reached(''::journey, '“Product Viewed” -> purchase');
SELECT reached(''::journey, $$'Product Viewed' -> purchase$$);
SELECT reached(''::journey, 'visit, purchase');
SELECT reached(''::journey, 'visit | purchase');
SELECT reached(''::journey, '^visit$');
SELECT reached(''::journey, 'visit -> [10 minutes] purchase');
SELECT reached(''::journey, 'visit ->[10 minutes] purchase');
SELECT reached(''::journey, 'visit -> !error as "none" -> purchase');
\echo "by" is for reports
SELECT reached(''::journey, 'a by channel');
SELECT reached_at(''::journey, 'a by channel');
SELECT ''::journey ~ 'a by channel';
SELECT ''::journey !~ 'a by channel';
SELECT * FROM attempts(''::journey, 'a by channel');
SELECT count_matches(''::journey, 'a by channel');
DROP FUNCTION j, hours;
