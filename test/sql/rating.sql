-- Ratings: net promoter score, satisfaction, effort.  Numbers are derived by hand, or from formulas in plain SQL.
\pset null '(null)'
\pset format unaligned
\pset tuples_only on
SET extra_float_digits = 0;
CREATE SCHEMA rating;
SET search_path = rating, public;

CREATE FUNCTION refusal(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	hint text;
BEGIN
	EXECUTE query;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' / ', SQLSTATE || ' ' || SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;

\echo -- every rating once: 2 of 11 promote, 2 are passive, 7 detract, hence -500 / 11; 0.1964 and 0.5536 of 14, so -0.3571 +- 1.96 * 0.2109
SELECT nps(i) FROM generate_series(0, 10) i;
SELECT (nps_summary(i)).* FROM generate_series(0, 10) i;
\echo -- which is which, and between them: 9 and more, 7 and more, less
SELECT i, (s).promoters, (s).passives, (s).detractors FROM (SELECT i, nps_summary(i) AS s FROM unnest(ARRAY[0, 6, 6.9, 7, 8, 8.9, 9, 10]) i GROUP BY i) q ORDER BY i;
\echo -- one response, all alike, none in the middle: the ends stay within -100 and 100
SELECT i, (s).nps, (s).low, (s).high FROM (SELECT i, nps_summary(i) AS s FROM unnest(ARRAY[0, 8, 10]) i GROUP BY i) q ORDER BY i;
SELECT (nps_summary(10)).* FROM generate_series(1, 1000);
SELECT (nps_summary(i * 10)).* FROM generate_series(0, 1) i;
\echo -- 3 promoters, 1 passive, 2 detractors: 100 / 6
SELECT nps(r) FROM unnest(ARRAY[9, 10, 9, 7, 0, 6]) r;

\echo -- satisfied are 4 and 5 of 5, 6 and 7 of 7, 9 and 10 of 10
SELECT csat(i, 5), csat(i, 6), csat(i, 7), csat(i, 10) FROM generate_series(1, 5) i;
SELECT r, (s).satisfied FROM (SELECT r, csat_summary(r, 7) AS s FROM unnest(ARRAY[1, 5, 5.9, 6, 6.5, 7]) r GROUP BY r) q ORDER BY r;
\echo -- 8 of 10 satisfied: the interval of Wilson is known, 0.4902 to 0.9433
SELECT (csat_summary(CASE WHEN i <= 8 THEN 5 ELSE 3 END, 5)).* FROM generate_series(1, 10) i;
\echo -- none and all of four: 0 to 0.4899, 0.5101 to 1
SELECT (csat_summary(1, 3)).* FROM generate_series(1, 4);
SELECT (csat_summary(3, 3)).* FROM generate_series(1, 4);

\echo -- effort is a mean of whatever numbers
SELECT ces(r), ces(-r), ces(r * 1e6) FROM unnest(ARRAY[1, 2, 6]) r;

\echo -- nulls are skipped; without responses there is nothing
SELECT nps(r), csat(r, 5), ces(r), (nps_summary(r)).responses, (csat_summary(r, 5)).responses FROM unnest(ARRAY[5, NULL, 4, NULL]) r;
SELECT nps(r), csat(r, 5), ces(r), nps_summary(r), csat_summary(r, 5) FROM (VALUES (NULL::int), (NULL)) v(r);
SELECT nps(r), csat(r, 5), ces(r), nps_summary(r), csat_summary(r, 5) FROM (VALUES (1)) v(r) WHERE false;
SELECT (nps_summary(r)).*, (csat_summary(r, 5)).* FROM (VALUES (1)) v(r) WHERE false;
\echo -- any numeric column
SELECT nps(a), nps(b), nps(c), nps(d), nps(e), csat(a, 5), csat(b, 5::smallint), ces(d) FROM (VALUES (1::smallint, 4::int, 5::bigint, 1.5::numeric, 2.5::real)) v(a, b, c, d, e);

\echo -- outside the scale: named, whatever else there is
SELECT q, refusal('SELECT ' || q || ' FROM (VALUES (1), (NULL)) v(r)') FROM unnest(ARRAY['nps(r + 10)', 'nps(-r)', 'nps(r + 9.000001)', 'nps_summary(''NaN''::float8 * r)', 'nps(''Infinity''::float8 * r)',
	'csat(r - 1, 5)', 'csat(r + 5, 5)', 'csat_summary(r + 0.5 * r, 5), csat(r * 5.01, 5)', 'csat(''NaN'', 5)', 'csat(r, NULL)', 'csat(NULL, NULL)', 'csat(NULL, 2)', 'csat(r, 2)', 'csat(r, 0)', 'csat_summary(r, -5)', 'csat(r, 4 + coalesce(r, 3))',
	'ces(''NaN''::float8)', 'ces(''-Infinity'' * r::float8)', 'nps(r)']) q;

\echo -- by group, with FILTER, DISTINCT, over a frame
CREATE TABLE answers AS SELECT i AS id, (ARRAY['web', 'app', 'store'])[1 + i % 3] AS channel, CASE WHEN i % 7 > 0 THEN (i * i + i / 11) % 11 END AS r FROM generate_series(1, 30000) i;
CREATE VIEW by_hand AS SELECT channel, count(r) AS n, count(*) FILTER (WHERE r >= 9) AS p, count(*) FILTER (WHERE r <= 6) AS d FROM answers GROUP BY channel;
SELECT channel, (nps_summary(r)).* FROM answers GROUP BY channel ORDER BY channel;
\echo -- the same in plain SQL, the interval by its formula
SELECT channel, n, p, n - p - d, d, round(100 * (p - d) / n::numeric, 9),
	round(100 * (m - 1.959963984540054 * sqrt(v)), 9), round(100 * (m + 1.959963984540054 * sqrt(v)), 9)
FROM by_hand, LATERAL (SELECT (p - d) / (n + 3::numeric)) m(m), LATERAL (SELECT ((p + d + 1.5) / (n + 3) - m * m) / (n + 3)) v(v) ORDER BY channel;
SELECT nps(r) FILTER (WHERE channel = 'web') = (SELECT 100 * (p - d) / n::float8 FROM by_hand WHERE channel = 'web'), nps(DISTINCT r), csat(r + 1, 11) = count(*) FILTER (WHERE r >= 9) / count(r)::float8, ces(r) = avg(r) FROM answers;
SELECT id, r, nps(r) OVER w, csat(r + 1, 11) OVER w, ces(r) OVER w, (nps_summary(r) OVER w).responses FROM answers WHERE id < 9 WINDOW w AS (ORDER BY id ROWS 1 PRECEDING) ORDER BY id;

\echo -- with workers: the same
CREATE TABLE serially AS SELECT channel, nps(r), nps_summary(r), csat(r + 1, 11), csat_summary(r + 1, 11), ces(r) FROM answers GROUP BY ROLLUP (channel);
ALTER TABLE answers SET (parallel_workers = 2);
ANALYZE answers;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT nps(r), nps_summary(r), csat(r, 11), csat_summary(r, 11), ces(r) FROM answers;
SELECT (SELECT row(nps(r), nps_summary(r), csat(r + 1, 11), csat_summary(r + 1, 11))::text FROM answers) = row(nps, nps_summary, csat, csat_summary)::text FROM serially WHERE channel IS NULL;
SELECT count(*) FROM serially s JOIN (SELECT channel, nps(r), nps_summary(r), csat(r + 1, 11), csat_summary(r + 1, 11), ces(r) FROM answers GROUP BY channel) q USING (channel)
WHERE row(s.nps, s.nps_summary, s.csat, s.csat_summary)::text = row(q.nps, q.nps_summary, q.csat, q.csat_summary)::text AND abs(s.ces - q.ces) < 1e-12;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;

\echo -- states: what is joined has one top, or none yet; an array of something else is none
SELECT csat_combine('{3,1,5}', '{4,2,5}'), csat_combine('{0,0,0}', '{4,2,5}'), csat_combine('{3,1,5}', '{0,0,0}'), nps_combine('{3,1,5}', '{4,2,7}'), csat_combine(NULL, '{1,1,5}');
SELECT q, refusal('SELECT ' || q) FROM unnest(ARRAY['csat_combine(''{3,1,5}'', ''{4,2,7}'')', 'nps_final(''{}'')', 'nps_final(''{1,2}'')', 'nps_final(''{1,2,3,4}'')', 'nps_final(''{{1,2,3}}'')', 'nps_final(''{1,NULL,3}'')', 'nps_final(''{1,-1,3}'')', 'nps_summary_final(''{-1,0,0}'')',
	'csat_final(''{1}'')', 'csat_summary_final(''{1,NULL,5}'')', 'nps_transition(''{1,2}'', 5)', 'csat_transition(''{1,2,-3}'', 5, 5)', 'nps_combine(''{1,2,3}'', ''{1}'')', 'csat_combine(''{1,2}'', ''{1,2,5}'')', 'nps_final(''[5:7]={1,2,3}'')', 'nps_final(''{9223372036854775807,0,0}'')', 'nps_final(''{3074457345618258602,3074457345618258602,3074457345618258602}'')']) q;
SELECT csat_transition(NULL, 5, 5), csat_transition('{0,0,0}', NULL, 5);
\echo -- a state that no aggregate owns stays as it is
SELECT s, nps_transition(s, 10), nps_combine(s, s), csat_transition(t, 5, 5), csat_combine(t, t), s, t FROM (VALUES ('{1,2,3}'::bigint[], '{3,1,5}'::bigint[])) v(s, t);

DROP TABLE serially;
\echo -- an altered row type
BEGIN;
ALTER TYPE nps_stats DROP ATTRIBUTE passives;
ALTER TYPE csat_stats ALTER ATTRIBUTE satisfied TYPE int;
SELECT q, refusal(q) FROM unnest(ARRAY['SELECT nps_summary(1)', 'SELECT csat_summary(1, 5)']) q;
ROLLBACK;

\echo -- ratings of journeys, by event and channel
SELECT event, channel, count(*), ces(score), csat(score + 3, 5) FROM unnest(ARRAY['2026-03-01 09:00Z order@web *2, 2026-03-02 09:00Z support@chat *-1'::journey, '2026-03-01 10:00Z order@web *1, 2026-03-03 09:00Z support@chat']) j, touchpoints(j) GROUP BY event, channel ORDER BY event;

\set VERBOSITY terse
DROP SCHEMA rating CASCADE;
