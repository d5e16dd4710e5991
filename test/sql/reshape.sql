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
       first_touchpoints(journey, 30000) = journey, length(after(journey, '"event 7" -> "event 8"'))
FROM stored;
\echo -- every function is immutable, strict but for slice, and safe in parallel queries
SELECT proname, provolatile, proisstrict, proparallel FROM pg_proc
WHERE proname IN ('slice', 'before', 'after', 'keep_touchpoints', 'drop_touchpoints', 'first_touchpoints', 'last_touchpoints', 'distinct_touchpoints', 'collapse')
ORDER BY proname;

DROP TABLE stored;
DROP FUNCTION refusal, j, s, h;
