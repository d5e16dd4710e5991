-- Customers by their channels.  All numbers are derived by hand from the definitions of doc/omnichannel.md; bounds of 1
-- of 1 and 1 of 2 are Wilson's of a calculation apart: with z = 1.959963984540054 and n customers, 0.2065493 and
-- 0.0945312, 0.9054688.
SET timezone = 'UTC';
SET datestyle = 'ISO';
\pset null '(null)'
CREATE SCHEMA omnichannel;
SET search_path = omnichannel, public;

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

-- The answer for some journeys as text: "channels: converted of customers, switches and touchpoints on average, median
-- seconds, value, finished elsewhere".
CREATE FUNCTION summed(goal text, VARIADIC specs text[]) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('%s: %s of %s, %s switches, %s touchpoints, %s s, value %s, %s elsewhere', channels, converted, customers, average_switches,
                  average_touchpoints, coalesce(median_seconds::text, '-'), coalesce(value::text, '-'), finished_elsewhere)
    FROM unnest((SELECT omnichannel_summary(j(s), goal) FROM unnest(specs) s))
$$;

-- ada is the example of the literature: a review on TikTok, a search on Google, an advertisement on Instagram, the
-- website, an order there, its e-mail, a question on Facebook.  Seven touchpoints, six channels, five switches.
CREATE TABLE shop (customer text, journey journey);
INSERT INTO shop VALUES
    ('ada', j('0:review@tiktok 1:search@google 2:ad@instagram 3:visit@web 3.5:order@web=80 4:email@email 8:question@facebook')),
    ('bo', j('0:visit@web 1:order@web=20')),
    ('cy', j('0:ad@instagram 1:visit@web 2:visit@web')),
    ('dee', j('0:visit@app 1:visit@web 2:order@app=10')),
    ('eve', j('0:ad@instagram 2:order@store=40 3:order@web=5')),
    ('flo', j('0:call 0.5:order=7')),
    ('gus', j('0:visit@web')),
    ('hal', j(''));
\echo six channels, one experience
SELECT count(journey), cardinality(channels(journey)) AS channels, channel_switches(journey) FROM shop WHERE customer = 'ada' GROUP BY journey;
\x on
SELECT * FROM unnest((SELECT omnichannel_summary(journey, 'order') FROM shop WHERE customer = 'ada'));
\x off
\echo a shop: who uses no channel is a row of its own, who has no touchpoints is nobody
SELECT channels, customers, converted, conversion, round(low::numeric, 7) AS low, round(high::numeric, 7) AS high, average_switches, average_touchpoints, median_seconds, value, finished_elsewhere
FROM unnest((SELECT omnichannel_summary(journey, 'order') FROM shop));

\echo channels of the whole journey, also behind the goal; of one used twice one
SELECT summed('order', '0:order@x 1:mail@y');
SELECT summed('order', '0:a@x 1:a@y 2:a@x 3:a@y 4:order@x');
\echo switches as channel_switches counts them: touchpoints without a channel are passed over
SELECT summed('order', '0:a@x 1:b 2:c@x 3:d 4:e@y');
\echo from the first touchpoint, with a channel or not, to the first goal
SELECT summed('order', '0:a 1:b@x 2:order@x 5:order@x');
SELECT summed('order', '0:order@x 1:order@x');
\echo several, of which the middle one is the median: 1, 2 and 4 days
SELECT summed('order', '0:a@x 4:order@x', '0:a@x 1:order@x', '0:a@x 2:order@x', '0:a@x');
\echo finished elsewhere: the first goal in another channel than the first touchpoint that has one
SELECT summed('order', '0:a@x 1:order@y');
SELECT summed('order', '0:a 1:b@x 2:order@x 3:order@y');
SELECT summed('order', '0:a@x 1:a@y 2:order@x');
\echo nobody knows of a goal without a channel, nor where all are without
SELECT summed('order', '0:a@x 1:order');
SELECT summed('order', '0:a 1:order');
\echo at one instant in the order of the journey: by event, then channel, none first
SELECT summed('order', '0:ad@z 0:order@a');
SELECT summed('order', '0:order@a 0:visit@z');
SELECT summed('order', '0:order@a 0:order@z');
SELECT summed('(order|visit)', '0:visit@z 0:order@a');
\echo values of whole journeys, with the goal or without
SELECT summed('order', '0:a@x=1 1:order@x=2 2:refund@x=-0.5', '0:a@x=10', '0:order@x');
SELECT summed('order', '0:a@x', '0:order@x');
\echo a goal is a choice: an event, at a channel, in any, several, a prefix, a quoted one, one with a name
SELECT goal, (SELECT sum(converted) FROM unnest(f)) AS converted
FROM (SELECT n, goal, omnichannel_summary(journey, goal) AS f
      FROM shop, unnest('{order,order@web,@store,(order|question)@*,(visit@app|call),"ord*",* @*,"\"order\" as bought"}'::text[]) WITH ORDINALITY g(goal, n)
      GROUP BY n, goal) q ORDER BY n;
\echo rows come by the number of channels: 2, 9, 10 and 100
SELECT channels, customers, converted, average_switches
FROM unnest((SELECT omnichannel_summary((SELECT j(string_agg(i || ':a@c' || i, ' ')) FROM generate_series(1, n) i), 'a@c10') FROM unnest('{100,9,10,2,9}'::int[]) n));
\echo a channel and an event of the same name are two things
SELECT summed('x', '0:x@y 1:y@x 2:x@x');

\echo nobody reached it: a notice
SELECT channels, converted, median_seconds FROM unnest((SELECT omnichannel_summary(journey, 'ordr@web') FROM shop WHERE customer < 'c'));
\echo no journey is no answer, an empty one an empty answer
SELECT omnichannel_summary(NULL::journey, 'order'), omnichannel_summary(journey, 'order') FROM shop WHERE false;
SELECT omnichannel_summary(journey, 'order') FROM shop WHERE customer = 'hal';

\echo straight from rows, in any order: the same; without values
CREATE TABLE rows AS SELECT customer, t.* FROM shop, touchpoints(journey) AS t ORDER BY md5(t::text);
SELECT omnichannel_summary(customer, at, event, channel, value, 'order') = (SELECT omnichannel_summary(journey, 'order') FROM shop) AS same FROM rows;
SELECT channels, customers, converted, median_seconds, value, finished_elsewhere FROM unnest((SELECT omnichannel_summary(customer, at, event, channel, 'order') FROM rows));
SELECT channels, customers FROM unnest((SELECT omnichannel_summary(customer, at, event, coalesce(channel, ''), 'order') FROM rows));
SELECT omnichannel_summary(NULL::text, at, event, channel, 'order'), omnichannel_summary(customer, at, NULL, channel, value, 'order') FROM rows;

\echo in parts: what workers and shards do; the state as text reads back
CREATE AGGREGATE part(journey, text) (SFUNC = omnichannel_summary_transition, STYPE = journey_tally);
CREATE AGGREGATE whole(journey_tally) (SFUNC = journey_tally_combine, STYPE = journey_tally, FINALFUNC = omnichannel_summary_final);
SELECT (SELECT whole(p) FROM (SELECT part(journey, 'order')::text::journey_tally AS p FROM shop GROUP BY customer) q)
    = (SELECT omnichannel_summary(journey, 'order') FROM shop) AS same;
SELECT part(journey, 'order')::text FROM shop WHERE customer < 'c';
\echo groups in turn, of which each has rows of its own; over a window
SELECT q.n, c.channels, c.customers, c.average_switches
FROM (SELECT n % 3 AS n, omnichannel_summary(j('0:a@x 1:b@' || n % 2 || ' 2:a@' || n % 3), 'a') AS f FROM generate_series(1, 12) n GROUP BY 1) q, unnest(f) c ORDER BY 1, 2;
SELECT customer, cardinality(omnichannel_summary(journey, 'order') OVER (ORDER BY customer)) FROM shop ORDER BY customer;

\echo omnichannel beside multichannel: three saw an advertisement, two of them ordered, both in another channel; of visitors, three of five, all where they came
SELECT o.stage, o.customers AS omnichannel, m.customers AS multichannel
FROM (VALUES ('ad -> order'), ('visit -> order')) p(pattern),
     LATERAL unnest((SELECT stage_funnel(journey, pattern) FROM shop)) o JOIN LATERAL unnest((SELECT stage_funnel(journey, pattern || ' same channel') FROM shop)) m USING (step);
\echo context lost: a switch to what was done before in the channel left, not in another one, nor later; at one instant by channel
CREATE TABLE lost AS SELECT customer, t.*
FROM unnest('{0:a@p 1:b@p 2:a@q,0:a@p 1:b 2:c@q 3:a@r,0:a@p 1:a@q 2:b@p,0:b@p 1:a@q 2:b@p,0:a@q 0:a@p,0:b@p 1:a@q 2:a@p}'::text[]) WITH ORDINALITY AS s(spec, customer), LATERAL touchpoints(j(spec)) t;
WITH done AS (
    SELECT customer, channel, event, min(at) AS at FROM lost GROUP BY customer, channel, event
), switches AS (
    SELECT customer, at, event, channel, lag(channel) OVER (PARTITION BY customer ORDER BY at, channel COLLATE "C") AS left_channel
    FROM lost WHERE channel IS NOT NULL
), repeated AS (
    SELECT s.left_channel, s.channel, count(*) AS repeated
    FROM switches AS s JOIN done AS d ON d.customer = s.customer AND d.channel = s.left_channel AND d.event = s.event AND d.at <= s.at
    WHERE s.channel <> s.left_channel
    GROUP BY s.left_channel, s.channel
)
SELECT t.from_event AS from_channel, t.to_event AS to_channel, t.transitions AS switches, coalesce(r.repeated, 0) AS repeated
FROM unnest((SELECT journey_transitions(channels_as_events(journey)) FROM (SELECT journey_agg(at, event, channel) AS journey FROM lost GROUP BY customer) j)) AS t
LEFT JOIN repeated AS r ON r.left_channel = t.from_event AND r.channel = t.to_event
WHERE t.from_event <> t.to_event ORDER BY 1, 2;

-- 2000 customers with some 10 touchpoints each, on a grid of times.  Sums of values are exact.
CREATE TABLE many AS
SELECT customer, customer % 3 AS country, journey_agg(at, event, channel, value) AS journey
FROM (SELECT n % 2000 AS customer, timestamptz '2026-03-01 00:00Z' + make_interval(mins => hashint4(n * 7) % 300) AS at,
             (ARRAY['ad', 'search', 'visit', 'visit', 'visit', 'visit', 'order'])[1 + (hashint4(n) & 65535) % 7] AS event,
             (ARRAY['web', 'app', 'shop', NULL, 'chat', 'mail'])[1 + ((hashint4(n + 1) & 65535) % (2 + n % 5))] AS channel,
             CASE WHEN n % 5 = 0 THEN (n % 17) / 8.0 END AS value
      FROM generate_series(1, 20000) n) t
GROUP BY customer;
ALTER TABLE many SET (parallel_workers = 2);
ANALYZE many;
CREATE TABLE many_rows AS SELECT customer, country, t.* FROM many, touchpoints(journey) t;
CREATE TABLE reference AS SELECT country, omnichannel_summary(journey, 'order') AS f FROM many GROUP BY country;
\echo as accessors count them, serial, in parallel, straight from rows, spilled: the same
SELECT count(*) FROM (SELECT country, cardinality(channels(journey)) AS channels, count(*) AS customers, avg(channel_switches(journey))::float8 AS average_switches,
                             sum((SELECT sum(value) FROM touchpoints(journey))) AS value, count(*) FILTER (WHERE journey ~ 'order') AS converted FROM many GROUP BY 1, 2) p
    JOIN (SELECT country, c.* FROM reference, unnest(f) c) r USING (country, channels, customers, average_switches, value, converted);
SELECT sum(cardinality(f)) FROM reference;
SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT omnichannel_summary(journey, 'order') FROM many;
SELECT count(*) FROM (SELECT country, omnichannel_summary(journey, 'order') AS f FROM many GROUP BY country) q JOIN reference r USING (country, f);
SET max_parallel_workers_per_gather = 0;
SELECT count(*) FROM (SELECT country, omnichannel_summary(customer, at, event, channel, value, 'order') AS f FROM many_rows GROUP BY country) q
    JOIN reference r USING (country, f);
SET work_mem = '64kB';
SELECT count(*) FROM (SELECT country, omnichannel_summary(customer::text, at, event, channel, value, 'order') AS f FROM many_rows GROUP BY country) q
    JOIN reference r USING (country, f);
RESET work_mem;

\echo what it refuses
SELECT refusal('SELECT omnichannel_summary(journey, NULL) FROM shop');
SELECT refusal('SELECT omnichannel_summary(journey, '''') FROM shop');
SELECT refusal('SELECT omnichannel_summary(journey, ''visit -> order'') FROM shop');
SELECT refusal('SELECT omnichannel_summary(journey, ''order?'') FROM shop');
SELECT refusal('SELECT omnichannel_summary(journey, ''order same channel'') FROM shop');
SELECT refusal('SELECT omnichannel_summary(journey, ''order by channel'') FROM shop');
SELECT refusal('SELECT omnichannel_summary(journey, customer) FROM shop');
SELECT left(refusal('SELECT omnichannel_summary(customer, at, event, ''order'') FROM rows'), 5);
SELECT refusal('SELECT omnichannel_summary(customer, at, event, channel, ''order'') OVER () FROM rows');
SELECT refusal('SELECT omnichannel_summary(j(s), ''a'') FROM unnest(''{0:a=1e308,1:a=1e308}''::text[]) s');
\echo a forged state is an error, or counts as it says
SELECT refusal(format('SELECT omnichannel_summary_final(%L)', replace(part(journey, 'order')::text, '0000000006', 'six'))) FROM shop WHERE customer = 'ada';
SELECT refusal(format('SELECT omnichannel_summary_final(%L)', replace(part(journey, 'order')::text, '0000000006', '99999999999'))) FROM shop WHERE customer = 'ada';
SELECT c.channels, c.customers FROM unnest((SELECT omnichannel_summary_final(replace(part(journey, 'order')::text, '"0000000006"', 'null')::journey_tally) FROM shop WHERE customer = 'ada')) c;
SELECT c.channels, c.customers, c.conversion, c.low FROM unnest((SELECT omnichannel_summary_final(replace(part(journey, 'order')::text, '] 1 0 ', '] 0 0 ')::journey_tally) FROM shop WHERE customer = 'ada')) c;
BEGIN;
ALTER TYPE channel_count DROP ATTRIBUTE value;
SELECT refusal('SELECT omnichannel_summary(journey, ''order'') FROM shop');
ROLLBACK;

SET client_min_messages = warning;
DROP SCHEMA omnichannel CASCADE;
