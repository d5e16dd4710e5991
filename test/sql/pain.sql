-- Pain points.  All numbers are derived by hand from the definitions of doc/pain.md; scores are binary
-- fractions, so that averages are exact.
SET timezone = 'UTC';
SET datestyle = 'ISO';
\pset null '(null)'
CREATE SCHEMA pain;
SET search_path = pain, public;

-- Shorthand: day:event@channel=value*score, from the first of March 2026 on; equal days are ties.
CREATE FUNCTION j(spec text) RETURNS journey IMMUTABLE LANGUAGE sql AS $$
    SELECT coalesce(string_agg(to_char(timestamp '2026-03-01' + interval '1 day' * split_part(t, ':', 1)::float8, 'YYYY-MM-DD HH24:MI:SS.US+00 ')
                               || replace(replace(substr(t, strpos(t, ':') + 1), '=', ' ='), '*', ' *'), ', '), '')::journey
    FROM string_to_table(spec, ' ') t
$$;

CREATE FUNCTION refusal(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    hint text;
BEGIN
    EXECUTE query;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' / ', SQLSTATE || ' ' || SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;

-- The pain points of some journeys, by the model a, b (the goal), c, of which each stage has the events that begin
-- with its name, as "stage event@channel pain: customers met, left here, scores below low".
CREATE FUNCTION abc(VARIADIC specs text[]) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('%s %s%s %s: %s met, %s left, %s of %s low', stage, event, '@' || channel, pain, customers, left_here, low, scored)
    FROM unnest((SELECT pain_points(j(s), 'a: a*; b (during): b*; c: c*') FROM unnest(specs) s))
$$;

-- The shop of test/sql/map.sql.  ada and cy buy; bo leaves after the website, met twice.
CREATE TABLE shop (customer text, journey journey);
INSERT INTO shop VALUES
    ('ada', j('0:review@tiktok*0.75 1:search@google 2:ad@instagram*-0.25 3:visit@web*0.5 3.5:order@web=80*0.75 4:email@email 6:email@email 8:question@facebook*-0.5')),
    ('bo', j('0:ad@instagram*0.25 0:visit@web 2:search@google 3:visit@web')),
    ('cy', j('1:order@web=20*1 2:order@web=30 3:question@facebook*-1')),
    ('dee', j('4:question@facebook*-0.5'));
\set shop 'awareness (before): review@tiktok, ad; interest (before): search; consideration (before): visit@web; purchase (during): order; service (after): email after order, question after order; loyalty (after): order after order'
\echo six channels: everybody who asked was unhappy, half of those who met an advertisement disliked it, half of the visitors left
SELECT * FROM unnest((SELECT pain_points(journey, :'shop') FROM shop));

\echo left here: at the last touchpoint with a stage, whatever has none comes behind it
SELECT abc('0:a1 1:a2 2:x 3:y');
\echo not if the goal, or a stage behind it, was ever reached
SELECT abc('0:b 1:a');
SELECT abc('0:c 1:a');
SELECT abc('0:a 1:b', '0:a 1:c', '0:a');
\echo at one instant the last in the order of the journey: by event, then channel, none first
SELECT abc('0:a2 0:a1');
SELECT abc('0:a@y 0:a@x 0:a');
\echo an event and a channel in one touchpoint, none being another
SELECT abc('0:a@x 1:a', '0:a@x 1:a@y', '0:a@y 1:a@x');
\echo a customer who left here and rated low here hurts once, and so does who rated low twice; both count in low
SELECT abc('0:a*-1 1:a*-1', '0:a', '0:a 1:b', '0:a*1 1:b');
\echo zero is not low, and neither is -0; a limit may be given
SELECT abc('0:a*0 1:a*-0 2:b');
SELECT below, p.low, p.scored, p.average_score, p.pain
FROM (SELECT below, pain_points(j('0:a*1 1:a*2 2:a*3 3:a*4 4:b'), 'a: a; b: b', below) AS points FROM unnest('{-2,2,3,3.5,100}'::float8[]) below GROUP BY 1) q, unnest(points) p
WHERE event = 'a' ORDER BY 1;
\echo the goal is the first stage during a purchase, or the last one
SELECT model, (SELECT sum(left_here) FROM unnest(points)) AS left_at_b
FROM (SELECT n, model, pain_points(j('0:a 1:b'), model) AS points
      FROM unnest('{"a: a; b: b; c: c","a (before): a; b (during): b; c (during): c","a (before): a; b (after): b; c (after): c","a (during): a; b: b; c: c"}'::text[]) WITH ORDINALITY q(model, n)
      GROUP BY n, model) q ORDER BY n;
\echo worst first; then what most met; then by stage as the model has them, event and channel, none last
SELECT abc('0:a 1:b', '0:a 1:b', '0:a 1:b', '0:a', '0:a2@x 0:b2 0:c 1:a1@x 1:a1@y 1:a1 1:b');
SELECT stage, event FROM unnest((SELECT pain_points(j('0:x 1:y 2:z'), 'c: x; b: y; a: z')));
\echo an event in two stages
SELECT stage, event, touchpoints, customers, pain FROM unnest((SELECT pain_points(j(s), 'first: buy; again: buy after buy') FROM unnest('{"0:buy 1:buy 2:buy",0:buy}'::text[]) s));
\echo with more rows than one customer has seen before: everybody met each of 300 events, and half of them left at the last one
SELECT count(*), sum(customers), sum(left_here), min(customers), max(pain)
FROM unnest((SELECT pain_points((SELECT j(string_agg(i || ':a' || i, ' ') || CASE WHEN k % 2 = 0 THEN ' 300:b' ELSE '' END) FROM generate_series(0, 299) i), 'a: a*; b: b')
             FROM generate_series(1, 10) k)) WHERE stage = 'a';

\echo nobody has a stage: a notice, and no rows
SELECT count(*) FROM unnest((SELECT pain_points(journey, 'a: a') FROM shop));
SELECT pain_points(journey, 'a: a') FROM (VALUES (''::journey)) v(journey);
\echo no journey is no answer
SELECT pain_points(NULL::journey, 'a: a'), pain_points(journey, 'a: a') FROM shop WHERE false;
\echo a model by its name
SELECT count(*) > 0 FROM unnest((SELECT pain_points(journey, 'online') FROM shop));

\echo straight from rows, in any order: the same; without scores
CREATE TABLE rows AS SELECT customer, t.* FROM shop, touchpoints(journey) AS t ORDER BY md5(t::text);
SELECT pain_points(customer, at, event, channel, value, score, :'shop', 0) = (SELECT pain_points(journey, :'shop') FROM shop) AS same FROM rows;
SELECT stage, event, channel, scored, low, average_score, pain FROM unnest((SELECT pain_points(customer, at, event, channel, :'shop', 0) FROM rows));
SELECT pain_points(NULL::text, at, event, channel, :'shop', 0), pain_points(customer, at, NULL, channel, value, score, :'shop', 0) FROM rows;

\echo in parts: what workers and shards do; the state as text reads back
CREATE AGGREGATE part(journey, text, double precision) (SFUNC = pain_points_transition, STYPE = journey_tally);
CREATE AGGREGATE whole(journey_tally) (SFUNC = journey_tally_combine, STYPE = journey_tally, FINALFUNC = pain_points_final);
SELECT (SELECT whole(p) FROM (SELECT part(journey, :'shop', 0.25)::text::journey_tally AS p FROM shop GROUP BY customer) q)
    = (SELECT pain_points(journey, :'shop', 0.25) FROM shop) AS same;
SELECT part(journey, 'a: review; b: ad', -0.5)::text FROM shop WHERE customer < 'c';
\echo groups in turn, of which each has rows of its own; over a window
SELECT q.n, array_agg(format('%s %s %s %s', p.event, p.customers, p.touchpoints, p.pain) ORDER BY event)
FROM (SELECT n % 3 AS n, pain_points(j('0:a' || n % 3 || ' 1:a' || n % 2 || ' 2:b'), 'a: a*; b: b') AS points FROM generate_series(1, 12) n GROUP BY 1) q, unnest(points) p GROUP BY 1 ORDER BY 1;
SELECT customer, cardinality(pain_points(journey, :'shop') OVER (ORDER BY customer)) FROM shop ORDER BY customer;

-- 2000 customers with up to 20 touchpoints each, on a grid of times.  Sums of scores are exact.
CREATE TABLE many AS
SELECT customer, customer % 3 AS country, journey_agg(at, event, channel, value, score) AS journey
FROM (SELECT n % 2000 AS customer, timestamptz '2026-03-01 00:00Z' + make_interval(mins => hashint4(n * 7) % 300) AS at,
             (ARRAY['ad', 'search', 'visit', 'order', 'email', 'question', 'nothing'])[1 + (hashint4(n) & 65535) % 7] AS event,
             (ARRAY['web', 'app', 'shop', NULL])[1 + (hashint4(n + 1) & 65535) % 4] AS channel,
             1.0::float8 AS value, CASE WHEN n % 5 = 0 THEN (n % 17 - 8) / 8.0 END AS score
      FROM generate_series(1, 20000) n) t
GROUP BY customer;
ALTER TABLE many SET (parallel_workers = 2);
ANALYZE many;
CREATE TABLE many_rows AS SELECT customer, country, t.* FROM many, touchpoints(journey) t;
CREATE TABLE reference AS SELECT country, pain_points(journey, :'shop') AS points FROM many GROUP BY country;
\echo serial, in parallel, straight from rows, spilled: the same
SELECT count(*), bool_and(cardinality(points) > 15) FROM reference;
SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT pain_points(journey, 'a: ad') FROM many;
SELECT count(*) FROM (SELECT country, pain_points(journey, :'shop') AS points FROM many GROUP BY country) q JOIN reference r USING (country, points);
SET max_parallel_workers_per_gather = 0;
SELECT count(*) FROM (SELECT country, pain_points(customer, at, event, channel, value, score, :'shop', 0) AS points FROM many_rows GROUP BY country) q
    JOIN reference r USING (country, points);
SET work_mem = '64kB';
SELECT count(*) FROM (SELECT country, pain_points(customer::text, at, event, channel, value, score, :'shop', 0) AS points FROM many_rows GROUP BY country) q
    JOIN reference r USING (country, points);
RESET work_mem;

\echo what it refuses
SELECT refusal('SELECT pain_points(journey, NULL) FROM shop');
SELECT refusal('SELECT pain_points(journey, ''a: a'', NULL) FROM shop');
SELECT refusal('SELECT pain_points(journey, ''a: a'', ''-Infinity'') FROM shop');
SELECT refusal('SELECT pain_points(journey, customer || '': a'') FROM shop');
SELECT left(refusal('SELECT pain_points(customer, at, event, ''a: a'', 0) FROM rows'), 5);
SELECT refusal('SELECT pain_points(customer, at, event, channel, ''a: a'', 0) OVER () FROM rows');
\echo a forged state is an error, or counts as it says; one of a stage that the model lacks comes last
SELECT refusal(format('SELECT pain_points_final(%L)', replace(part(journey, 'a: ad', 0.5)::text, '0.5', '0.50'))) FROM shop;
SELECT p.stage, p.customers, p.pain FROM unnest((SELECT pain_points(journey, 'a: review; b: email') FROM shop)) p;
SELECT p.stage, p.customers, p.pain FROM unnest((SELECT pain_points_final(replace(part(journey, 'a: review; b: email', 0)::text, 'a: review', 'c: review')::journey_tally) FROM shop)) p;
BEGIN;
ALTER TYPE pain_point DROP ATTRIBUTE pain;
SELECT refusal('SELECT pain_points(journey, ''a: ad'') FROM shop');
ROLLBACK;

SET client_min_messages = warning;
DROP SCHEMA pain CASCADE;
