-- The keyed form of aggregates over many customers: straight from rows of an
-- events table.  stage_funnel stands for all of them.
\pset null '-'
SET timezone = 'UTC';
SET max_parallel_workers_per_gather = 0;

-- Ann buys, with an hour and two hours between the steps.  Bob leaves his cart after half an
-- hour.  Cid comes back to buy eight days later, without a cart.  Dot only looks at the help pages.
CREATE TABLE shop_events (customer text, at timestamptz, event text, channel text, value double precision);
INSERT INTO shop_events VALUES
    ('cid', '2026-03-18 10:00', 'purchase', NULL, 7),   ('ann', '2026-03-02 12:00', 'purchase', 'web', 19.5),
    ('bob', '2026-03-03 09:40', 'cart', 'app', 5),      ('ann', '2026-03-02 09:00', 'visit', 'web', NULL),
    ('bob', '2026-03-03 09:00', 'visit', 'ads', NULL),  ('dot', '2026-03-11 09:00', 'help', 'web', NULL),
    ('ann', '2026-03-02 10:00', 'cart', 'web', 19.5),   ('bob', '2026-03-03 09:10', 'visit', 'ads', NULL),
    ('cid', '2026-03-10 09:00', 'visit', '', NULL);

\echo rows in any order; the same answer as by hand for the journey form
\x
SELECT * FROM unnest((SELECT stage_funnel(customer, at, event, channel, value, 'visit -> cart -> purchase within 7 days')
                      FROM shop_events));
\x
\echo without values, and without channels
SELECT step, stage, customers, touchpoints, avg_seconds, step_value
FROM unnest((SELECT stage_funnel(customer, at, event, channel, 'visit@ads -> cart') FROM shop_events)) f;
SELECT step, stage, customers, touchpoints, avg_seconds, step_value
FROM unnest((SELECT stage_funnel(customer, at, event, 'visit -> cart') FROM shop_events)) f;
\echo a pattern that asks for channels needs the form with them, whichever way it asks, and whether there are rows that count or not
SELECT stage_funnel(customer, at, event, 'visit by channel') FROM shop_events;
SELECT stage_funnel(customer, at, event, 'visit -> cart same channel') FROM shop_events;
SELECT stage_funnel(customer, at, event, 'visit -> !cart@web -> purchase') FROM shop_events;
SELECT stage_funnel(customer, at, event, '(visit|cart)@*') FROM shop_events;
SELECT stage_funnel(NULL::int, at, event, '@web') FROM shop_events;
SELECT customer, stage_funnel(customer, at, event, CASE customer WHEN 'bob' THEN 'visit@ads' ELSE 'visit' END) FROM shop_events GROUP BY customer ORDER BY customer;
SELECT label, step, customers
FROM unnest((SELECT stage_funnel(customer, at, event, channel, 'visit -> cart by channel') FROM shop_events)) f;
\echo where it has them and no touchpoint has one, a notice says so, once a call: also for journeys
SELECT count(f) FROM (SELECT stage_funnel(customer, at, event, NULL, 'visit -> cart by channel') AS f FROM shop_events) q;
SELECT count(f) FROM (SELECT stage_funnel(customer, at, event, CASE customer WHEN 'ann' THEN channel END, 'visit -> cart same channel') AS f
    FROM shop_events WHERE customer <> 'dot' GROUP BY customer) q;
SELECT count(f) FROM (SELECT stage_funnel(journey, 'visit -> cart@web') AS f FROM (SELECT journey_agg(at, event) AS journey FROM shop_events GROUP BY customer) j) q;
\echo a single channel is enough, be it on a touchpoint that the pattern does not name
SELECT count(f) FROM (SELECT stage_funnel(customer, at, event, CASE event WHEN 'help' THEN channel END, 'visit -> cart by channel') AS f FROM shop_events) q;
SELECT count(f) FROM (SELECT stage_funnel(journey, 'visit -> cart by channel') AS f FROM (
    SELECT journey_agg(at, event, CASE event WHEN 'help' THEN channel END) AS journey FROM shop_events GROUP BY customer) j) q;
\echo two labels for channel and pattern are hardly meant so, and a notice says how they are read; none stands for no channel
SELECT f[1].stage FROM (SELECT stage_funnel(customer, at, event, 'visit', 'purchase') AS f FROM shop_events) q;
SELECT count(f) FROM (SELECT stage_funnel(customer, at, event, 'visit', 'purchase') AS f FROM shop_events GROUP BY customer) q;
SELECT count(f) FROM (SELECT stage_funnel(customer, at, event, NULL, 1, 'purchase') AS f FROM shop_events) q;
SELECT count(f) FROM (SELECT stage_funnel(customer, at, event, 'web', 'visit -> purchase') AS f FROM shop_events) q;
SELECT count(f) FROM (SELECT stage_funnel(customer, at, event, 'web', 'visit@web') AS f FROM shop_events) q;
\echo a notice comes once a call: not once a partition; two calls have one each
CREATE TABLE by_event (customer text, at timestamptz, event text, country int) PARTITION BY LIST (country);
CREATE TABLE by_event1 PARTITION OF by_event FOR VALUES IN (1);
CREATE TABLE by_event2 PARTITION OF by_event FOR VALUES IN (2);
CREATE TABLE by_event3 PARTITION OF by_event FOR VALUES IN (3);
INSERT INTO by_event SELECT customer, at, event, country FROM shop_events, generate_series(1, 3) country;
SET enable_partitionwise_aggregate = on;
SELECT country, cardinality(stage_funnel(customer, at, event, 'visit -> refund')) AS steps FROM by_event GROUP BY country ORDER BY country;
SELECT country, cardinality(stage_funnel(customer, at, event, 'visit -> refund')) + cardinality(stage_funnel(customer, at, event, channel, 'refund')) AS steps
FROM (SELECT *, 'web' AS channel FROM by_event) q GROUP BY country ORDER BY country;
RESET enable_partitionwise_aggregate;
DROP TABLE by_event;
\echo customers and labels are compared as bytes, also where a collation that is not deterministic makes GROUP BY take them for equal
CREATE COLLATION ignore_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE cased (customer text COLLATE ignore_case, at timestamptz, event text COLLATE ignore_case, channel text COLLATE ignore_case);
INSERT INTO cased VALUES ('ann', '2026-03-02 09:00', 'visit', 'Web'), ('Ann', '2026-03-02 10:00', 'Visit', 'web'), ('ANN', '2026-03-02 11:00', 'visit', 'web');
SELECT count(*) AS groups, sum(f[1].customers) AS customers FROM (SELECT stage_funnel(customer, at, event, '*') AS f FROM cased GROUP BY customer) q;
SELECT f[1].customers FROM (SELECT stage_funnel((customer, customer::varchar), at, event, '*') AS f FROM cased) q;
SELECT f[1].customers, f[1].touchpoints FROM (SELECT stage_funnel(journey, 'visit' COLLATE ignore_case) AS f FROM (SELECT journey_agg(at, event, channel) AS journey FROM cased GROUP BY customer) j) q;
SELECT f[1].customers, f[1].touchpoints FROM (SELECT stage_funnel(lower(customer) COLLATE "C", at, lower(event), 'visit') AS f FROM cased) q;
SELECT label, customers FROM unnest((SELECT stage_funnel(customer, at, event, channel, '(visit|Visit) by channel') FROM cased)) f;
DROP TABLE cased;
DROP COLLATION ignore_case;
\echo times beyond the year 3000 are mostly milliseconds that were read as seconds, and a notice asks; once a call
SELECT count(f) FROM (SELECT stage_funnel(customer, to_timestamp(1000 * extract(epoch FROM at)), event, 'visit') AS f FROM shop_events GROUP BY customer) q;
SELECT count(f) FROM (SELECT stage_funnel(customer, to_timestamp(1000 * extract(epoch FROM at)), 'help', 'help') AS f FROM shop_events WHERE event = 'help') q;
SELECT count(f) FROM (SELECT stage_funnel(customer, '3001-01-01 00:00Z', event, 'visit') AS f FROM shop_events) q;
SELECT count(f) FROM (SELECT stage_funnel(customer, '3000-12-31 23:59:59.999999Z', event, 'visit') AS f FROM shop_events) q;

\echo a row without customer, time or event is no row
SELECT stage_funnel(customer, at, event, 'visit') FROM shop_events WHERE false;
SELECT stage_funnel(NULL::int, at, event, 'visit') FROM shop_events;
SELECT stage_funnel(customer, NULL, event, 'visit') FROM shop_events;
SELECT stage_funnel(customer, at, NULL, 'visit') FROM shop_events;
SELECT customers FROM unnest((SELECT stage_funnel(nullif(customer, 'ann'), at, nullif(event, 'cart'), 'visit -> cart -> purchase')
                              FROM shop_events));
\echo the columns of a row may be null
SELECT customers FROM unnest((SELECT stage_funnel((nullif(customer, 'ann'), NULL::int), at, event, 'visit -> purchase') FROM shop_events));

\echo nobody did anything the pattern names: zeros; by channel no label; by day the latest row still closes a day
SELECT customers FROM unnest((SELECT stage_funnel(customer, at, event, 'refund -> cart') FROM shop_events WHERE event = 'help'));
SELECT stage_funnel(customer, at, event, channel, 'refund by channel') FROM shop_events;
SELECT label, customers, complete FROM unnest((
    SELECT stage_funnel(customer, at, event, 'visit within 1 day by day') FROM (SELECT * FROM shop_events WHERE customer <> 'cid') s)) f;

\echo any type of customer that can be hashed: each of these tells four customers apart
CREATE FUNCTION visitors(key text) RETURNS TABLE (type text, visit bigint, cart bigint, purchase bigint) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT %L, f[1].customers, f[2].customers, f[3].customers FROM (
        SELECT stage_funnel(%s, at, event, ''visit -> cart? -> purchase'') AS f
        FROM (SELECT *, ascii(customer) AS n FROM shop_events) s) q', key, key);
END $$;
CREATE TYPE mood AS ENUM ('a', 'b', 'c', 'd');
CREATE TYPE person AS (name text, number int);
CREATE DOMAIN name_domain AS text CHECK (value <> '');
SELECT v.* FROM unnest(ARRAY['n', 'n::smallint', 'n::bigint', 'n::oid', 'chr(n)::mood', 'customer', 'customer::varchar(9)', 'customer::name',
    'customer::bpchar', 'customer::bytea', 'chr(n)::"char"', 'lpad(n::text, 32, ''0'')::uuid', 'n::numeric', 'n::real', 'n::float8',
    '''2026-01-01''::date + n', 'to_timestamp(n)', 'make_interval(mins => n)', 'ARRAY[n, NULL]', 'int4range(n, n + 1)', 'jsonb_build_array(n)',
    'customer::name_domain', '(n, ''x'')', '(customer, 1)::person', '(n::numeric, NULL::text, customer)', 'ROW(n)', '(n, (customer, 1)::person)']) k,
    visitors(k) v;
SELECT * FROM visitors('n > 97');
\echo equal values are one customer, however they are written
SELECT * FROM visitors($$CASE event WHEN 'cart' THEN 1.50 ELSE 1.5 END$$);
SELECT * FROM visitors($$CASE event WHEN 'cart' THEN '-0' ELSE '0' END::float8$$);
SELECT * FROM visitors($$(CASE event WHEN 'cart' THEN 1.50 ELSE 1.5 END, repeat('x', 3000))$$);
SELECT * FROM visitors($$CASE event WHEN 'cart' THEN 'x  ' ELSE 'x' END::bpchar$$);
\echo text is compared by bytes
SELECT * FROM visitors($$CASE event WHEN 'cart' THEN 'x' ELSE 'X' END$$);
\echo long and toasted customers
CREATE TABLE long_names AS SELECT repeat(customer, 5000) AS customer, at, event FROM shop_events;
SELECT customers FROM unnest((SELECT stage_funnel(customer, at, event, 'visit -> cart') FROM long_names));
SELECT customers FROM unnest((SELECT stage_funnel((customer, 1), at, event, 'visit -> cart') FROM long_names));

\echo types that cannot be hashed
SELECT stage_funnel(to_json(customer), at, event, 'visit') FROM shop_events;
SELECT stage_funnel(point(1, 1), at, event, 'visit') FROM shop_events;
SELECT stage_funnel((1, point(1, 1)), at, event, 'visit') FROM shop_events;
SELECT stage_funnel(s, at, event, 'visit') FROM (SELECT at, event, to_json(customer) AS document FROM shop_events) s;
SELECT stage_funnel((1, (2, 3)), at, event, 'visit') FROM shop_events;
\echo rows of one call must have the same columns
SELECT stage_funnel(CASE event WHEN 'cart' THEN row(1, 2) ELSE row(1, 'x'::text) END, at, event, 'visit -> cart') FROM shop_events;
SELECT customers FROM unnest((SELECT stage_funnel(CASE customer WHEN 'ann' THEN row(1, 2) ELSE row(3, 2) END, at, event, 'visit') FROM shop_events));

\echo bad rows, also where the pattern does not want them
SELECT stage_funnel(1, 'infinity', 'visit', 'visit');
SELECT stage_funnel(1, '-infinity', 'other', 'visit');
SELECT stage_funnel(1, now(), '', 'visit');
SELECT stage_funnel(1, now(), 'visit', NULL, 'NaN', 'visit');
SELECT stage_funnel(1, now(), 'other', NULL, 'Infinity', 'visit');
\echo bad patterns, also without rows that count
SELECT stage_funnel(1, now(), 'visit', NULL::text);
SELECT stage_funnel(1, now(), 'visit', 'visit -> ');
SELECT stage_funnel(NULL::int, now(), 'visit', 'visit witin 7 days');
SELECT stage_funnel(customer, at, event, 'visit -> ' || event) FROM shop_events;
SELECT q.event, s.customers FROM (SELECT event, stage_funnel(customer, at, event, '"' || event || '"') AS f FROM shop_events GROUP BY event) q
CROSS JOIN unnest(q.f) AS s ORDER BY q.event;
\echo not over a window
SELECT stage_funnel(customer, at, event, 'visit') OVER () FROM shop_events;

\echo FILTER, DISTINCT, ORDER BY, two calls in one query, and GROUP BY: each group sees its own rows only
SELECT customers FROM unnest((SELECT stage_funnel(customer, at, event, 'visit -> cart') FILTER (WHERE customer <> 'ann') FROM shop_events));
SELECT touchpoints FROM unnest((SELECT stage_funnel(DISTINCT customer, at, event, 'visit -> cart') FROM (TABLE shop_events UNION ALL TABLE shop_events) s));
SELECT customers FROM unnest((SELECT stage_funnel(customer, at, event, 'visit -> cart' ORDER BY value DESC) FROM shop_events));
SELECT a[1].customers AS visit, b[1].customers AS cart, c[2].customers AS again FROM (
    SELECT stage_funnel(customer, at, event, 'visit') AS a, stage_funnel(customer, at, event, 'cart') AS b,
           stage_funnel(customer, at, event, 'visit -> visit') AS c FROM shop_events) q;
-- which group lacks a label first is up to the plan, and so is the notice
SET client_min_messages = warning;
SELECT q.channel, s.customers FROM (SELECT channel, stage_funnel(customer, at, event, 'visit -> cart') AS f FROM shop_events GROUP BY ROLLUP (channel)) q
CROSS JOIN unnest(q.f) AS s ORDER BY q.channel, s.customers DESC;
RESET client_min_messages;

-- Many customers, in no order; 300 of them in each of 10 countries.
CREATE TABLE many_events AS
    SELECT c AS customer, c % 10 AS country, timestamptz '2026-01-01' + make_interval(hours => hashint8(c * 13 + i) & 255) AS at,
        (ARRAY['visit', 'view', 'cart', 'purchase', 'search'])[1 + (hashint8(c * 7 + i) & 1023) % 5] AS event,
        (ARRAY['web', 'app', 'ads', NULL])[1 + (hashint8(c * 99 + i) & 3)] AS channel, (hashint8(c + i) & 1023) / 10.0 AS value
    FROM generate_series(1, 3000) c, generate_series(1, 1 + c % 12) i ORDER BY hashint8(c * 64 + i);
ALTER TABLE many_events SET (parallel_workers = 2);
ANALYZE many_events;
CREATE TABLE event_parts (LIKE many_events) PARTITION BY RANGE (country);
CREATE TABLE event_parts1 PARTITION OF event_parts FOR VALUES FROM (0) TO (5);
CREATE TABLE event_parts2 PARTITION OF event_parts FOR VALUES FROM (5) TO (10);
INSERT INTO event_parts TABLE many_events;
ANALYZE event_parts;

-- Sums of values may differ in their last bits between plans, nothing else may.
CREATE FUNCTION rounded(f funnel_stage[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT string_agg((to_jsonb(s) || jsonb_build_object('step_value', round(s.step_value::numeric, 6)))::text, E'\n')
    FROM unnest(f) s
$$;
CREATE FUNCTION funnels(source text, key text) RETURNS text LANGUAGE sql
    RETURN format('SELECT country, rounded(stage_funnel(%s, at, event, channel, value,
        ''visit -> view? -> cart -> purchase within 5 days by channel'')) AS f FROM %s GROUP BY country', key, source);
CREATE TABLE reference AS
    SELECT country, rounded(stage_funnel(journey, 'visit -> view? -> cart -> purchase within 5 days by channel')) AS f FROM
        (SELECT customer, country, journey_agg(at, event, channel, value) AS journey FROM many_events GROUP BY customer, country) j
    GROUP BY country;
SELECT count(*), count(DISTINCT f), sum(length(f)) > 10000 AS "not empty" FROM reference;
-- What kind of plan it was, and how many groups differ from the reference.
CREATE FUNCTION differing(source text, key text, plan OUT text, groups OUT bigint, differing OUT bigint) LANGUAGE plpgsql AS $$
DECLARE
    line text;
    all_lines text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || funnels(source, key) LOOP
        all_lines := all_lines || line;
    END LOOP;
    plan := concat_ws(', ', CASE WHEN all_lines ~ 'Gather' THEN 'parallel' END, CASE WHEN all_lines ~ 'Append' THEN 'by partition' END,
        CASE WHEN all_lines ~ 'Partial' THEN 'combined' END,
        CASE WHEN all_lines ~ 'HashAggregate' THEN 'hashed' WHEN all_lines ~ 'GroupAggregate' THEN 'sorted' END);
    EXECUTE format('SELECT count(*), count(*) FILTER (WHERE q.f IS DISTINCT FROM r.f) FROM (%s) q FULL JOIN reference r USING (country)',
                   funnels(source, key)) INTO groups, differing;
END $$;

\echo hashed and sorted, in memory and spilled
SELECT k, d.* FROM unnest(ARRAY['customer', 'customer::text', '(customer::numeric, country)']) k, differing('many_events', k) d;
SET work_mem = '64kB';
SET enable_sort = off;
SELECT k, d.* FROM unnest(ARRAY['customer', 'customer::text', '(customer::numeric, country)']) k, differing('many_events', k) d;
RESET enable_sort;
SET enable_hashagg = off;
SELECT k, d.* FROM unnest(ARRAY['customer', 'customer::text', '(customer::numeric, country)']) k, differing('many_events', k) d;
RESET work_mem;
SELECT k, d.* FROM unnest(ARRAY['customer', 'customer::text', '(customer::numeric, country)']) k, differing('many_events', k) d;
RESET enable_hashagg;
\echo workers may read the rows, of any kind of customer, but one process collects and sorts them
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET cpu_tuple_cost = 1;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT stage_funnel(customer, at, event, channel, value, 'visit -> cart') FROM many_events;
SELECT k, d.* FROM unnest(ARRAY['customer', 'customer::text', '(customer::numeric, country)']) k, differing('many_events', k) d;
SET parallel_leader_participation = off;
SET work_mem = '64kB';
SELECT k, d.* FROM unnest(ARRAY['customer', 'customer::text', '(customer::numeric, country)']) k, differing('many_events', k) d;
RESET work_mem;
RESET parallel_leader_participation;
\echo by partition: in a process each, and one after the other
SET enable_partitionwise_aggregate = on;
SELECT k, d.* FROM unnest(ARRAY['customer', 'customer::text', '(customer::numeric, country)']) k, differing('event_parts', k) d;
SET max_parallel_workers_per_gather = 0;
SELECT k, d.* FROM unnest(ARRAY['customer', 'customer::text', '(customer::numeric, country)']) k, differing('event_parts', k) d;
\echo a group in which nothing was wanted comes first: the columns of an anonymous row are not known then
SET enable_hashagg = off;
SELECT g, f[1].customers FROM (
    SELECT country > 4 AS g, stage_funnel((customer, country), at, CASE WHEN country > 4 THEN event ELSE 'search' END, 'visit') AS f
    FROM many_events GROUP BY 1) q ORDER BY g;
SELECT count(DISTINCT customer) AS visitors FROM many_events WHERE event = 'visit' AND country > 4;
RESET ALL;
SET timezone = 'UTC';
SET max_parallel_workers_per_gather = 0;

\echo rescans: with other rows, and of the same groups once more
SELECT n, f[1].customers AS visit, f[2].customers AS cart FROM generate_series(1, 3) n,
    LATERAL (SELECT stage_funnel(customer, at, event, 'visit -> cart') AS f FROM many_events WHERE country < n) q;
SELECT n, f[1].customers AS visit, f[2].customers AS cart FROM generate_series(1, 3) n,
    LATERAL (SELECT stage_funnel(customer, at, event, CASE n WHEN 1 THEN 'visit -> cart' ELSE 'cart -> visit' END) AS f FROM many_events) q;
SET enable_material = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT n, count(*), sum(f[1].customers) AS visit FROM generate_series(1, 2) n LEFT JOIN
    (SELECT country, stage_funnel(customer, at, event, 'visit -> cart') AS f FROM many_events GROUP BY country) q ON q.country >= n
GROUP BY n ORDER BY n;
RESET enable_material;
RESET enable_hashjoin;
RESET enable_mergejoin;

\echo temporary files are used, and none is left: not after an error, and not after cancelling
CREATE TABLE own_customers AS SELECT c, timestamptz '2026-01-01' + make_interval(secs => c) AS at FROM generate_series(1, 40000) c;
SET work_mem = '64kB';
SELECT pg_stat_force_next_flush();
SELECT temp_files AS files_before FROM pg_stat_database WHERE datname = current_database() \gset
SELECT customers FROM unnest((SELECT stage_funnel(c, at, 'a', 'a -> a') FROM own_customers));
SELECT pg_stat_force_next_flush();
SELECT temp_files - :files_before AS files FROM pg_stat_database WHERE datname = current_database();
SELECT stage_funnel(c, CASE c WHEN 40000 THEN 'infinity' ELSE at END, 'a', 'a -> b') FROM own_customers;
SET statement_timeout = 300;
SELECT stage_funnel(a.c, a.at, 'a', 'a -> b') FROM own_customers a, own_customers b, own_customers c;
RESET statement_timeout;
SELECT count(*) FROM pg_ls_tmpdir();
\echo in a subtransaction that fails, and in a cursor
DO $$
BEGIN
    FOR n IN 1..3 LOOP
        BEGIN
            PERFORM stage_funnel(c, CASE c WHEN 20000 THEN 'infinity' ELSE at END, 'a', 'a -> b') FROM own_customers;
        EXCEPTION WHEN datetime_field_overflow THEN
            RAISE NOTICE 'refused';
        END;
    END LOOP;
END $$;
BEGIN;
DECLARE f CURSOR FOR SELECT n % 3 AS n, (stage_funnel(c, timestamptz '2026-01-01' + make_interval(secs => c), 'a', 'a -> a'))[1].customers
    FROM generate_series(1, 3) n, generate_series(1, 20000) c GROUP BY 1 ORDER BY 1;
FETCH f;
SAVEPOINT s;
SELECT 1 / 0;
ROLLBACK TO s;
FETCH f;
CLOSE f;
COMMIT;
SELECT count(*) FROM pg_ls_tmpdir();

\echo one huge customer, beside small ones, and every row a customer of its own
SELECT f[1].touchpoints, f[1].customers, f[2].customers, f[2].avg_seconds FROM (SELECT stage_funnel(1, timestamptz '2026-01-01' + make_interval(secs => c),
    CASE c % 2 WHEN 0 THEN 'a' ELSE 'b' END, 'b -> a') AS f FROM generate_series(1, 100000) c) q;
SELECT f[1].touchpoints, f[1].customers, f[2].customers, f[2].avg_seconds FROM (SELECT stage_funnel(CASE WHEN c % 10 = 0 THEN c ELSE 1 END,
    timestamptz '2026-01-01' + make_interval(secs => c), CASE c % 2 WHEN 0 THEN 'a' ELSE 'b' END, 'a -> b') AS f FROM generate_series(1, 100000) c) q;
SELECT f[1].touchpoints, f[1].customers, f[2].customers FROM (SELECT stage_funnel('customer ' || c,
    timestamptz '2026-01-01', 'a', 'a -> a') AS f FROM generate_series(1, 100000) c) q;
RESET work_mem;

\echo the largest and smallest of keys and times, and many labels
SELECT f[1].customers, f[2].customers, f[2].avg_seconds FROM (SELECT stage_funnel(k, t, e, 'a -> b') AS f FROM (VALUES
    (9223372036854775807, '4714-11-24 00:00+00 BC'::timestamptz, 'a'), (-9223372036854775808, '4714-11-24 00:00+00 BC', 'a'),
    (9223372036854775807, '294276-12-31 23:59:59.999999+00', 'b')) v(k, t, e)) q;
SELECT count(*), sum(customers), min(label), max(label) FROM unnest((
    SELECT stage_funnel(i % 7, '2026-01-01', 'e' || i, 'c' || lpad((i % 20000)::text, 5, '0'), 'e* by channel')
    FROM generate_series(1, 100000) i)) f;


\echo many groups, many patterns and many labels that nobody asks for take little memory beside the budget, here 8 MB
CREATE FUNCTION peak(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plan json;
    kilobytes bigint;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, FORMAT json) ' || query INTO plan;
    kilobytes := max(m[1]::bigint) FROM regexp_matches(plan::text, '"Peak Memory Usage": (\d+)', 'g') m;
    RETURN CASE WHEN kilobytes < 24 * 1024 THEN 'little' ELSE kilobytes || ' kB' END;
END $$;
-- the memory of what this query and this call know, while it runs
CREATE FUNCTION known() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT sum(used_bytes) / 1024 FROM pg_backend_memory_contexts WHERE name LIKE 'journey %');
END $$;
SET work_mem = '4MB';
SET hash_mem_multiplier = 2;
SET enable_sort = off;
SET max_parallel_workers_per_gather = 0;
SELECT peak($$SELECT count(f) FROM (SELECT stage_funnel(n / 300, timestamptz '2026-01-01' + make_interval(secs => n), 'a', 'a') AS f
    FROM generate_series(1, 900000) n GROUP BY n % 300) q$$);
SELECT count(f), max(known()) < 8192 AS little FROM (SELECT n, stage_funnel(n, timestamptz '2026-01-01', 'a', 'a -> b within ' || n || ' minutes') AS f
    FROM generate_series(1, 5000) n GROUP BY n OFFSET 0) q;
SELECT count(f), max(known()) < 2048 AS little FROM (SELECT stage_funnel(n, timestamptz '2026-01-01', 'https://shop.example/' || n, 'a') AS f
    FROM generate_series(1, 200000) n OFFSET 0) q;
SELECT count(f), max(known()) < 2048 AS little FROM generate_series(1, 100) n, LATERAL (
    SELECT stage_funnel(i, timestamptz '2026-01-01', 'a' || n || '_' || i || repeat('x', 40), 'a*') AS f FROM generate_series(1, 1000) i) q;
\echo what is looked for is found among them
SELECT f[1].customers, f[1].touchpoints, f[2].customers FROM (
    SELECT stage_funnel(i / 4, timestamptz '2026-01-01' + make_interval(secs => i), CASE i % 4 WHEN 1 THEN 'cart' WHEN 3 THEN 'pay' ELSE 'page ' || i END,
        CASE i % 4 WHEN 3 THEN 'web' ELSE 'c' || i END, 'cart@c* -> pay@web within 1 minute') AS f
    FROM generate_series(1, 400000) i) q;
RESET enable_sort;
RESET work_mem;
RESET hash_mem_multiplier;
RESET max_parallel_workers_per_gather;
DROP FUNCTION peak, known;

\echo row-level security hides rows from it
CREATE ROLE regress_journey_analyst;
GRANT SELECT ON shop_events TO regress_journey_analyst;
ALTER TABLE shop_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY web ON shop_events USING (channel = 'web');
SET ROLE regress_journey_analyst;
SELECT customers FROM unnest((SELECT stage_funnel(customer, at, event, 'visit -> cart -> purchase') FROM shop_events));
RESET ROLE;
DROP TABLE shop_events, many_events, event_parts, reference, long_names, own_customers;
DROP FUNCTION visitors, rounded, funnels, differing;
DROP TYPE mood, person;
DROP DOMAIN name_domain;
DROP ROLE regress_journey_analyst;
