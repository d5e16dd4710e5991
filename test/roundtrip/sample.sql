-- A table of journeys as hard to carry as can be: labels in several scripts and
-- with every kind of quoting, long ones, ties, values, scores, extreme times, the
-- empty journey, nulls, a toasted one; with them states of aggregates and arrays of
-- journeys; and objects that use the functions.
CREATE TABLE shop (id int PRIMARY KEY, j journey, state journey_tally, several journey[]);

INSERT INTO shop VALUES
    (1, NULL),
    (2, ''),
    (3, '2026-03-01 09:00:00+00 visit'),
    (4, '2026-03-01 09:00:00+00 review@tiktok, 2026-03-04 20:15:10.5+00 order@web =59.9 *4'),
    (5, '2026-03-01 09:00:00+00 "überprüfen"@"店舗 渋谷" =-0.1 *-1.5, 2026-03-01 09:00:00+00 "оплата"@"😀"'),
    (6, '2026-03-01 09:00:00.000001+00 "say ""hi"", then, leave" @"a@b" =1e300 *1e-300'),
    (7, '-4712-01-01 00:00:00+00 born, 2026-03-01 09:00:00+00 seen'),
    (8, '2026-03-01 09:00:00+00 a =0.1, 2026-03-01 09:00:00+00 a =0.2, 2026-03-01 09:00:00+00 a =0.2'),
    (9, '2026-03-01 09:00:00+00 "line
break	tab \ back"@" "');

INSERT INTO shop
SELECT 100 + customer,
       journey_agg('2026-01-01 00:00+00'::timestamptz + make_interval(secs => i * i % 7919),
                   repeat('e', 1 + i % 5) || i % 11, nullif('c' || i % 4, 'c0'),
                   CASE WHEN i % 3 = 0 THEN i / 8.0 END, CASE WHEN i % 5 = 0 THEN 1.0 / i END)
FROM generate_series(1, 20) AS customer, generate_series(1, customer * customer * 10) AS i
GROUP BY customer;

INSERT INTO shop
SELECT 200, journey_agg('2026-01-01 00:00+00'::timestamptz, repeat(md5(i::text), 300))
FROM generate_series(1, 30) AS i;

-- States: of several breakdowns, of sessions, of nobody, of every kind of counter at its limits, a toasted one.
CREATE AGGREGATE funnel_state(journey, text) (
    SFUNC = stage_funnel_transition, STYPE = journey_tally, COMBINEFUNC = journey_tally_combine, PARALLEL = SAFE);
CREATE AGGREGATE session_state(journey) (
    SFUNC = session_summary_transition, STYPE = journey_tally, COMBINEFUNC = journey_tally_combine, PARALLEL = SAFE);
CREATE AGGREGATE state_sum(journey_tally) (
    SFUNC = journey_tally_combine, STYPE = journey_tally, COMBINEFUNC = journey_tally_combine, PARALLEL = SAFE);

UPDATE shop SET state = funnel_state
FROM (VALUES (3, '* by channel'), (4, 'e1* -> e2* within 1 day by week'), (5, 'e1* -> !e3* -> e2*? -> e4 within 1 day'),
             (6, '(e1*|"оплата") -> "say ""hi"", then, leave"@* by channel')) AS p (at_id, pattern),
     LATERAL (SELECT funnel_state(j, pattern) FROM shop) AS f
WHERE id = at_id;
UPDATE shop SET state = (SELECT session_state(j) FROM shop) WHERE id = 7;
UPDATE shop SET state = 'tally 2 "x" 0 [] [] []' WHERE id = 1;
UPDATE shop SET state = (SELECT funnel_state('', 'e1 by channel')) WHERE id = 2;
UPDATE shop SET state = 'tally 2 "x" 0 ["arg" "\" "arg" "1"] [("all" 0 ["a" count "b" latest "c" latest]) ("row" 1 ["a" count "b" duration "c" sum "d" durations])] [("all" [] 9223372036854775807 none -9223372036854775807) ("row" [null] 1 (0 0) (0 0 0) []) ("row" ["a ""b"" é"] 0 (9223372036854775807 170141183460469231731687303715884105727) (3 -1.7976931348623157e+308 5e-324) [(1 0 0) (2 63 63) (3 64 64) (9223372036854775801 18446744073709551614 18446744073709551615)])]' WHERE id = 8;
UPDATE shop SET state = (SELECT funnel_state(own, 'e1* -> e2* within 1 day by day') FROM (SELECT j) AS s (own)) WHERE id BETWEEN 101 AND 120;
UPDATE shop SET state = (
    SELECT funnel_state(format('2026-01-01 00:00:00+00 a@%s, 2026-01-01 00:00:00.%s+00 b =%s', md5(i::text), lpad(i::text, 5, '0'), i)::journey,
                        'a -> b by channel')
    FROM generate_series(1, 1000) AS i) WHERE id = 200;

UPDATE shop SET several = '{}' WHERE id = 2;
UPDATE shop SET several = ARRAY[j, NULL, '', j || '2026-03-05 09:00:00+00 "a, {b}" =0.1'] WHERE id BETWEEN 3 AND 9;
UPDATE shop SET several = '[-1:1][2:3]={{NULL,""},{NULL,"2026-03-01 09:00:00+00 a"},{"",""}}' WHERE id = 101;
UPDATE shop SET several = (SELECT array_agg(j ORDER BY id) FROM shop) WHERE id = 200;

CREATE INDEX shop_length ON shop (length(j));
CREATE INDEX shop_matching ON shop (id) WHERE j ~ 'a -> b';
CREATE INDEX shop_hash ON shop USING hash (j);
CREATE INDEX shop_order ON shop (j) WHERE length(j) < 25;
CREATE UNIQUE INDEX shop_unique ON shop (j) WHERE length(j) < 5;
ALTER TABLE shop ADD COLUMN depth int GENERATED ALWAYS AS (reached(j, 'e1* -> e2* within 1 day')) STORED;
ALTER TABLE shop ADD CHECK (j !~ 'never_seen');
CREATE VIEW report AS
    SELECT * FROM unnest((SELECT stage_funnel(j, 'e1* -> e2* within 1 day') FROM shop));
CREATE MATERIALIZED VIEW stored_report AS SELECT stage_funnel(j, 'e1* -> e2* within 1 day') AS f FROM shop;
CREATE VIEW sessions_report AS SELECT s.* FROM (SELECT session_summary_final(state) AS f FROM shop WHERE id = 7) q CROSS JOIN unnest(q.f) AS s;
