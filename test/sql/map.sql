-- The journey map.  All numbers are derived by hand from the definitions of doc/map.md; scores and
-- values are binary fractions, so that averages are exact.
SET timezone = 'UTC';
SET datestyle = 'ISO';
\pset null '(null)'
CREATE SCHEMA map;
SET search_path = map, public;

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

-- The map of some journeys, by the model a, b, c of which each stage has the events that begin with its name.
CREATE FUNCTION abc(VARIADIC specs text[]) RETURNS SETOF journey_map_stage LANGUAGE sql AS $$
    SELECT * FROM unnest((SELECT journey_map(j(s), 'a: a*; b: b*; c: c*') FROM unnest(specs) s))
$$;

-- Three customers of a shop with six channels, after the omnichannel literature: a review on TikTok, a search on
-- Google, an advertisement on Instagram, the website, order and e-mails, a question on Facebook.
--   ada comes by all six, meets the advertisement after the search, and is unhappy in the end;
--   bo sees an advertisement and the website at one instant, then searches, and never buys;
--   cy buys twice without any stage before, and asks an angry question then;
--   dee asks without ever having bought, which is of no stage.
CREATE TABLE shop (customer text, journey journey);
INSERT INTO shop VALUES
    ('ada', j('0:review@tiktok*0.75 1:search@google 2:ad@instagram*-0.25 3:visit@web*0.5 3.5:order@web=80*0.75 4:email@email 6:email@email 8:question@facebook*-0.5')),
    ('bo', j('0:ad@instagram*0.25 0:visit@web 2:search@google 3:visit@web')),
    ('cy', j('1:order@web=20*1 2:order@web=30 3:question@facebook*-1')),
    ('dee', j('4:question@facebook*-0.5'));
\set shop 'awareness (before): review@tiktok, ad; interest (before): search; consideration (before): visit@web; purchase (during): order; service (after): email after order, question after order; loyalty (after): order after order'
CREATE TABLE shop_map AS SELECT * FROM unnest((SELECT journey_map(journey, :'shop') FROM shop));

\echo who comes to each stage, who skips it, who leaves there, who returns
SELECT position, stage, phase, customers, share::numeric(5, 3), reached, skipped, exits, exit_rate::numeric(5, 3), returns FROM shop_map;
\echo through which channels and events; email and facebook have two touchpoints each, and so have email and question
SELECT stage, touchpoints, touchpoints_per_customer, channels, top_channel, top_channel_share::numeric(5, 3), top_event, value FROM shop_map;
\echo how they feel
SELECT stage, scored, average_score, low_share::numeric(5, 3), p10_score, p90_score, score_change FROM shop_map;
\echo how long they wait
SELECT stage, median_seconds_to_next, p90_seconds_to_next FROM shop_map;

\echo touchpoints of one instant are not later than one another: no returns, no time to the next stage
SELECT stage, customers, reached, exits, returns, median_seconds_to_next FROM abc('0:a 0:b');
SELECT stage, customers, reached, exits, returns, median_seconds_to_next FROM abc('0:b 0:a');
\echo a stage that began at the instant of a later one waits for the next later instant
SELECT stage, returns, median_seconds_to_next FROM abc('0:b1 0:c 1:b2 2:c');
\echo the time to the next stage runs from the first touchpoint, and ends at the first one of any later stage
SELECT stage, median_seconds_to_next, p90_seconds_to_next FROM abc('0:a 1:a 2:c 3:b 5:c');
\echo to the microsecond
SELECT median_seconds_to_next FROM unnest((SELECT journey_map('2026-03-01 00:00Z a, 2026-03-01 00:00:00.000001Z b', 'a: a; b: b'))) WHERE stage = 'a';
\echo nearest rank: of 1, 2, 3 and 4 days the median is 2 and the 90th percentile 4
SELECT median_seconds_to_next / 86400 AS median, p90_seconds_to_next / 86400 AS p90 FROM abc('0:a 1:b', '0:a 2:b', '0:a 3:b', '0:a 4:c') WHERE stage = 'a';
\echo an earlier stage that is met again after it was over has no second time
SELECT stage, customers, returns, median_seconds_to_next FROM abc('0:a 1:b 2:a 4:b');
\echo in one stage only
SELECT stage, customers, share, reached, skipped, exits, exit_rate, touchpoints, touchpoints_per_customer FROM abc('0:b 1:b 2:b');
\echo skipping the first ones, the middle one, the last one
SELECT stage, customers, reached, skipped, exits FROM abc('0:c', '0:a 1:c', '0:a 1:b');
\echo reached never rises, though the stages are met in the opposite order; whoever returns twice counts once
SELECT stage, customers, reached, exits, returns FROM abc('0:c 1:b 2:a 3:b 4:a');
\echo of one stage
SELECT stage, customers, share, reached, skipped, exits, exit_rate, returns, median_seconds_to_next
FROM unnest((SELECT journey_map(j(s), 'only: a') FROM unnest('{"0:a 1:a",0:x}'::text[]) s));

\echo touchpoints without a channel are no channel, but touchpoints; ties by bytes, upper case before lower case
SELECT stage, touchpoints, channels, top_channel, top_channel_share, top_event
FROM abc('0:a 1:a 2:a@x', '0:b@y 1:b@Z 2:b1@y 3:b1@Z', '0:c 1:c2 2:c1 3:c2');
\echo an event in several stages has its touchpoints in each
SELECT stage, touchpoints, top_channel, top_event FROM unnest((SELECT journey_map(j('0:buy@x 1:buy@y 2:buy@y'), 'first: buy; again: buy after buy')));
\echo scores: only some, one, none; zero is not low, and neither is -0; the change is from the last stage that has some
SELECT stage, scored, average_score, low_share, p10_score, p90_score, score_change
FROM abc('0:a*0.5 1:a 2:a*-1 3:c*0.75', '0:a*0 1:a*-0 4:c*0.25');
\echo low is what lies below the limit
SELECT low, scored, low_share
FROM (SELECT low, journey_map(j('0:a*1 1:a*2 2:a*3 3:a*4'), 'a: a', low) AS m FROM unnest('{-2,2,3,3.5,100}'::float8[]) low GROUP BY low) q, unnest(m) ORDER BY low;
\echo values are summed up; zero is one, none is null
SELECT stage, value FROM abc('0:a=1.5 1:a=-0.5 2:a 3:b=0 4:c');
\echo what has no stage does not count, before, between and behind
SELECT stage, customers, touchpoints, channels, scored, value, median_seconds_to_next FROM abc('0:x@p=1*1 1:a 2:x@p=1*1 3:b 4:x@p=1*1');

\echo nobody came to a stage: its row is there
SELECT * FROM unnest((SELECT journey_map(j('0:a@x=1*1'), 'before (before): z; a: a; after (after): y'))) \gx
\echo nobody has a stage, or touchpoints at all: a notice, and rows of zeros
SELECT stage, customers, share, reached, exit_rate, touchpoints_per_customer, top_channel, average_score FROM abc('0:x 1:y', '');
SELECT count(*), sum(reached) FROM abc('');
\echo no journey is no answer
SELECT journey_map(NULL::journey, 'a: a');
SELECT journey_map(journey, 'a: a') FROM shop WHERE false;
SELECT * FROM unnest((SELECT journey_map(journey, 'a: a') FROM shop WHERE false));
\echo null journeys are no customers, empty ones have no stage
SELECT stage, customers, share FROM unnest((SELECT journey_map(v, 'a: a') FROM (VALUES (j('0:a')), (NULL), ('')) q(v)));
\echo a model by its name
SELECT position, stage, phase FROM unnest((SELECT journey_map(journey, 'online') FROM shop));
\echo 64 stages, each of one customer; the first and the last
SELECT stage, customers, reached, skipped, exits, median_seconds_to_next
FROM unnest((SELECT journey_map(j(i || ':e' || i || ' ' || i + 1 || ':e' || i + 1),
                                (SELECT string_agg(format('s%s: e%s', n, n), ';' ORDER BY n) FROM generate_series(1, 64) n)) FROM generate_series(1, 63) i))
WHERE position IN (1, 2, 63, 64) ORDER BY position;

-- The keyed form: straight from rows.
CREATE TABLE rows AS SELECT customer, t.* FROM shop, touchpoints(journey) AS t ORDER BY md5(t::text);
\echo straight from rows, in any order: the same map
SELECT journey_map(customer, at, event, channel, value, score, :'shop', 0) = (SELECT journey_map(journey, :'shop') FROM shop) AS same FROM rows;
\echo without values and scores
SELECT stage, customers, touchpoints, top_channel, scored, average_score, low_share, value
FROM unnest((SELECT journey_map(customer, at, event, channel, :'shop', 0) FROM rows));
\echo nothing but what has no stage; rows without customer, time or event; no rows
SELECT stage, customers, share FROM unnest((SELECT journey_map(customer, at, event, channel, 'a: a', 0) FROM rows));
SELECT journey_map(NULL::text, at, event, channel, :'shop', 0), journey_map(customer, NULL, event, channel, :'shop', 0),
    journey_map(customer, at, NULL, channel, value, score, :'shop', 0) FROM rows;
SELECT journey_map(customer, at, event, channel, :'shop', 0) FROM rows WHERE false;

\echo by group, each of which sees its own journeys; over a window
SELECT q.group, s.stage, s.customers, s.share, s.top_channel
FROM (SELECT customer < 'c' AS "group", journey_map(journey, 'aware: ad, review; buy: order') AS m FROM shop GROUP BY ROLLUP (1)) q CROSS JOIN unnest(q.m) AS s
ORDER BY 1, s.position;
SELECT customer, (journey_map(journey, 'aware: ad, review; buy: order') OVER (ORDER BY customer))[1].touchpoints FROM shop ORDER BY customer;

\echo in parts: what workers and shards do; the state as text reads back
CREATE AGGREGATE part(journey, text, double precision) (SFUNC = journey_map_transition, STYPE = journey_tally);
CREATE AGGREGATE whole(journey_tally) (SFUNC = journey_tally_combine, STYPE = journey_tally, FINALFUNC = journey_map_final);
SELECT (SELECT whole(p) FROM (SELECT part(journey, :'shop', 0.25)::text::journey_tally AS p FROM shop GROUP BY customer) q)
    = (SELECT journey_map(journey, :'shop', 0.25) FROM shop) AS same;
SELECT part(journey, 'a: review; b: ad', -0.5)::text FROM shop WHERE customer < 'c';

-- 2000 customers with up to 20 touchpoints each, on a grid of times.  Sums of values and scores are exact.
CREATE TABLE many AS
SELECT customer, customer % 3 AS country, journey_agg(at, event, channel, value, score) AS journey
FROM (SELECT n % 2000 AS customer, timestamptz '2026-03-01 00:00Z' + make_interval(mins => hashint4(n * 7) % 300) AS at,
             (ARRAY['ad', 'search', 'visit', 'order', 'email', 'question', 'nothing'])[1 + (hashint4(n) & 65535) % 7] AS event,
             (ARRAY['web', 'app', 'shop', NULL])[1 + (hashint4(n + 1) & 65535) % 4] AS channel,
             CASE WHEN n % 3 = 0 THEN n % 100 / 4.0 END AS value, CASE WHEN n % 5 = 0 THEN (n % 17 - 8) / 8.0 END AS score
      FROM generate_series(1, 20000) n) t
GROUP BY customer;
ALTER TABLE many SET (parallel_workers = 2);
ANALYZE many;
CREATE TABLE many_rows AS SELECT customer, country, t.* FROM many, touchpoints(journey) t;
CREATE TABLE split (LIKE many) PARTITION BY HASH (country);
CREATE TABLE split0 PARTITION OF split FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE split1 PARTITION OF split FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO split TABLE many;
ANALYZE split;
CREATE TABLE reference AS SELECT country, journey_map(journey, :'shop') AS map FROM many GROUP BY country;
\echo serial, in parallel, by partition, straight from rows, spilled: the same; every stage has been met
SELECT count(*), bool_and(s.customers > 0 AND s.scored > 0) FROM reference, unnest(map) s;
SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT journey_map(journey, 'a: ad') FROM many;
SELECT count(*) FROM (SELECT country, journey_map(journey, :'shop') AS map FROM many GROUP BY country) q JOIN reference r USING (country, map);
SET max_parallel_workers_per_gather = 0; SET enable_partitionwise_aggregate = on;
SELECT count(*) FROM (SELECT country, journey_map(journey, :'shop') AS map FROM split GROUP BY country) q JOIN reference r USING (country, map);
SELECT journey_map(journey, :'shop') = (SELECT journey_map(journey, :'shop') FROM many) AS same FROM split;
RESET enable_partitionwise_aggregate;
SELECT count(*) FROM (SELECT country, journey_map(customer, at, event, channel, value, score, :'shop', 0) AS map FROM many_rows GROUP BY country) q
    JOIN reference r USING (country, map);
SET work_mem = '64kB';
SELECT count(*) FROM (SELECT country, journey_map(customer::text, at, event, channel, value, score, :'shop', 0) AS map FROM many_rows GROUP BY country) q
    JOIN reference r USING (country, map);
RESET work_mem;

\echo what it refuses
SELECT refusal('SELECT journey_map(journey, NULL) FROM shop');
SELECT refusal('SELECT journey_map(journey, ''a: a'', NULL) FROM shop');
SELECT refusal('SELECT journey_map(customer, at, event, channel, ''a: a'', NULL) FROM rows');
SELECT refusal('SELECT journey_map(journey, ''a: a'', ''NaN'') FROM shop');
SELECT refusal('SELECT journey_map(journey, ''a: a'', length(customer)) FROM shop');
SELECT refusal('SELECT journey_map(journey, customer || '': a'') FROM shop');
SELECT left(refusal('SELECT journey_map(journey, ''a: '') FROM shop'), 5);
SELECT left(refusal('SELECT journey_map(customer, at, event, ''a: a'', 0) FROM rows'), 5);
SELECT refusal('SELECT journey_map(customer, at, event, channel, ''a: a'', 0) OVER () FROM rows');
SELECT refusal('SELECT journey_map(1, now(), ''a'', ''x'', 1, ''NaN'', ''a: a'', 0)');
SELECT refusal($$SELECT journey_map(j('0:a=' || v), 'a: a') FROM unnest('{1.7e308,1.6e308}'::text[]) v$$);
\echo a forged state is an error: another model, limit or number of stages, and one of another aggregate
SELECT was, becomes, refusal(format('SELECT journey_map_final(%L)', replace(p, was, becomes)))
FROM (SELECT part(journey, 'a: ad; b: ad', 0.5)::text AS p FROM shop) q,
     (VALUES ('0.5', '0.50'), ('0.5', 'NaN'), ('a: ad; b: ad', 'a: ad'), ('a: ad; b: ad', 'a'), ('a: ad', 'c: ad')) v(was, becomes);
SELECT refusal('SELECT stage_funnel_final(journey_map_transition(NULL, '''', ''a: a''))');
BEGIN;
ALTER TYPE journey_map_stage DROP ATTRIBUTE value;
SELECT refusal('SELECT journey_map(journey, ''a: ad'') FROM shop');
ROLLBACK;

\echo ratings on one scale
SELECT r, score_from_nps(r) FROM generate_series(0, 10) r;
SELECT top, string_agg(r || ' ' || round(score_from_csat(r, top)::numeric, 4), ', ' ORDER BY r) AS csat FROM unnest('{2,4,5,7}'::int[]) top, generate_series(1, top) r GROUP BY top ORDER BY top;
SELECT bool_and(score_from_csat(r, 7) = score_from_ces(r, 7)) AS alike, score_from_ces(7, 7) AS easy, score_from_ces(1, 7) AS hard FROM generate_series(1, 7) r;
SELECT score_from_nps(7.5), score_from_csat(4.5, 5), score_from_csat(1.5, 1e308), score_from_csat(1e308, 1e308), score_from_csat(1, 1.7e308);
SELECT score_from_nps(NULL), score_from_csat(NULL, 5), score_from_csat(3, NULL), score_from_ces(NULL, 5), score_from_ces(3, NULL);
SELECT q, refusal('SELECT ' || q) FROM unnest(ARRAY['score_from_nps(10.000000000000002)', 'score_from_nps(-0.5)', 'score_from_nps(''NaN'')', 'score_from_csat(0, 5)',
    'score_from_csat(6, 5)', 'score_from_ces(0.99, 7)', 'score_from_ces(''Infinity'', 7)', 'score_from_csat(1, 1)', 'score_from_csat(1, ''Infinity'')', 'score_from_ces(1, ''NaN'')', 'score_from_ces(3, -5)']) q;

SET client_min_messages = warning;
DROP SCHEMA map CASCADE;
