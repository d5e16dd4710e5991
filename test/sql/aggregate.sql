--
-- journey_agg: rows, or journeys, into one journey; the same bytes out of every plan.
--
\set ECHO queries
\pset null '(null)'
\pset format unaligned
\pset tuples_only on

CREATE FUNCTION refusal(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text; detail text;
BEGIN
	EXECUTE query;
	RETURN 'accepted';
EXCEPTION WHEN OTHERS OR query_canceled THEN
	GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ' ' || said || coalesce('. ' || nullif(detail, ''), '');
END $$;

CREATE TABLE events (customer int, at timestamptz, event text, channel text, value double precision, score double precision);
INSERT INTO events VALUES
	(1, '2026-03-03 10:00:00Z', 'purchase', 'web', 59.9, 4),
	(1, '2026-03-01 09:00:00Z', 'visit', 'tiktok', NULL, NULL),
	(1, '2026-03-03 10:00:00Z', 'visit', 'web', NULL, NULL),
	(1, '2026-03-03 10:00:00Z', 'visit', NULL, NULL, NULL),
	(1, '2026-03-03 10:00:00Z', 'visit', 'web', NULL, NULL),
	(2, '2026-03-02 09:00:00Z', 'visit', '', NULL, 3),
	(2, '2026-03-01 09:00:00Z', 'visit', NULL, -0.0, -0.0),
	(3, NULL, 'visit', 'web', 1, 1),
	(3, '2026-03-01 09:00:00Z', NULL, 'web', 1, 1),
	(4, '2026-03-01 09:00:00Z', NULL, 'web', 1, 1),
	(4, '2026-03-01 09:00:00Z', 'visit', NULL, NULL, NULL),
	(4, NULL, 'visit', 'web', 1, 1);

\echo -- two to five arguments; sorted; duplicates kept; an empty channel is none; rows without time or event are skipped
SELECT customer, journey_agg(at, event) FROM events GROUP BY customer ORDER BY customer;
SELECT customer, journey_agg(at, event, channel) FROM events GROUP BY customer ORDER BY customer;
SELECT customer, journey_agg(at, event, channel, value) FROM events GROUP BY customer ORDER BY customer;
SELECT customer, journey_agg(at, event, channel, value, score) FROM events GROUP BY customer ORDER BY customer;
\echo -- no rows give null, and so do rows that are all skipped; null arguments
SELECT journey_agg(at, event) FROM events WHERE false;
SELECT journey_agg(NULL, NULL), journey_agg(NULL, 'a'), journey_agg(now(), NULL, NULL), journey_agg('2026-03-01 09:00:00Z', 'a', NULL, NULL, NULL);
\echo -- merging journeys: nulls are skipped, duplicates kept, empty ones are journeys
SELECT journey_agg(j) FROM (VALUES ('2026-03-02 09:00:00Z b =1'::journey), (NULL), ('2026-03-01 09:00:00Z a@x, 2026-03-02 09:00:00Z b =1'), ('')) t(j);
SELECT '[' || journey_agg(''::journey)::text || ']', journey_agg(NULL::journey);
\echo -- FILTER, DISTINCT, ORDER BY
SELECT journey_agg(at, event, channel) FILTER (WHERE channel = 'web') FROM events;
SELECT journey_agg(DISTINCT at, event, channel) FROM events WHERE customer = 1;
SELECT journey_agg(at, event, channel ORDER BY at DESC, channel) = journey_agg(at, event, channel) FROM events;
SELECT journey_agg(DISTINCT j ORDER BY j DESC) FROM (VALUES ('2026-03-01 09:00:00Z a'::journey), ('2026-03-01 09:00:00Z a'), ('2026-03-02 09:00:00Z b')) t(j);
\echo -- as a window aggregate: the journey so far, then a moving frame
SELECT at AT TIME ZONE 'UTC', event, journey_agg(at, event) OVER (PARTITION BY customer ORDER BY at DESC, event, channel ROWS UNBOUNDED PRECEDING)
FROM events WHERE customer = 1 ORDER BY 1 DESC, 2;
SELECT length(journey_agg(at, event) OVER (ORDER BY at, event ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)) FROM events WHERE customer = 1;
\echo -- grouping sets
SELECT customer, channel, length(journey_agg(at, event, channel)) FROM events WHERE customer < 3 GROUP BY CUBE (customer, channel) ORDER BY 1, 2, 3;

\echo == what is refused
SELECT refusal($$SELECT journey_agg('infinity', 'a')$$);
SELECT refusal($$SELECT journey_agg('-infinity', 'a')$$);
SELECT refusal($$SELECT journey_agg('2026-03-01 09:00:00Z', '')$$);
SELECT refusal($$SELECT journey_agg('2026-03-01 09:00:00Z', 'a', 'b', 'NaN')$$);
SELECT refusal($$SELECT journey_agg('2026-03-01 09:00:00Z', 'a', 'b', 'Infinity')$$);
SELECT refusal($$SELECT journey_agg('2026-03-01 09:00:00Z', 'a', 'b', 1, '-Infinity')$$);
SELECT refusal($$SELECT journey_agg('2026-03-01 09:00:00Z', 'a', 'b', 1, 'NaN')$$);
\echo -- a row that FILTER leaves out is not looked at
SELECT refusal($$SELECT journey_agg(at, event) FILTER (WHERE event <> '') FROM (VALUES ('2026-03-01 09:00:00Z'::timestamptz, ''), ('2026-03-01 09:00:00Z', 'a')) t(at, event)$$);

\echo == the same bytes out of every plan
\echo -- 600 customers, 60 000 rows: ties, duplicates, late rows, missing channels and values
CREATE TABLE many AS
SELECT (random_number * 600)::int AS customer, timestamptz '2026-01-01 00:00:00Z' + (i / 10 + (i % 50 = 0)::int * -500) * interval '7 seconds' AS at,
	'event ' || i % 13 AS event, CASE WHEN i % 4 > 0 THEN 'channel ' || i % 7 END AS channel,
	CASE WHEN i % 13 = 0 THEN i % 1000 / 100.0 END::double precision AS value, CASE WHEN i % 29 = 0 THEN i % 6 END::double precision AS score
FROM (SELECT i, abs(hashint4(i) % 10007) / 10007.0 AS random_number FROM generate_series(1, 60000) i) x;
INSERT INTO many SELECT * FROM many WHERE score = 3;
ANALYZE many;
\echo -- as the reference: the text of each journey, put together by string_agg
CREATE TABLE expected AS
SELECT customer, string_agg(to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"+00 "') || '"' || event || '"' || coalesce('@"' || channel || '"', '') || coalesce(' =' || value, '') || coalesce(' *' || score, ''), ', '
	ORDER BY at, event COLLATE "C", channel COLLATE "C" NULLS FIRST, value NULLS FIRST, score NULLS FIRST)::text AS t
FROM many GROUP BY customer;
-- which nodes a plan has, so that each case is known to have run as it says
CREATE FUNCTION nodes(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text; found text[] = '{}';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		found := found || (regexp_match(line, '(Finalize|Partial)? ?(HashAggregate|GroupAggregate|WindowAgg|Aggregate|Gather|Append)'));
	END LOOP;
	RETURN array_to_string(found, ' ');
END $$;
CREATE VIEW built AS SELECT customer, journey_agg(at, event, channel, value, score) AS j FROM many GROUP BY customer;
CREATE VIEW differing AS SELECT count(*) AS n FROM built FULL JOIN expected USING (customer) WHERE j::text IS DISTINCT FROM t;
SET max_parallel_workers_per_gather = 0;
\echo -- hashed
SET enable_sort = off;
SELECT nodes('SELECT * FROM built'), n FROM differing;
\echo -- hashed and spilling
SET work_mem = '64kB';
SELECT nodes('SELECT * FROM built'), n FROM differing;
RESET work_mem;
RESET enable_sort;
\echo -- sorted
SET enable_hashagg = off;
SELECT nodes('SELECT * FROM built'), n FROM differing;
\echo -- partial in two workers, hashed and sorted, with and without the leader taking part
SET max_parallel_workers_per_gather = 2; SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0.5; SET parallel_leader_participation = off;
SELECT nodes('SELECT * FROM built'), n FROM differing;
RESET enable_hashagg; RESET parallel_leader_participation; SET enable_sort = off;
SELECT nodes('SELECT event, journey_agg(at, event, channel, value, score) FROM many GROUP BY event');
SELECT count(*), bool_and(length(j) = n AND events(j) = ARRAY[event]), md5(string_agg(j::text, '' ORDER BY event)) AS hash INTO TABLE by_event
FROM (SELECT event, journey_agg(at, event, channel, value, score) AS j, count(*) AS n FROM many GROUP BY event) m;
SET max_parallel_workers_per_gather = 0;
SELECT b.count, b.bool_and, hash = (SELECT md5(string_agg(j::text, '' ORDER BY event)) FROM (SELECT event, journey_agg(at, event, channel, value, score) AS j FROM many GROUP BY event) m) FROM by_event b;
SET max_parallel_workers_per_gather = 2;
RESET enable_sort;
SELECT nodes('SELECT journey_agg(at, event, channel, value, score) FROM many'), length(j), j = (SELECT journey_agg(t::journey) FROM expected)
FROM (SELECT journey_agg(at, event, channel, value, score) AS j FROM many) x;
\echo -- each number of arguments, in parallel and not
CREATE VIEW all_forms AS SELECT ARRAY[journey_agg(at, event), journey_agg(at, event, channel), journey_agg(at, event, channel, value), journey_agg(at, event, channel, value, score)] AS forms FROM many;
CREATE TABLE parallel_forms AS SELECT nodes('SELECT * FROM all_forms'), forms FROM all_forms;
SET max_parallel_workers_per_gather = 0;
SELECT p.nodes, p.forms = a.forms, (SELECT string_agg(length(f)::text, ' ') FROM unnest(a.forms) f) FROM parallel_forms p, all_forms a;
\echo -- merging in parallel
CREATE TABLE stored AS SELECT customer % 20 AS segment, customer, j FROM built;
SET max_parallel_workers_per_gather = 2;
SELECT nodes('SELECT segment, journey_agg(j) FROM stored GROUP BY segment');
SELECT count(*), bool_and(s.j = e.j)
FROM (SELECT segment, journey_agg(j) AS j FROM stored GROUP BY segment) s JOIN (SELECT customer % 20 AS segment, journey_agg(at, event, channel, value, score) AS j FROM many GROUP BY 1) e USING (segment);
\echo -- partial aggregation of single customers, so that most partial states are null or tiny
SELECT customer < 3, length(journey_agg(at, event)) FROM many WHERE customer % 100 = 1 GROUP BY 1 ORDER BY 1;
SELECT journey_agg(at, event) FROM many WHERE customer = -1;
SELECT journey_agg(at, event) IS NULL FROM many WHERE at IS NULL;
\echo -- partition-wise, whole and partial
CREATE TABLE parted (LIKE many) PARTITION BY HASH (customer);
CREATE TABLE parted0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parted1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parted SELECT * FROM many;
ANALYZE parted;
SET max_parallel_workers_per_gather = 0; SET enable_partitionwise_aggregate = on; SET enable_sort = off;
SELECT nodes('SELECT customer, journey_agg(at, event, channel, value, score) FROM parted GROUP BY customer');
SELECT count(*), count(*) FILTER (WHERE j::text = t) FROM (SELECT customer, journey_agg(at, event, channel, value, score) AS j FROM parted GROUP BY customer) p JOIN expected USING (customer);
SELECT nodes('SELECT event, journey_agg(at, channel) FROM parted GROUP BY event');
SELECT bool_and(p.j = m.j) FROM (SELECT event, journey_agg(at, event, channel) AS j FROM parted GROUP BY event) p JOIN (SELECT event, journey_agg(at, event, channel) AS j FROM many GROUP BY event) m USING (event);
RESET enable_partitionwise_aggregate; RESET enable_sort; RESET max_parallel_workers_per_gather;
\echo -- over a window: the last row of each customer has all of it, and earlier results stay what they were
SELECT nodes('SELECT journey_agg(at, event) OVER (PARTITION BY customer ORDER BY score) FROM many');
SELECT count(*), bool_and(j::text = t), bool_and(soon = length(first)) FROM (
	SELECT DISTINCT ON (customer) customer, journey_agg(at, event, channel, value, score) OVER w AS j, count(*) OVER w,
		first_value(partial) OVER (PARTITION BY customer ORDER BY at DESC, event ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS first, 1 AS soon
	FROM (SELECT *, journey_agg(at, event) OVER (PARTITION BY customer ORDER BY at DESC, event ROWS UNBOUNDED PRECEDING) AS partial FROM many) m
	WINDOW w AS (PARTITION BY customer ORDER BY at DESC, event ROWS UNBOUNDED PRECEDING)
	ORDER BY customer, count(*) OVER w DESC) x JOIN expected USING (customer);
\echo -- labels live as long as the states that use them: rescans in a lateral join
SELECT count(*), bool_and(x.j::text = t) FROM expected e, LATERAL (SELECT journey_agg(at, event, channel, value, score) AS j FROM many m WHERE m.customer = e.customer) x WHERE e.customer % 50 = 0;

\echo == sizes
\echo -- 200 000 touchpoints in falling, rising and scrambled order; 100 000 labels; a label of 10 kB
SELECT length(a), a = b, b = c FROM (
	SELECT journey_agg('2026-01-01 00:00:00Z'::timestamptz + i * interval '1 ms', 'e' || i % 5) AS a,
		journey_agg('2026-01-01 00:00:00Z'::timestamptz + (200003 - i) * interval '1 ms', 'e' || (200003 - i) % 5) AS b,
		journey_agg('2026-01-01 00:00:00Z'::timestamptz + scrambled * interval '1 ms', 'e' || scrambled % 5) AS c
	FROM (SELECT i, i::bigint * 7919 % 200003 AS scrambled FROM generate_series(1, 200002) i) x) y;
SELECT length(j), cardinality(events(j)), length((events(j))[100000]) FROM (SELECT journey_agg('2026-01-01 00:00:00Z'::timestamptz + i * interval '1 s', CASE WHEN i = 100000 THEN repeat('x', 10000) ELSE 'label number ' || i END) AS j FROM generate_series(1, 100000) i) x;
\echo -- values that come late widen what was collected before
SELECT j FROM (SELECT journey_agg('2026-01-01 00:00:00Z'::timestamptz + i * interval '1 s', 'e', NULL, CASE WHEN i = 7 THEN 1.5 END, CASE WHEN i = 9 THEN 2 END) AS j FROM generate_series(1, 10) i) x;
\echo -- cancelled
SET statement_timeout = '300ms';
SELECT refusal($$SELECT length(journey_agg('2026-01-01 00:00:00Z'::timestamptz + hashint4(i) * interval '1 ms', 'e')) FROM generate_series(1, 20000000) i$$);
RESET statement_timeout;

\echo == times beyond the year 3000 are mostly milliseconds that were read as seconds: a notice asks, once a call
SELECT customer, started_at(journey_agg(to_timestamp(1000 * extract(epoch FROM at)), event)) FROM events WHERE event = 'purchase' GROUP BY customer;
SELECT journey_agg('3001-01-01 00:00Z', 'a'), journey_agg('3000-12-31 23:59:59.999999Z', 'a'), journey_agg('3001-01-01 00:00:01Z', 'b');

\echo == the catalogue
SELECT DISTINCT p.proparallel, a.aggkind, a.aggfinalmodify, a.aggmfinalmodify, a.aggtranstype::regtype, a.aggtransspace > 0, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn
FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid WHERE p.proname = 'journey_agg';
DROP VIEW built, differing, all_forms CASCADE;
DROP TABLE events, many, expected, by_event, parallel_forms, stored, parted;
DROP FUNCTION refusal, nodes;
