-- Sessions: numbered by a window function, as rows of a journey, summed up.
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';
\pset null '(null)'

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
-- Minutes of one day as rows of one customer.
CREATE FUNCTION rows(VARIADIC minutes numeric[]) RETURNS TABLE (at timestamptz, n bigint) IMMUTABLE LANGUAGE sql AS $$
    SELECT timestamptz '2026-03-01 00:00+00' + make_interval(secs => m::double precision * 60), n
    FROM unnest(minutes) WITH ORDINALITY AS u(m, n)
$$;

\echo a gap of more than 30 minutes starts a session, one of exactly 30 does not
SELECT at, sessionize(at) OVER (ORDER BY at) FROM rows(0, 30, 60.1, 90.2);
\echo numbers start at 1 in each partition; the order of partitions does not matter
SELECT c, at, sessionize(at) OVER (PARTITION BY c ORDER BY at)
FROM (SELECT n % 2 AS c, at FROM rows(0, 5, 10, 100, 200, 300)) q ORDER BY c, at;
\echo the gap is to the microsecond; zero keeps one instant together
SELECT string_agg(sessionize::text, ' ' ORDER BY n)
FROM (SELECT n, sessionize(at, '1 minute') OVER (ORDER BY at) FROM rows(0, 1, 2.00000002, 3.00000002)) q;
SELECT string_agg(sessionize::text, ' ' ORDER BY n)
FROM (SELECT n, sessionize(at, '0') OVER (ORDER BY at, n) FROM rows(0, 0, 0.00000002, 1)) q;
\echo a session that would become longer than max_length ends; exactly as long stays; it may be shorter than the gap
SELECT string_agg(sessionize::text, ' ' ORDER BY n)
FROM (SELECT n, sessionize(at, max_length => '1 hour') OVER (ORDER BY at) FROM rows(0, 20, 40, 60, 61, 80, 121, 122)) q;
SELECT string_agg(sessionize::text, ' ' ORDER BY n)
FROM (SELECT n, sessionize(at, '1 day', '10 minutes') OVER (ORDER BY at) FROM rows(0, 5, 10, 11, 21, 22)) q;
SELECT string_agg(sessionize::text, ' ' ORDER BY n)
FROM (SELECT n, sessionize(at, '1 day', '0') OVER (ORDER BY at, n) FROM rows(0, 0, 1, 1)) q;
\echo start_new starts one at will, null does not; at the first row there is nothing to end
SELECT string_agg(sessionize::text, ' ' ORDER BY n)
FROM (SELECT n, sessionize(at, start_new => n IN (1, 3)) OVER (ORDER BY at) FROM rows(0, 1, 2, 3)) q;
SELECT string_agg(sessionize::text, ' ' ORDER BY n)
FROM (SELECT n, sessionize(at, start_new => CASE n WHEN 2 THEN NULL ELSE n = 4 END) OVER (ORDER BY at) FROM rows(0, 1, 2, 3)) q;
\echo the gap counts from the session that start_new began, and so does max_length
SELECT string_agg(sessionize::text, ' ' ORDER BY n)
FROM (SELECT n, sessionize(at, '30 minutes', '40 minutes', n = 2) OVER (ORDER BY at) FROM rows(0, 20, 45, 60, 61)) q;
\echo rows without a time have the number of the session they stand in, and no influence, whatever else they say
SELECT at, sessionize(at, start_new => at IS NULL) OVER (ORDER BY n)
FROM (VALUES (1, NULL), (2, '2026-03-01 10:00Z'::timestamptz), (3, NULL), (4, '2026-03-01 10:20Z'), (5, '2026-03-01 11:00Z'), (6, NULL)) v(n, at);
SELECT sessionize(NULL::timestamptz) OVER () FROM generate_series(1, 2);
\echo times from one end to the other
SELECT at, sessionize(at, '106751991 days') OVER (ORDER BY at), sessionize(at, '0') OVER (ORDER BY at)
FROM (VALUES ('-infinity'::timestamptz), ('-infinity'), ('4713-01-01 00:00+00 BC'), ('294276-12-31 00:00Z'), ('infinity'), ('infinity')) v(at);
\echo a day is 24 hours, also when clocks change
SET timezone = 'Europe/Berlin';
SELECT at, sessionize(at, '1 day') OVER (ORDER BY at), sessionize(at, '23 hours') OVER (ORDER BY at)
FROM (VALUES ('2026-03-28 12:00 Europe/Berlin'::timestamptz), ('2026-03-29 12:00 Europe/Berlin'), ('2026-10-24 12:00 Europe/Berlin'), ('2026-10-25 12:00 Europe/Berlin')) v(at);
SET timezone = 'UTC';
\echo the configuration may differ from row to row
SELECT string_agg(sessionize::text, ' ' ORDER BY n)
FROM (SELECT n, sessionize(at, CASE WHEN n = 3 THEN interval '1 minute' ELSE '1 hour' END,
                           CASE WHEN n = 5 THEN interval '3 minutes' END) OVER (ORDER BY at) FROM rows(0, 5, 10, 15, 20)) q;
\echo one that is the same in all rows may come from a parameter
PREPARE by_gap(interval) AS SELECT max(s) FROM (SELECT sessionize(at, $1) OVER (ORDER BY at) AS s FROM rows(0, 10, 30)) q;
SET plan_cache_mode = force_generic_plan;
EXECUTE by_gap('10 minutes');
EXECUTE by_gap('1 minute');
EXECUTE by_gap('1 hour');
RESET plan_cache_mode;
\echo a campaign that changes, and midnight, as the start of a session
SELECT at, campaign, sessionize(at, start_new => campaign IS DISTINCT FROM previous) OVER (ORDER BY at)
FROM (SELECT at, campaign, lag(campaign) OVER (ORDER BY at) AS previous
      FROM (SELECT at, (ARRAY['spring', 'spring', 'summer', 'summer'])[n] AS campaign FROM rows(0, 5, 10, 15)) q) q;
SELECT at, sessionize(at, start_new => at::date <> previous) OVER (ORDER BY at)
FROM (SELECT at, lag(at::date) OVER (ORDER BY at) AS previous FROM rows(1430, 1439, 1440, 1445)) q;
\echo the same in every frame
SELECT string_agg(format('%s%s%s', a, b, c), ' ' ORDER BY n)
FROM (SELECT n, sessionize(at) OVER (ORDER BY at) AS a, sessionize(at) OVER (ORDER BY at ROWS 1 PRECEDING) AS b,
             sessionize(at) OVER (ORDER BY at RANGE BETWEEN '1 hour' PRECEDING AND '1 hour' FOLLOWING EXCLUDE CURRENT ROW) AS c
      FROM rows(0, 10, 50, 55, 100)) q;

\echo numbers never fall, and the planner knows: it stops early
CREATE FUNCTION run_condition(condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN SELECT * FROM (SELECT at, sessionize(at, max_length => ''1 day'') OVER (ORDER BY at) AS session FROM rows(0, 60)) q WHERE '
        || condition
    LOOP
        IF line ~ 'Run Condition' THEN
            RETURN substring(line FROM 'Run Condition: \(sessionize\(.*\) OVER \S+ (.*)\)$');
        END IF;
    END LOOP;
    RETURN 'none';
END $$;
SELECT run_condition('session = 1'), run_condition('session <= 3'), run_condition('session < 3'), run_condition('session > 1');
SELECT count(*) FROM (SELECT sessionize(at) OVER (ORDER BY at) AS session FROM rows(0, 1, 60, 61, 120)) q WHERE session <= 2;
SELECT count(*) FROM (SELECT sessionize(at) OVER (ORDER BY at) AS session FROM rows(0, 1, 60, 61, 120)) q WHERE session = 2;

\echo what it refuses
SELECT refusal('SELECT sessionize(now())');
SELECT refusal($$SELECT sessionize(at) OVER (ORDER BY at DESC) FROM rows(0, 1)$$);
\echo IGNORE NULLS, which PostgreSQL knows since 19, is refused
SELECT refusal($$SELECT sessionize(at) IGNORE NULLS OVER (ORDER BY at) FROM rows(0, 1)$$) ~
	CASE WHEN current_setting('server_version_num')::integer < 190000 THEN '42601 syntax error' ELSE '0A000 function sessionize does not allow' END AS refused;
SELECT refusal($$SELECT sessionize(at) OVER (ORDER BY n) FROM rows(5, 4)$$);
SELECT refusal($$SELECT sessionize(at, NULL) OVER (ORDER BY at) FROM rows(0)$$);
SELECT refusal($$SELECT sessionize(at, '-1 second') OVER (ORDER BY at) FROM rows(0)$$);
SELECT refusal($$SELECT sessionize(at, '1 month') OVER (ORDER BY at) FROM rows(0)$$);
SELECT refusal($$SELECT sessionize(at, '1 year -12 months 1 hour') OVER (ORDER BY at) FROM rows(0)$$);
SELECT refusal($$SELECT sessionize(at, '106751992 days') OVER (ORDER BY at) FROM rows(0)$$);
SELECT refusal($$SELECT sessionize(at, max_length => '-1 day') OVER (ORDER BY at) FROM rows(0)$$);
SELECT refusal($$SELECT sessionize(at, max_length => '2 years') OVER (ORDER BY at) FROM rows(0)$$);
SELECT refusal($$SELECT sessionize(at) FILTER (WHERE true) OVER (ORDER BY at) FROM rows(0)$$);
\echo days and hours may have different signs, as long as the whole has not
SELECT max(s) FROM (SELECT sessionize(at, '1 day -23 hours -30 minutes') OVER (ORDER BY at) s FROM rows(0, 30)) q;

\echo the sessions of a journey as rows
SELECT s.* FROM sessionize('2026-03-01 09:00Z visit@ads =1.5, 2026-03-01 09:30Z view@web, 2026-03-01 09:30Z view@app =2, 2026-03-01 10:01Z purchase =7'::journey) AS s;
\echo entry and exit at one instant are the first and the last in the order of the journey
SELECT s.entry_event, s.exit_event, s.entry_channel, s.channels, s.bounced, s.seconds FROM sessionize('2026-03-01 09:00Z b@x, 2026-03-01 09:00Z a'::journey) AS s;
\echo one touchpoint, none, and no journey
SELECT s.* FROM sessionize('2026-03-01 09:00Z visit'::journey) AS s;
SELECT s.* FROM sessionize(''::journey) AS s;
SELECT s.* FROM sessionize(NULL::journey) AS s;
\echo gap and length; named arguments; scores stay
SELECT s.session, s.touchpoints, s.journey FROM sessionize('2026-03-01 09:00Z a *3, 2026-03-01 09:02Z b, 2026-03-01 09:04Z c *1, 2026-03-01 09:09Z d'::journey, max_length => '3 minutes', gap => '4 minutes') AS s;
\echo the journeys of all sessions are the journey
SELECT j = (SELECT journey_agg(journey) FROM sessionize(j, '1 minute')) FROM (SELECT '2026-03-01 09:00Z a@x =1, 2026-03-01 09:02Z b *3, 2026-03-01 09:04Z c@y'::journey AS j) q;
\echo what it refuses, also for no journey
SELECT refusal($$SELECT sessionize(''::journey, NULL)$$);
SELECT refusal($$SELECT sessionize(''::journey, '1 month')$$);
SELECT refusal($$SELECT sessionize(NULL::journey, '-1 s')$$);
SELECT refusal($$SELECT sessionize(''::journey, '1 s', '-1 s')$$);
SELECT refusal($$SELECT * FROM sessionize('2026-03-01 09:00Z a =1.7e308, 2026-03-01 09:00Z a =1.6e308'::journey)$$);

\echo a summary, derived by hand: sessions of 2, 1, 1 and 3 touchpoints, of 600, 0, 0 and 1200 seconds
CREATE TABLE journeys (customer int, journey journey);
INSERT INTO journeys VALUES
    (1, '2026-03-01 09:00Z a =1, 2026-03-01 09:10Z b =0.25, 2026-03-01 12:00Z a'),
    (2, '2026-03-01 09:00Z a'),
    (3, '2026-03-01 09:00Z a, 2026-03-01 09:10Z a, 2026-03-01 09:20Z a =5');
\x on
SELECT * FROM unnest((SELECT session_summary(journey) FROM journeys));
\echo with a gap: sessions of 1, 1, 1, 1, 1, 1 and 1; an interval of the same length is the same gap
SELECT s.sessions, s.bounce_rate, s.avg_seconds FROM unnest((SELECT session_summary(journey, '599 seconds') FROM journeys)) AS s;
\x off
SELECT session_summary(journey, CASE customer WHEN 1 THEN interval '1 day' ELSE interval '24 hours' END) = session_summary(journey, '1 day') FROM journeys;
\echo empty journeys are no customers with a session; no rows, and none but null, give null
INSERT INTO journeys VALUES (4, ''), (5, NULL);
SELECT s.customers, s.sessions, s.sessions_per_customer FROM unnest((SELECT session_summary(journey) FROM journeys)) AS s;
SELECT * FROM unnest((SELECT session_summary(journey) FROM journeys WHERE customer = 4));
SELECT session_summary(journey) FROM journeys WHERE customer = 5;
SELECT session_summary(journey) FROM journeys WHERE false;
\echo by group; over a window; the median of an even number of sessions is the lower of the middle ones
SELECT q.customer, s.sessions, s.median_seconds, s.p90_touchpoints
FROM (SELECT customer, session_summary(journey) AS f FROM journeys GROUP BY customer) q CROSS JOIN unnest(q.f) AS s ORDER BY q.customer;
SELECT customer, (session_summary(journey) OVER (ORDER BY customer))[1].sessions FROM journeys ORDER BY customer;
\echo in parts: what workers do
CREATE AGGREGATE part(journey, interval) (SFUNC = session_summary_transition, STYPE = journey_tally);
CREATE AGGREGATE whole(journey_tally) (SFUNC = journey_tally_combine, STYPE = journey_tally, FINALFUNC = session_summary_final);
SELECT (SELECT whole(p) FROM (SELECT part(journey, '30 minutes') AS p FROM journeys GROUP BY customer) q)
    = (SELECT session_summary(journey) FROM journeys) AS same;
SELECT part(journey, '90 s')::text, part(journey, '0.5 ms')::text FROM journeys WHERE customer = 2;
CREATE TABLE many AS SELECT journey FROM journeys, generate_series(1, 2000) WHERE customer < 4;
ANALYZE many;
SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
EXPLAIN (COSTS OFF) SELECT session_summary(journey) FROM many;
SELECT s.customers, s.sessions, s.avg_seconds, s.value FROM unnest((SELECT session_summary(journey) FROM many)) AS s;
SET max_parallel_workers_per_gather = 0;
SELECT s.customers, s.sessions, s.avg_seconds, s.value FROM unnest((SELECT session_summary(journey) FROM many)) AS s;
\echo what it refuses
SELECT refusal($$SELECT session_summary(journey, NULL) FROM journeys$$);
SELECT refusal($$SELECT session_summary(journey, '1 month') FROM journeys$$);
SELECT refusal($$SELECT session_summary(journey, '-1 s') FROM journeys$$);
SELECT refusal($$SELECT session_summary(journey, customer * interval '1 s') FROM journeys$$);
\echo a forged state is an error: another gap text, and one of another aggregate
SELECT g, refusal(format('SELECT session_summary_final(%L)', replace(p, '90 s', g)))
FROM (SELECT part(journey, '90 s')::text AS p FROM journeys WHERE customer = 2) q, unnest('{"090 s","90","90 us s","-90 s","99999999999999999999 s","9223372036855 s","90000000 us","90 s ","91 s"}'::text[]) g;
SELECT refusal('SELECT stage_funnel_final(session_summary_transition(NULL, ''''))');

-- The keyed form: straight from rows.

\echo the keyed form: the rows of the journeys above, in another order; the same summary, and the same without values
CREATE TABLE visits (customer int, at timestamptz, event text, channel text, value double precision);
INSERT INTO visits VALUES
    (3, '2026-03-01 09:20Z', 'a', NULL, 5), (1, '2026-03-01 12:00Z', 'a', 'web', NULL), (3, '2026-03-01 09:00Z', 'a', '', NULL),
    (2, '2026-03-01 09:00Z', 'a', 'app', NULL), (1, '2026-03-01 09:10Z', 'b', 'web', 0.25), (3, '2026-03-01 09:10Z', 'a', 'web', NULL),
    (1, '2026-03-01 09:00Z', 'a', 'ads', 1);
\x on
SELECT * FROM unnest((SELECT session_summary(customer, at, event, channel, value, '30 minutes') FROM visits));
SELECT * FROM unnest((SELECT session_summary(customer, at, event, '30 minutes') FROM visits));
\x off
SELECT session_summary(customer, at, event, channel, value, '30 minutes') = (SELECT session_summary(journey) FROM journeys) AS same FROM visits;
\echo a gap of exactly 10 minutes stays, a longer one does not; there is no usual gap
SELECT (session_summary(customer, at, event, '10 minutes'))[1].sessions, (session_summary(customer, at, event, '599.999999 s'))[1].sessions FROM visits;
SELECT left(refusal('SELECT session_summary(customer, at, event) FROM visits'), 5);
\echo one touchpoint
\x on
SELECT * FROM unnest((SELECT session_summary(customer, at, event, channel, value, '30 minutes') FROM visits WHERE customer = 2));
\x off
\echo one instant is one session, also with a gap of zero; which of its rows comes first does not matter
SELECT gap, s.customers, s.sessions, s.touchpoints, s.p90_touchpoints, s.p90_seconds, s.bounced, s.value FROM unnest('{0,1 us}'::interval[]) AS gap,
    LATERAL unnest((SELECT session_summary(1, t, e, c, v, gap) FROM (VALUES ('2026-03-01 09:00:00.000001Z'::timestamptz, 'a', 'x', 4),
        ('2026-03-01 09:00Z', 'b', 'x', 1), ('2026-03-01 09:00Z', 'a', NULL, NULL), ('2026-03-01 09:00Z', 'a', 'x', 2)) v(t, e, c, v))) AS s;
\echo rows without customer, time or event are no rows: they keep no session alive and have no value; no rows give null
SELECT s.customers, s.sessions, s.touchpoints, s.value FROM unnest((SELECT session_summary(c, t, e, 'x', v, '30 minutes') FROM
    (VALUES (1, '2026-03-01 09:00Z'::timestamptz, 'a', 1), (NULL, '2026-03-01 09:20Z', 'a', 2), (1, NULL, 'a', 4), (1, '2026-03-01 09:20Z', NULL, 8),
            (1, '2026-03-01 09:40Z', 'a', 16)) v(c, t, e, v))) AS s;
SELECT session_summary(NULL::int, at, event, '30 minutes'), session_summary(customer, NULL, event, '30 minutes'),
    session_summary(customer, at, NULL, 'x', 1, '30 minutes') FROM visits;
SELECT session_summary(customer, at, event, '30 minutes') FROM visits WHERE false;
SELECT * FROM unnest((SELECT session_summary(customer, at, event, '30 minutes') FROM visits WHERE false));
\echo the columns of a row may be null; FILTER, DISTINCT; by group, each of which sees its own rows
SELECT s.customers, s.sessions FROM unnest((SELECT session_summary((nullif(customer, 2), NULL::text), at, event, '30 minutes') FROM visits)) AS s;
SELECT (session_summary(customer, at, event, '1 hour') FILTER (WHERE event = 'a'))[1].touchpoints,
    (session_summary(DISTINCT customer, at, event, '1 hour'))[1].touchpoints AS "distinct" FROM (TABLE visits UNION ALL TABLE visits) q;
SELECT q.customer, s.customers, s.sessions, s.median_seconds, s.p90_touchpoints, s.value
FROM (SELECT customer, session_summary(customer, at, event, channel, value, '30 minutes') AS f FROM visits GROUP BY ROLLUP (customer)) q
CROSS JOIN unnest(q.f) AS s ORDER BY q.customer;
\echo gaps that differ from group to group, but not within one
SELECT q.customer, s.sessions FROM (SELECT customer, session_summary(customer, at, event, customer * interval '5 minutes') AS f FROM visits GROUP BY customer) q
CROSS JOIN unnest(q.f) AS s ORDER BY q.customer;
SELECT session_summary(customer, at, event, CASE customer WHEN 1 THEN interval '1 day' ELSE interval '24 hours' END)
    = session_summary(customer, at, event, '1 day') AS same FROM visits;
SELECT refusal($$SELECT session_summary(customer, at, event, customer * interval '1 s' ORDER BY customer) FROM visits$$);
\echo what else it refuses: gaps, also if the row is skipped, but not without any row
SELECT refusal($$SELECT session_summary(customer, at, event, NULL) FROM visits$$);
SELECT refusal($$SELECT session_summary(NULL::int, at, event, channel, value, NULL) FROM visits$$);
SELECT refusal($$SELECT session_summary(customer, at, event, NULL) FROM visits WHERE false$$);
SELECT refusal($$SELECT session_summary(customer, at, event, '-1 s') FROM visits$$);
SELECT refusal($$SELECT session_summary(customer, at, event, '1 month') FROM visits$$);
SELECT refusal($$SELECT session_summary(customer, at, event, '106751992 days') FROM visits$$);
-- before PostgreSQL 17 no interval is infinite: it says so itself
SELECT refusal($$SELECT session_summary(customer, at, event, 'infinity') FROM visits$$) IN
    ('22023 gap must be finite. It is infinity.', '22007 invalid input syntax for type interval: "infinity"') AS refused;
\echo rows: a time that is infinite, an event that is empty, a value that is no number; customers without a hash
SELECT refusal($$SELECT session_summary(1, 'infinity', 'a', '30 minutes')$$);
SELECT refusal($$SELECT session_summary(1, '-infinity', 'a', 'x', 1, '30 minutes')$$);
SELECT refusal($$SELECT session_summary(1, now(), '', '30 minutes')$$);
SELECT refusal($$SELECT session_summary(1, now(), 'a', 'x', 'NaN', '30 minutes')$$);
SELECT refusal($$SELECT session_summary(to_json(customer), at, event, '30 minutes') FROM visits$$);
SELECT refusal($$SELECT session_summary(1, now(), 'a', 'x', v, '30 minutes') FROM unnest('{1.7e308,1.6e308}'::float8[]) v$$);
\echo not over a window
SELECT refusal($$SELECT session_summary(customer, at, event, '30 minutes') OVER () FROM visits$$);
SELECT refusal($$SELECT session_summary(customer, at, event, channel, value, '30 minutes') OVER () FROM visits$$);
\echo a row type that was altered, also back again, is an error in both forms
BEGIN;
ALTER TYPE session_stats ADD ATTRIBUTE more text;
SELECT refusal($$SELECT session_summary(customer, at, event, '30 minutes') FROM visits$$);
SELECT refusal($$SELECT session_summary(journey) FROM journeys$$);
ALTER TYPE session_stats DROP ATTRIBUTE more;
SELECT refusal($$SELECT session_summary(customer, at, event, '30 minutes') FROM visits$$);
ROLLBACK;
BEGIN;
ALTER TYPE session_stats DROP ATTRIBUTE bounced;
SELECT refusal($$SELECT session_summary(customer, at, event, '30 minutes') FROM visits$$);
ROLLBACK;
SELECT (session_summary(customer, at, event, '30 minutes'))[1].sessions FROM visits;

-- 20 000 rows of 3000 customers in no order, those of each in one of 5 countries.  Sums of values are exact.
CREATE TABLE many_visits AS
SELECT customer, customer % 5 AS country, timestamptz '2026-03-01 00:00Z' + make_interval(mins => hashint4(n * 7) % 3000) AS at, 'e' || n % 5 AS event,
    (ARRAY['web', 'app', '', NULL])[1 + n % 4] AS channel, CASE WHEN n % 3 = 0 THEN n % 100 / 4.0 END AS value
FROM generate_series(1, 20000) AS n, LATERAL (SELECT (hashint4(n) & 65535) % 3000 AS customer) c;
ALTER TABLE many_visits SET (parallel_workers = 2);
ANALYZE many_visits;
CREATE TABLE reference AS
SELECT country, session_summary(with_value, '12 hours') AS with_value, session_summary(without, '12 hours') AS without
FROM (SELECT customer, country, journey_agg(at, event, channel, value) AS with_value, journey_agg(at, event) AS without
      FROM many_visits GROUP BY customer, country) j
GROUP BY ROLLUP (country);
SELECT country, s.customers, s.sessions, s.touchpoints, s.value FROM reference, unnest(with_value) AS s ORDER BY country;
SELECT count(DISTINCT customer) AS customers, count(DISTINCT (customer, session)) AS sessions, count(*) AS touchpoints, sum(value)::float8 AS value
FROM (SELECT *, sessionize(at, '12 hours') OVER (PARTITION BY customer ORDER BY at) AS session FROM many_visits) q;
-- What kind of plan it is, with one group and with one for each country, and how many of these six groups differ from the journey form.
CREATE FUNCTION differing(key text, plan OUT text, groups OUT bigint, differing OUT bigint) LANGUAGE plpgsql AS $$
DECLARE
    query text; line text; lines text; more bigint; more_differing bigint;
BEGIN
    plan := ''; groups := 0; differing := 0;
    FOREACH query IN ARRAY ARRAY['NULL::int AS country, %s FROM many_visits', 'country, %s FROM many_visits GROUP BY country'] LOOP
        query := 'SELECT ' || format(query, format('session_summary(%1$s, at, event, channel, value, ''12 hours'') AS with_value,
            session_summary(%1$s, at, event, ''12 hours'') AS without', key));
        lines := '';
        FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
            lines := lines || line;
        END LOOP;
        plan := concat_ws(', ', nullif(plan, ''), CASE WHEN lines ~ 'Aggregate.*Gather' THEN 'workers read' ELSE 'serial' END);
        EXECUTE format('SELECT count(*), count(*) FILTER (WHERE (q.with_value, q.without) IS DISTINCT FROM (r.with_value, r.without))
            FROM (%s) q LEFT JOIN reference r ON q.country IS NOT DISTINCT FROM r.country', query) INTO more, more_differing;
        groups := groups + more;
        differing := differing + more_differing;
    END LOOP;
END $$;
\echo many customers, of each kind: the same as the journey form
SELECT k, d.* FROM unnest('{customer,customer::text,"(customer, country)"}'::text[]) k, differing(k) d;
\echo spilled to temporary files, of which none is left
SET work_mem = '64kB';
SELECT pg_stat_force_next_flush();
SELECT temp_files AS files_before FROM pg_stat_database WHERE datname = current_database() \gset
SELECT (session_summary(customer, at, event, channel, value, '12 hours'))[1].sessions FROM many_visits;
SELECT pg_stat_force_next_flush();
SELECT temp_files > :files_before AS spilled FROM pg_stat_database WHERE datname = current_database();
SELECT k, d.* FROM unnest('{customer,customer::text,"(customer, country)"}'::text[]) k, differing(k) d;
SELECT count(*) FROM pg_ls_tmpdir();
\echo workers may read the rows, and one process collects them, spilled and in memory
SET max_parallel_workers_per_gather = 2; SET parallel_tuple_cost = 0.1; SET cpu_tuple_cost = 1;
SELECT k, d.* FROM unnest('{customer,customer::text,"(customer, country)"}'::text[]) k, differing(k) d;
RESET work_mem;
SELECT k, d.* FROM unnest('{customer,customer::text,"(customer, country)"}'::text[]) k, differing(k) d;
RESET parallel_tuple_cost; RESET cpu_tuple_cost; SET max_parallel_workers_per_gather = 0;

\echo the journey form and the window form agree, and so does plain SQL
CREATE TABLE events AS
SELECT n % 97 AS customer, timestamptz '2026-03-01 00:00Z' + make_interval(mins => hashint4(n) % 5000) AS at, 'e' || n % 5 AS event
FROM generate_series(1, 20000) AS n;
WITH window_form AS (
    SELECT customer, session, min(at), max(at), count(*)
    FROM (SELECT *, sessionize(at, '20 minutes', '2 hours') OVER (PARTITION BY customer ORDER BY at) AS session FROM events) q
    GROUP BY 1, 2
), journey_form AS (
    SELECT customer, session::bigint, s.started_at, s.ended_at, s.touchpoints::bigint
    FROM (SELECT customer, journey_agg(at, event) AS j FROM events GROUP BY customer) q, sessionize(j, '20 minutes', '2 hours') AS s
)
SELECT (SELECT count(*) FROM window_form) > 1000 AS many, count(*) AS different
FROM (TABLE window_form EXCEPT TABLE journey_form UNION ALL (TABLE journey_form EXCEPT TABLE window_form)) d;

\echo times beyond the year 3000 are mostly milliseconds that were read as seconds: a notice asks, once a call
SELECT customer, sessionize(at) OVER (PARTITION BY customer ORDER BY at) AS session FROM (
    VALUES ('ada', to_timestamp(1772355600123)), ('ada', to_timestamp(1772359200123)), ('bo', to_timestamp(1772355600123))) v(customer, at);
SELECT s.sessions FROM unnest((SELECT session_summary(customer, at, 'visit', '30 minutes') FROM (VALUES (1, to_timestamp(1772355600123))) v(customer, at))) s;
SELECT sessionize(at) OVER (ORDER BY at) FROM (VALUES ('3000-12-31 23:59:59.999999Z'::timestamptz), (NULL), ('infinity')) v(at);

DROP TABLE journeys, many, visits, many_visits, reference, events;
DROP AGGREGATE part(journey, interval), whole(journey_tally);
DROP FUNCTION refusal, rows, run_condition, differing;
