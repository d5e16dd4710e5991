-- From journey to journey.
SET timezone = 'UTC';
SET datestyle = 'ISO';
\pset null '(null)'
\pset format unaligned
\pset tuples_only on

CREATE FUNCTION refusal(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text; hint text;
BEGIN
    EXECUTE query;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN SQLSTATE || ' ' || SQLERRM || coalesce('. ' || nullif(detail, ''), '') || coalesce(' ' || nullif(hint, ''), '');
END $$;
-- Shorthand: hour:event, of one day; equal hours are ties.
CREATE FUNCTION j(spec text) RETURNS journey IMMUTABLE LANGUAGE sql AS $$
    SELECT string_agg(format('2026-03-01 %s:00:00+00 %s', lpad(split_part(t, ':', 1), 2, '0'),
                             replace(substr(t, strpos(t, ':') + 1), '_', ' ')), ', ')::journey
    FROM string_to_table(spec, ' ') t
$$;
CREATE FUNCTION s(journey) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT coalesce(string_agg(extract(hour FROM at)::text || ':' || event || coalesce('@' || channel, '')
                               || coalesce('=' || value, '') || coalesce('*' || score, ''), ' ' ORDER BY touchpoint), '')
    FROM touchpoints($1) WHERE $1 IS NOT NULL
$$;
CREATE FUNCTION h(hour int) RETURNS timestamptz IMMUTABLE LANGUAGE sql AS $$
    SELECT timestamptz '2026-03-01 00:00+00' + make_interval(hours => hour)
$$;

\echo -- slice: half-open, from since on and before until
SELECT s(slice(j('0:a 1:b 2:c 3:d'), h(1), h(3)));
SELECT s(slice(j('0:a 1:b 1:c 2:d'), h(1), h(1) + '1 microsecond'));
\echo -- null is an open end, infinity too; both ends open is all of it
SELECT s(slice(j('0:a 1:b 2:c'), NULL, h(1))), s(slice(j('0:a 1:b 2:c'), h(1), NULL)), s(slice(j('0:a 1:b 2:c'), NULL, NULL));
SELECT s(slice(j('0:a 1:b 2:c'), '-infinity', h(1))), s(slice(j('0:a 1:b 2:c'), h(1), 'infinity'));
\echo -- the wrong way round, outside, and empty: empty; null is null
SELECT slice(j('0:a 1:b'), h(1), h(0)) = '', slice(j('0:a'), h(1), h(2)) = '', slice('', h(1), h(2)) = '', slice(NULL, h(1), h(2));
SELECT s(slice(j('0:a@x=1*2 1:b@y=2*3 2:c'), h(1), h(2))), s(slice(j('0:a@x=1*2 1:b@y=2*3 2:c'), h(2), NULL));
SELECT slice('-4712-01-01 00:00Z a, +294276-12-31 23:59:59.999999Z z', '294276-12-31 23:59:59.999999Z', NULL);

\echo -- before and after: earlier than the first, later than the last touchpoint of the reported chain, which is in neither
SELECT s(before(j('0:a 1:b 2:c 3:d 4:e'), 'b -> d')), s(after(j('0:a 1:b 2:c 3:d 4:e'), 'b -> d'));
\echo -- nor is what stands at the same instants
SELECT s(before(j('0:a 1:a 1:b 1:c 2:d'), 'b')), s(after(j('0:a 1:a 1:b 1:c 2:d'), 'b'));
\echo -- between a cart and the purchase after it
SELECT s(before(after(j('0:cart 1:x 2:y 3:purchase 4:z'), 'cart'), 'purchase'));
\echo -- empty if there is nothing; null if the pattern was not completed
SELECT before(j('0:a 1:b'), 'a') = '', after(j('0:a 1:b'), 'b') = '', before(j('0:a 1:b'), 'a -> c'), after(j('0:a'), 'c'), after('', 'c');
\echo -- the reported chain is the one completed first, with the latest start
SELECT s(before(j('0:a 1:a 2:b 3:b'), 'a -> b')), s(after(j('0:a 1:a 2:b 3:b'), 'a -> b'));
\echo -- an exclusion that holds ends where the last touchpoint is
SELECT s(before(j('0:x 1:cart 2:y'), 'cart -> !purchase within 1 day')), s(after(j('0:x 1:cart 2:y'), 'cart -> !purchase within 1 day'));
SELECT s(before(j('0:x@p 1:a@p 2:a@q 3:b@q 4:c'), 'a -> b same channel')), s(after(j('0:b 1:c 2:a'), 'a & b & c'));
SELECT refusal($$SELECT before(j('0:a'), 'a by channel')$$);
SELECT refusal($$SELECT after(j('0:a'), 'a ->')$$);
SELECT before(NULL, 'a'), after(j('0:a'), NULL);

\echo -- "including": with the ends of the chain, and with what stands at their instants
SELECT s(before(j('0:a 1:b 2:c 3:d 4:e'), 'b -> d', true)), s(after(j('0:a 1:b 2:c 3:d 4:e'), 'b -> d', true));
SELECT s(before(j('0:a 1:a 1:b 1:c 2:d'), 'b', true)), s(after(j('0:a 1:a 1:b 1:c 2:d'), 'b', true)), s(after(j('0:a 1:b 2:c'), 'b', false));
SELECT s(before(after(j('0:cart 1:x 2:y 3:purchase 4:z'), 'cart', true), 'purchase', true));
\echo -- from the first purchase on: null for whoever never bought, where a slice from no instant on is the whole
SELECT s(after(k, 'buy', true)), after(k, 'buy', true) IS NULL, s(slice(k, (reached_at(k, 'buy'))[1], NULL)) FROM unnest(ARRAY[j('0:a 1:buy 2:b 3:buy'), j('0:a 2:b')]) k;
SELECT before(NULL, 'a', true), before(j('0:a'), NULL, true), before(j('0:a'), 'a', NULL), after(j('0:a'), 'b', true);
SELECT refusal($$SELECT after(j('0:a'), 'a by channel', true)$$);

\echo -- slice by a pattern: from the first to the last instant of the reported chain, with all that is there
SELECT s(slice(j('0:x 1:a 1:y 2:z 3:b=1 3:y@q*2 4:x'), 'a -> b')), s(slice(j('0:a 1:a 2:b 3:b'), 'a -> b')), s(slice(j('0:b 1:c 2:a 3:b'), 'a & b & c'));
SELECT s(slice(j('0:a 1:x 2:b'), 'a -> b')), s(slice(j('0:x 1:cart 2:y'), 'cart -> !purchase within 1 day')), s(slice(j('0:a@p 1:x 2:a@q 3:b@p'), 'a -> b same channel'));
SELECT slice(j('0:a 1:b'), 'a -> c'), slice('', 'a'), slice(NULL, 'a'), slice(j('0:a'), NULL);
SELECT refusal($$SELECT slice(j('0:a'), 'a by channel')$$);
SELECT slice('-4712-01-01 00:00Z a, +294276-12-31 23:59:59.999999Z z', 'z'), slice('-4712-01-01 00:00Z a, +294276-12-31 23:59:59.999999Z z', 'a -> z') = '-4712-01-01 00:00Z a, +294276-12-31 23:59:59.999999Z z';

\echo -- replace_matches: a stretch is one touchpoint at its end, by the channel it was entered by, with all its values and no score
SELECT s(replace_matches(j('0:x=1*1 1:a@p=2*2 2:y@q=4 3:b@r=8*3 4:z*4'), 'a -> b', 'm'));
\echo -- each completed attempt; what is at the instants of its ends is of it; what is unfinished stays
SELECT s(replace_matches(j('0:a 1:b 2:x 3:a 4:b 5:a'), 'a -> b', 'm')), s(replace_matches(j('0:0 1:0 1:a@p 1:z 2:b 2:x@q 3:b'), 'a -> b', 'm'));
\echo -- as attempts are counted: the latest start, so an earlier one stays
SELECT s(replace_matches(j('0:a 1:a 2:b'), 'a -> b', 'm')), s(replace_matches(j('0:a=1 1:a'), 'a', 'a')), s(replace_matches(j('0:a 1:b 2:c'), 'a? -> b -> c', 'b'));
SELECT s(replace_matches(j('0:cart@p=5 1:x 2:cart'), 'cart -> !cart', 'last cart')), s(replace_matches(j('0:c 1:x@w 2:b 3:a'), 'a & b & c', 'all'));
\echo -- optional steps that were skipped do not enter
SELECT s(replace_matches(j('0:b@q 1:c@r 2:a@p'), 'a? -> b -> c', 'm')), s(replace_matches(j('0:a@p 1:x 2:b'), 'a -> b', '_m n_'));
\echo -- nothing that matches: as it was; null is null
SELECT s(replace_matches(j('0:a 1:b=1'), 'a -> c', 'm')), replace_matches('', 'a', 'm') = '', replace_matches(NULL, 'a', 'm'), replace_matches(j('0:a'), NULL, 'm'), replace_matches(j('0:a'), 'a', NULL);
\echo -- what is added up: no total changes; of what has no value there is none
SELECT total_value(replace_matches(k, 'a -> b', 'm')), total_value(k) FROM unnest(ARRAY[j('0:a=1e16 1:x=1 2:x=1 3:b=-1e16 4:y=7'), j('0:a 1:b')]) k;
SELECT refusal($$SELECT replace_matches('2026-03-01 00:00Z a =1.7e308, 2026-03-01 01:00Z b =1.7e308', 'a -> b', 'm')$$);
SELECT refusal($$SELECT replace_matches(j('0:a'), 'a', '')$$);
SELECT refusal($$SELECT replace_matches(j('0:a'), 'a by channel', 'm')$$);
\echo -- one call site, several patterns and names
SELECT p, s(replace_matches(j('0:a 1:b 2:a'), p, upper(p))) FROM unnest('{a,b,a -> b}'::text[]) p ORDER BY p;

\echo -- keep and drop: what a term matches, and what it does not
SELECT s(keep_touchpoints(j('0:view@web 1:cart@web 2:view@app 3:buy'), '(view|cart)@web')),
       s(drop_touchpoints(j('0:view@web 1:cart@web 2:view@app 3:buy'), '(view|cart)@web'));
SELECT s(keep_touchpoints(j('0:view@web 1:cart 2:vote@app=1*2'), 'v*')), s(drop_touchpoints(j('0:view@web 1:cart 2:vote@app=1*2'), 'v*'));
SELECT s(keep_touchpoints(j('0:a@web 1:b 2:c@app'), '@*')), s(drop_touchpoints(j('0:a@web 1:b 2:c@app'), '@*'));
SELECT s(keep_touchpoints(j('0:a@web 1:b'), '*')), drop_touchpoints(j('0:a@web 1:b'), '*') = '';
SELECT keep_touchpoints(j('0:a 1:b'), 'x') = '', s(drop_touchpoints(j('0:a 1:b'), 'x')), keep_touchpoints('', 'x') = '', drop_touchpoints('', 'x') = '';
SELECT s(keep_touchpoints(j('0:"a_b" 1:b'), '"a b"')), s(keep_touchpoints(j('0:a 0:a@x 0:a'), 'a'));
\echo -- a term is one choice: steps, sets, clauses, "?" and "!" are refused
SELECT refusal(format('SELECT keep_touchpoints(''2026-03-01 00:00Z a'', %L)', t)), refusal(format('SELECT drop_touchpoints(''2026-03-01 00:00Z a'', %L)', t)) ~ 'drop_touchpoints|invalid'
FROM unnest('{a -> b,a & b,a?,!a,a within 1 day,a from first,a same channel,a by channel,"",a b}'::text[]) AS t;
SELECT refusal(format('SELECT keep_touchpoints('''', %L)', repeat('ä', 150) || ' -> ' || repeat('b', 300)));
\echo -- one call site, several terms and labels
SELECT t, s(keep_touchpoints(j(k), t)) FROM unnest('{a,b*,@x}'::text[]) t, unnest('{0:a 1:b@x 2:bb,0:c@x 1:a@y}'::text[]) k ORDER BY 1, 2;

\echo -- the first and the last n
SELECT n, s(first_touchpoints(j('0:a 1:b=1 1:c@x 2:d*5'), n)), s(last_touchpoints(j('0:a 1:b=1 1:c@x 2:d*5'), n)) FROM unnest('{0,1,2,3,4,5,2147483647}'::int[]) n;
SELECT first_touchpoints('', 1) = '', last_touchpoints('', 0) = '', first_touchpoints(NULL, 1), last_touchpoints(j('0:a'), NULL);
SELECT refusal($$SELECT first_touchpoints('', -1)$$);
SELECT refusal($$SELECT last_touchpoints(j('0:a'), -2147483648)$$);

\echo -- distinct: exact duplicates, nulls being alike
SELECT s(distinct_touchpoints(j('0:a 0:a 0:a@x 0:a@x=1 0:a@x=1 0:a@x=1*2 0:a@x=1*2 0:b 1:b 1:b')));
SELECT s(distinct_touchpoints(j('0:a=0 0:a 0:a=-0 0:a*0'))), distinct_touchpoints('') = '', distinct_touchpoints(NULL);
SELECT distinct_touchpoints(k || k || k) = k FROM (SELECT j('0:a@x 1:b=1 1:c 2:d*5') k) q;

\echo -- collapse: runs of the same event and channel; the first one stays, with all their values and its own score
SELECT s(collapse(j('0:a=1*5 1:a*4 2:a=2 3:b 4:a 5:a@x 6:a@x=1 7:a@y')));
SELECT s(collapse(j('0:a 1:a 2:b 2:b 3:b=1'))), s(collapse(j('0:a 1:b 2:a'))), collapse('') = '', collapse(NULL);
\echo -- with compensation: nothing is lost of small values beside large ones
SELECT s(collapse(j('0:a=1e16 1:a=1 2:a=1 3:a=-1e16'))), s(collapse(j('0:a=0.1 1:a=0.2 2:a=0.3')));
SELECT refusal($$SELECT collapse('2026-03-01 00:00Z a =1.7e308, 2026-03-01 01:00Z a =1.7e308')$$);

\echo -- a stored journey, compressed or not, is read as any other
CREATE TABLE stored (journey journey);
INSERT INTO stored SELECT journey_agg(timestamptz '2026-03-01 00:00Z' + make_interval(secs => n), 'event ' || n % 300, 'channel ' || n % 7, n) FROM generate_series(1, 20000) n;
SELECT length(slice(journey, '2026-03-01 01:00Z', '2026-03-01 02:00Z')), length(keep_touchpoints(journey, '"event 1"@"channel 1"')),
       length(last_touchpoints(journey, 10)), length(collapse(journey)), length(distinct_touchpoints(journey)),
       first_touchpoints(journey, 30000) = journey, length(after(journey, '"event 7" -> "event 8"')),
       length(slice(journey, '"event 7" -> "event 8"')), length(replace_matches(journey, '"event 0" -> "event 299"', 'round'))
FROM stored;
\echo -- every function is immutable, strict but for slice with its open ends, and safe in parallel queries
SELECT oid::regprocedure, provolatile, proisstrict, proparallel FROM pg_proc
WHERE proname IN ('slice', 'before', 'after', 'keep_touchpoints', 'drop_touchpoints', 'first_touchpoints', 'last_touchpoints', 'distinct_touchpoints', 'collapse', 'replace_matches')
ORDER BY oid::regprocedure::text;

DROP TABLE stored;
DROP FUNCTION refusal, j, s, h;
