-- Sequences: flows by position, paths, transitions; their forms, states and refusals.
SET timezone = 'UTC';
SET datestyle = 'ISO';
\pset null '(null)'
CREATE SCHEMA sequence;
SET search_path = sequence, public;

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

-- The journeys of most cases: a visit, a cart and a purchase; two visits; a purchase; nothing; null.
CREATE TABLE journeys (customer int, journey journey);
INSERT INTO journeys VALUES
    (1, '2026-03-01 09:00Z visit, 2026-03-01 09:01Z cart =5, 2026-03-01 09:03Z buy =10'),
    (2, '2026-03-01 09:00Z visit, 2026-03-01 09:05Z visit'),
    (3, '2026-03-01 09:00Z buy =1'),
    (4, ''),
    (5, NULL);

\echo transitions: from nothing to the first event, from event to event, from the last one to nothing
SELECT * FROM unnest((SELECT journey_transitions(journey) FROM journeys));
\echo transitions are counted each time, journeys once: a -> b twice, after 10 and 30 seconds; the median is the lower of both
SELECT * FROM unnest((SELECT journey_transitions('2026-03-01 09:00:00Z a, 2026-03-01 09:00:10Z b, 2026-03-01 09:01:00Z a, 2026-03-01 09:01:30Z b')));
\echo at one instant the canonical order decides: event, channel, value; equal touchpoints follow each other after 0 seconds
SELECT from_event, to_event, transitions, median_seconds FROM unnest((SELECT journey_transitions(
    '2026-03-01 09:00Z b, 2026-03-01 09:00Z a@web, 2026-03-01 09:00Z a, 2026-03-01 09:00Z a')));
\echo empty journeys have none; no rows, and none but null, give null
SELECT journey_transitions(journey) FROM journeys WHERE customer = 4;
SELECT journey_transitions(journey) FROM journeys WHERE customer = 5;
SELECT journey_transitions(journey) FROM journeys WHERE false;
\echo times from one end to the other
SELECT from_event, to_event, median_seconds FROM unnest((SELECT journey_transitions(1, at, event)
    FROM (VALUES (timestamptz '4713-01-01 00:00Z BC', 'a'), ('294276-12-31 23:59:59.999999Z', 'b')) v(at, event))) WHERE from_event = 'a';

\echo flow: five positions and ten events unless said; links end where journeys do, and begin with all that are not empty
SELECT * FROM unnest((SELECT journey_flow(journey) FROM journeys));
\echo from the end: they begin where journeys do, and end with all
SELECT * FROM unnest((SELECT journey_flow(journey, -3) FROM journeys));
\echo two positions: one link
SELECT source, target, journeys FROM unnest((SELECT journey_flow(journey, 2) FROM journeys));
SELECT source, target, journeys FROM unnest((SELECT journey_flow(journey, -2) FROM journeys));
\echo top: at position 1 visit leads with 2 of 3, at position 2 cart and visit are even and cart comes first, at position 3 there is buy
SELECT * FROM unnest((SELECT journey_flow(journey, 3, 1) FROM journeys));
\echo from the end, top is decided at each position, too: buy, cart before visit, visit
SELECT step, source, target, journeys FROM unnest((SELECT journey_flow(journey, -3, 1) FROM journeys));
\echo ties at the border go by bytes: capitals first, then beyond ASCII
SELECT source, journeys FROM unnest((SELECT journey_flow(j, 2, 2)
    FROM unnest('{2026-03-01 09:00Z é,2026-03-01 09:00Z z,2026-03-01 09:00Z B,2026-03-01 09:00Z a}'::journey[]) j));
\echo the median of links that became one: of 10, 20 and 60 seconds, and of 30 alone; start and end are not among the top
SELECT source, target, journeys, median_seconds FROM unnest((SELECT journey_flow(j, 2, 1) FROM unnest(ARRAY[
    '2026-03-01 09:00:00Z a, 2026-03-01 09:00:10Z x', '2026-03-01 09:00:00Z a, 2026-03-01 09:00:20Z y', '2026-03-01 09:00:00Z a, 2026-03-01 09:01:00Z z',
    '2026-03-01 09:00:00Z b, 2026-03-01 09:00:30Z v', '2026-03-01 09:00:00Z a, 2026-03-01 09:00:40Z v', '2026-03-01 09:00:00Z a', '2026-03-01 09:00:00Z a']::journey[]) j));
\echo the longest flow that there is, of a journey of 101 events: 99 links, all of them of one journey
SELECT count(*), min(step), max(step), min(journeys), max(journeys), max(target) FILTER (WHERE step = 99) AS last
FROM unnest((SELECT journey_flow(1, timestamptz '2026-03-01Z' + n * interval '1 s', 'e' || n, 100, 10) FROM generate_series(1, 101) n));
SELECT count(*), min(step), max(step), max(source) FILTER (WHERE step = -100) AS first
FROM unnest((SELECT journey_flow(1, timestamptz '2026-03-01Z' + n * interval '1 s', 'e' || n, -100, 10) FROM generate_series(1, 101) n));
\echo events that are called like what is made are told by source_event and target_event
SELECT * FROM unnest((SELECT journey_flow(j, 2, 2) FROM unnest(ARRAY[
    '2026-03-01 09:00Z "(end)", 2026-03-01 09:01Z "(end)"', '2026-03-01 09:00Z "(other)"', '2026-03-01 09:00Z "(start)", 2026-03-01 09:01Z "(other)"',
    '2026-03-01 09:00Z "(end)", 2026-03-01 09:01Z x']::journey[]) j));
\echo empty journeys have none; no rows, and none but null, give null
SELECT journey_flow(journey) FROM journeys WHERE customer = 4;
SELECT journey_flow(journey) FROM journeys WHERE customer = 5;
SELECT journey_flow(journey, 3, 3) FROM journeys WHERE false;

\echo paths: whole journeys, the most frequent first, even ones by bytes
SELECT * FROM unnest((SELECT journey_paths(journey) FROM journeys));
\echo null is the whole journey
SELECT journey_paths(journey, NULL) = journey_paths(journey) AND journey_paths(journey, NULL, 20) = journey_paths(journey) AS same FROM journeys;
\echo the first two events, and the last one: seconds are those of the path, value that of the journey
SELECT * FROM unnest((SELECT journey_paths(journey, 2) FROM journeys));
SELECT * FROM unnest((SELECT journey_paths(journey, -1) FROM journeys));
SELECT path, length, median_seconds FROM unnest((SELECT journey_paths(journey, -2) FROM journeys WHERE customer = 1));
\echo more steps than there are events: whole journeys
SELECT journey_paths(journey, 2147483647) = journey_paths(journey) AND journey_paths(journey, -2147483648) = journey_paths(journey) AS same FROM journeys;
\echo top: what is left is one row, with the median of all that it stands for
SELECT * FROM unnest((SELECT journey_paths(journey, NULL, 1) FROM journeys WHERE customer <> 1));
SELECT * FROM unnest((SELECT journey_paths(journey, NULL, 2) FROM journeys));
SELECT * FROM unnest((SELECT journey_paths(j, NULL, 1) FROM unnest(ARRAY['2026-03-01 09:00Z a', '2026-03-01 09:00Z a', '2026-03-01 09:00Z b', '2026-03-01 09:00Z c, 2026-03-01 09:05Z c =2.5']::journey[]) j));
\echo bytes of the whole path decide, and a path is its events: a name may hold what stands between names, or be (other)
SELECT path, length, journeys FROM unnest((SELECT journey_paths(j) FROM unnest(ARRAY['2026-03-01 09:00Z "a > b"', '2026-03-01 09:00Z a, 2026-03-01 09:01Z b', '2026-03-01 09:00Z "a !"',
    '2026-03-01 09:00Z a', '2026-03-01 09:00Z "(other)"', '2026-03-01 09:00Z "(other)"']::journey[]) j));
SELECT path, length, journeys FROM unnest((SELECT journey_paths(j) FROM unnest(ARRAY['2026-03-01 09:00Z "a > b", 2026-03-01 09:01Z a', '2026-03-01 09:00Z a, 2026-03-01 09:01Z "b > a"',
    '2026-03-01 09:00Z "a >", 2026-03-01 09:01Z b', '2026-03-01 09:00Z a, 2026-03-01 09:01Z "> b"', '2026-03-01 09:00Z a, 2026-03-01 09:01Z "> b"']::journey[]) j));
SELECT path, length, journeys FROM unnest((SELECT journey_paths(j, NULL, 1) FROM unnest(ARRAY['2026-03-01 09:00Z "(other)"', '2026-03-01 09:00Z z']::journey[]) j));
\echo values: 0 is one, none is null, and they are added without loss
SELECT path, value FROM unnest((SELECT journey_paths(j) FROM unnest(ARRAY['2026-03-01 09:00Z a =0', '2026-03-01 09:00Z b', '2026-03-01 09:00Z c =1e15, 2026-03-01 09:01Z d =0.0625',
    '2026-03-01 09:00Z c =-1e15, 2026-03-01 09:01Z d =0.0625']::journey[]) j));
\echo empty journeys have none; no rows, and none but null, give null
SELECT journey_paths(journey) FROM journeys WHERE customer = 4;
SELECT journey_paths(journey, 1) FROM journeys WHERE customer = 5;
SELECT journey_paths(journey, 1, 1) FROM journeys WHERE false;
\echo any number of paths is counted by plain SQL, of the same text
SELECT p.path = q.path AND p.journeys = q.count AS same FROM unnest((SELECT journey_paths(journey) FROM journeys)) p
FULL JOIN (SELECT event_path(journey) AS path, count(*) FROM journeys WHERE length(journey) > 0 GROUP BY 1) q USING (path);

-- The keyed form: straight from rows.

\echo the rows of the journeys above in any order, and some without customer, time or event, which are skipped
CREATE TABLE events (customer int, at timestamptz, event text, channel text);
INSERT INTO events VALUES
    (2, '2026-03-01 09:05Z', 'visit', 'x'), (1, '2026-03-01 09:03Z', 'buy', 'y'), (3, '2026-03-01 09:00Z', 'buy', 'y'), (1, '2026-03-01 09:00Z', 'visit', 'x'),
    (1, '2026-03-01 09:01Z', 'cart', 'x'), (2, '2026-03-01 09:00Z', 'visit', 'x'), (NULL, '2026-03-01 09:00Z', 'a', NULL), (9, NULL, 'a', NULL), (9, '2026-03-01 09:00Z', NULL, NULL);
SELECT journey_transitions(customer, at, event) = (SELECT journey_transitions(journey) FROM journeys) AS transitions,
    journey_flow(customer, at, event, 5, 10) = (SELECT journey_flow(journey) FROM journeys) AS flow,
    journey_flow(customer, at, event, -3, 1) = (SELECT journey_flow(journey, -3, 1) FROM journeys) AS from_the_end FROM events;
\echo without values
SELECT * FROM unnest((SELECT journey_paths(customer, at, event, NULL, 20) FROM events));
SELECT * FROM unnest((SELECT journey_paths(customer, at, event, -1, 1) FROM events));
\echo channels, or whatever stands there, as the event; where it is null the row is skipped
SELECT * FROM unnest((SELECT journey_paths(customer, at, channel, NULL, 20) FROM events));
\echo no rows, and none but skipped ones, give null
SELECT journey_transitions(customer, at, event), journey_flow(customer, at, event, 2, 1), journey_paths(customer, at, event, NULL, 1) FROM events WHERE customer IS NULL;

-- Groups, windows, parts, states.

\echo by group, each with its own top
SELECT q.half, f.source, f.target, f.journeys FROM (SELECT customer % 2 AS half, journey_flow(journey, 2, 1) AS f FROM journeys GROUP BY 1) q CROSS JOIN unnest(q.f) f ORDER BY 1, 2, 3;
SELECT q.half, t.from_event, t.to_event, t.journeys FROM (SELECT customer % 2 AS half, journey_transitions(journey) AS f FROM journeys GROUP BY 1) q CROSS JOIN unnest(q.f) t ORDER BY 1, 2, 3;
\echo over a window
SELECT customer, (journey_paths(journey, 1) OVER (ORDER BY customer))[1], cardinality(journey_transitions(journey) OVER (ORDER BY customer)) FROM journeys ORDER BY customer;
\echo in parts: what workers do
CREATE AGGREGATE transitions_part(journey) (SFUNC = journey_transitions_transition, STYPE = journey_tally);
CREATE AGGREGATE transitions_whole(journey_tally) (SFUNC = journey_tally_combine, STYPE = journey_tally, FINALFUNC = journey_transitions_final);
CREATE AGGREGATE flow_part(journey, int, int) (SFUNC = journey_flow_transition, STYPE = journey_tally);
CREATE AGGREGATE flow_whole(journey_tally) (SFUNC = journey_tally_combine, STYPE = journey_tally, FINALFUNC = journey_flow_final);
CREATE AGGREGATE paths_part(journey, int, int) (SFUNC = journey_paths_transition, STYPE = journey_tally);
CREATE AGGREGATE paths_whole(journey_tally) (SFUNC = journey_tally_combine, STYPE = journey_tally, FINALFUNC = journey_paths_final);
SELECT transitions_whole(t) = (SELECT journey_transitions(journey) FROM journeys) AS transitions,
    flow_whole(f) = (SELECT journey_flow(journey, 3, 1) FROM journeys) AS flow,
    paths_whole(p) = (SELECT journey_paths(journey, NULL, 1) FROM journeys) AS paths
FROM (SELECT transitions_part(journey) AS t, flow_part(journey, 3, 1) AS f, paths_part(journey, NULL, 1) AS p FROM journeys GROUP BY customer) q;
\echo states name what they count
SELECT transitions_part(journey), flow_part(journey, 3, 10), flow_part(journey, -2, 7), paths_part(journey, NULL, 20), paths_part(journey, -2, 20) FROM journeys WHERE customer = 2 \gx
\echo parallel
CREATE TABLE many AS SELECT journey FROM journeys, generate_series(1, 2000) WHERE customer < 4;
ANALYZE many;
SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
EXPLAIN (COSTS OFF) SELECT journey_flow(journey), journey_paths(journey, 3), journey_transitions(journey) FROM many;
CREATE TABLE answers AS SELECT journey_flow(journey, 3, 1) AS f, journey_paths(journey, NULL, 1) AS p, journey_transitions(journey) AS t FROM many;
SET max_parallel_workers_per_gather = 0;
SELECT journey_flow(journey, 3, 1) = f AS flow, journey_paths(journey, NULL, 1) = p AS paths, journey_transitions(journey) = t AS transitions FROM many, answers GROUP BY f, p, t;
SELECT p.* FROM answers, unnest(p) p;

-- What is refused.

\echo steps and top
SELECT refusal(format('SELECT journey_flow(journey, %s) FROM journeys', n)) FROM unnest('{1,0,-1,101,-101}'::int[]) n;
SELECT refusal('SELECT journey_flow(journey, NULL) FROM journeys');
SELECT refusal('SELECT journey_flow(journey, 3, NULL) FROM journeys');
SELECT refusal('SELECT journey_flow(journey, 3, 0) FROM journeys');
SELECT refusal('SELECT journey_paths(journey, 0) FROM journeys');
SELECT refusal('SELECT journey_paths(journey, NULL, 0) FROM journeys');
SELECT refusal('SELECT journey_paths(journey, NULL, -1) FROM journeys');
SELECT refusal('SELECT journey_paths(journey, NULL, NULL) FROM journeys');
SELECT refusal('SELECT journey_flow(customer, at, event, 1, 1) FROM events');
\echo one configuration a group
SELECT refusal('SELECT journey_flow(journey, customer + 1) FROM journeys');
SELECT refusal('SELECT journey_paths(journey, CASE WHEN customer > 1 THEN 2 END) FROM journeys');
\echo there is no keyed form without steps and top
SELECT left(refusal('SELECT journey_flow(customer, at, event) FROM events'), 5);
SELECT left(refusal('SELECT journey_paths(customer, at, event, 5) FROM events'), 5);
\echo forged states: of other positions, without a label, of too long a length, of another aggregate
SELECT refusal(format('SELECT journey_flow_final(%L)', replace(f::text, '"1"', s))) FROM (SELECT flow_part(journey, 3, 10) AS f FROM journeys WHERE customer = 2) q, unnest('{"\"2\"","\"7\"","\"a\""}'::text[]) s;
SELECT refusal(format('SELECT journey_flow_final(%L)', replace(f::text, '["steps" "3"]', '["steps" "1"]'))) FROM (SELECT flow_part(journey, 3, 10) AS f FROM journeys WHERE customer = 2) q;
SELECT refusal(format('SELECT journey_paths_final(%L)', replace(p::text, '"0000000002"', s))) FROM (SELECT paths_part(journey, NULL, 20) AS p FROM journeys WHERE customer = 2) q, unnest('{"\"\"","\"99999999999\"","\"x\"","null","\"3\""}'::text[]) s;
SELECT refusal(format('SELECT journey_transitions_final(%L)', paths_part(journey, NULL, 20))) FROM journeys WHERE customer = 2;
SET client_min_messages = warning;
DROP SCHEMA sequence CASCADE;
