-- A table of journeys as hard to carry as can be: labels in several scripts and
-- with every kind of quoting, long ones, ties, values, scores, extreme times, the
-- empty journey, nulls, a toasted one; and objects that use the functions.
CREATE TABLE shop (id int PRIMARY KEY, j journey);

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

CREATE INDEX ON shop (length(j));
CREATE INDEX ON shop (id) WHERE j ~ 'a -> b';
CREATE INDEX ON shop USING hash (j);
CREATE UNIQUE INDEX ON shop (j) WHERE length(j) < 5;
ALTER TABLE shop ADD COLUMN depth int GENERATED ALWAYS AS (reached(j, 'e1* -> e2* within 1 day')) STORED;
ALTER TABLE shop ADD CHECK (j !~ 'never_seen');
CREATE VIEW report AS
    SELECT s.* FROM (SELECT stage_funnel(j, 'e1* -> e2* within 1 day') AS f FROM shop) q, unnest(q.f) s;
CREATE MATERIALIZED VIEW stored_report AS SELECT stage_funnel(j, 'e1* -> e2* within 1 day') AS f FROM shop;
