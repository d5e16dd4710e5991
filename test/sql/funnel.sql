-- stage_funnel: how many customers reached each step of a pattern.
\pset null '-'
SET timezone = 'UTC';

-- Four customers of a shop.  Ann buys, with an hour and two hours between
-- the steps.  Bob leaves his cart after half an hour.  Cid comes back to buy
-- eight days later, without a cart.  Dot only looks at the help pages.
CREATE TABLE shop (customer text, journey journey);
INSERT INTO shop VALUES
    ('ann', '2026-03-02 09:00:00+00 visit@web, 2026-03-02 10:00:00+00 cart@web =19.5, 2026-03-02 12:00:00+00 purchase@web =19.5'),
    ('bob', '2026-03-03 09:00:00+00 visit@ads, 2026-03-03 09:10:00+00 visit@ads, 2026-03-03 09:40:00+00 cart@app =5'),
    ('cid', '2026-03-10 09:00:00+00 visit, 2026-03-18 10:00:00+00 purchase =7'),
    ('dot', '2026-03-11 09:00:00+00 help@web');

\echo every column of the first step, by hand: 3 of 4 customers visited, 4 times in all
\x
SELECT * FROM unnest((SELECT stage_funnel(journey, 'visit -> cart -> purchase within 7 days') FROM shop)) LIMIT 1;
\echo the second: ann 3600 s, bob 1800 s after the latest visit; the cart holds 19.5 + 5
SELECT * FROM unnest((SELECT stage_funnel(journey, 'visit -> cart -> purchase within 7 days') FROM shop)) OFFSET 1 LIMIT 1;
\echo the third: two purchases are seen, but that of cid belongs to no chain
SELECT * FROM unnest((SELECT stage_funnel(journey, 'visit -> cart -> purchase within 7 days') FROM shop)) OFFSET 2;
\x

\echo written as for groups, but without any
SELECT s.step, s.stage, s.customers FROM (SELECT stage_funnel(journey, 'visit -> cart') AS f FROM shop) q CROSS JOIN unnest(q.f) AS s;

\echo customers never rise; drop-off and rates follow from them
SELECT step, customers, drop_off, abs(drop_off_rate - (1 - conversion_from_previous)) < 1e-15 AS rate,
       conversion_from_start, conversion_from_previous
FROM unnest((SELECT stage_funnel(journey, 'visit -> cart -> purchase') FROM shop)) f;

\echo rows for all steps when nobody came that far, rates null when nobody started
SELECT step, stage, customers, conversion_from_start, conversion_from_previous, drop_off,
       drop_off_rate, touchpoints, step_value, conversion_low, conversion_high
FROM unnest((SELECT stage_funnel(journey, 'help -> cart -> refund') FROM shop)) f;
SELECT step, stage, customers, conversion_from_start, conversion_from_previous, drop_off,
       drop_off_rate, touchpoints
FROM unnest((SELECT stage_funnel(journey, 'refund -> cart') FROM shop)) f;

\echo 'the window is inclusive: 8 days and 1 hour after the visit is the last instant'
SELECT q.w, s.customers
FROM (SELECT w, stage_funnel(journey, 'visit -> purchase within ' || w) AS f
      FROM shop, unnest(ARRAY['193 hours', '11579 minutes 59 s']) w GROUP BY w) q CROSS JOIN unnest(q.f) AS s
ORDER BY q.w, s.step;

\echo NULLs: a null journey is no row; no rows, no answer; an empty journey is a row
SELECT stage_funnel(NULL::journey, 'visit');
SELECT stage_funnel(journey, 'visit') FROM shop WHERE false;
SELECT * FROM unnest((SELECT stage_funnel(journey, 'visit') FROM shop WHERE false));
SELECT step, customers, touchpoints FROM unnest((SELECT stage_funnel(j, 'visit') FROM
    (VALUES (NULL::journey), (''), (NULL)) v(j))) f;
SELECT customers FROM unnest((SELECT stage_funnel(j, 'visit') FROM
    (SELECT journey FROM shop UNION ALL SELECT NULL) v(j)));

\echo optional steps: skipped counts those who went on without; times run from the step matched before
SELECT step, stage, customers, skipped, touchpoints, avg_seconds, median_seconds_from_start
FROM unnest((SELECT stage_funnel(journey, 'visit -> cart? -> purchase') FROM shop)) f;
SELECT step, stage, customers, skipped, avg_seconds, median_seconds_from_start
FROM unnest((SELECT stage_funnel(journey, 'visit? -> cart -> refund?') FROM shop)) f;

\echo an exclusion in the middle is no step
SELECT step, stage, customers, touchpoints
FROM unnest((SELECT stage_funnel(journey, 'visit -> !cart -> purchase') FROM shop)) f;

\echo 'a trailing exclusion is: its times and values are null, its touchpoints those excluded'
SELECT step, stage, customers, touchpoints, avg_seconds, median_seconds, p90_seconds,
       median_seconds_from_start, step_value
FROM unnest((SELECT stage_funnel(journey, 'visit -> cart -> !purchase within 1 day') FROM shop)) f;
SELECT step, stage, customers, touchpoints
FROM unnest((SELECT stage_funnel(journey, 'visit -> !cart -> !purchase') FROM shop)) f;
\echo several are one step, and a touchpoint counts once for it
SELECT step, stage, customers, touchpoints
FROM unnest((SELECT stage_funnel(journey, 'visit -> !cart -> !*@app') FROM shop)) f;

\echo 'a set: 1 of 3, 2 of 3, 3 of 3, in any order'
SELECT step, stage, customers, touchpoints, avg_seconds, median_seconds_from_start
FROM unnest((SELECT stage_funnel(journey, 'purchase & visit & cart within 3 hours') FROM shop)) f;

\echo names: as, the label, the source
SELECT stage FROM unnest((SELECT stage_funnel(journey, 'visit as "Came by" -> (cart|refund) -> purchase@web') FROM shop));

\echo 'percentiles by nearest rank: ten customers who took 1 to 10 s'
SELECT avg_seconds, median_seconds, p90_seconds FROM unnest((
    SELECT stage_funnel(journey, 'a -> b') FROM (
        SELECT format('2026-01-01 00:00:00+00 a, 2026-01-01 00:00:%s+00 b', lpad(i::text, 2, '0'))::journey AS journey
        FROM generate_series(1, 10) i) j)) f WHERE step = 2;
\echo 'no time at all is exactly 0; and 1 us is not'
SELECT median_seconds, p90_seconds FROM unnest((
    SELECT stage_funnel(journey, 'a -> b') FROM (
        SELECT (CASE WHEN i <= 5 THEN '2026-01-01 00:00:00+00 a, 2026-01-01 00:00:00+00 b'
                ELSE '2026-01-01 00:00:00+00 a, 2026-01-01 00:00:00.000001+00 b' END)::journey AS journey
        FROM generate_series(1, 10) i) j)) f WHERE step = 2;
\echo 'many times, from microseconds to years: within 1 % of the exact percentiles'
CREATE TABLE times AS
    SELECT exp((hashint8(i)::float8 / 4294967296 + 0.5) * 34) / 1e6 AS seconds FROM generate_series(1, 20000) i;
WITH exact AS (
    SELECT percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY d) AS p, avg(d) AS average
    FROM (SELECT extract(epoch FROM timestamptz '2000-01-01' + make_interval(secs => seconds)
                                    - timestamptz '2000-01-01')::float8 AS d FROM times) t
), ours AS (
    SELECT * FROM unnest((SELECT stage_funnel(journey, 'a -> b') FROM (
        SELECT journey_agg(at, event) AS journey FROM times CROSS JOIN LATERAL (VALUES
            (timestamptz '2000-01-01', 'a'),
            (timestamptz '2000-01-01' + make_interval(secs => seconds), 'b')) e(at, event)
        GROUP BY seconds, times.ctid) j))
)
SELECT abs(median_seconds / p[1] - 1) < 0.01 AS median, abs(p90_seconds / p[2] - 1) < 0.01 AS p90,
       abs(avg_seconds / average - 1) < 1e-9 AS average,
       p[2] / p[1] > 1000 AS wide
FROM ours, exact WHERE step = 2;
\echo the longest time there is, more than 2^63 microseconds
SELECT avg_seconds, median_seconds, median_seconds_from_start FROM unnest((SELECT stage_funnel(
    '-4712-01-01 00:00:00+00 a, +294276-12-31 23:59:59+00 b', 'a -> b'))) f WHERE step = 2;

\echo 'values are summed without loss: 1e16 + 1 - 1e16 is 1'
SELECT step_value FROM unnest((SELECT stage_funnel(j, 'a') FROM (VALUES
    ('2026-01-01 00:00:00+00 a =1e16'::journey), ('2026-01-01 00:00:00+00 a =1'),
    ('2026-01-01 00:00:00+00 a'), ('2026-01-01 00:00:00+00 a =-1e16')) v(j))) f;
SELECT stage_funnel(j, 'a') FROM (VALUES ('2026-01-01 00:00:00+00 a =1.7e308'::journey),
    ('2026-01-01 00:00:00+00 a =1.7e308')) v(j);

\echo '95 % Wilson interval: 81 of 263 is 0.2553 to 0.3662 (Newcombe 1998, table I)'
SELECT step, round(conversion_low::numeric, 4) AS low, round(conversion_high::numeric, 4) AS high
FROM unnest((SELECT stage_funnel(CASE WHEN i <= 81 THEN '2026-01-01 00:00:00+00 a, 2026-01-02 00:00:00+00 b'
                                      ELSE '2026-01-01 00:00:00+00 a' END::journey, 'a -> b -> c')
             FROM generate_series(1, 263) i)) f;

-- by

\echo 'by channel of the first step, in byte order, none last; later steps are free'
SELECT label, step, stage, customers, touchpoints, complete
FROM unnest((SELECT stage_funnel(journey, 'visit -> cart -> purchase by channel') FROM shop)) f;
\echo a customer counts once for each label; from first, for one
SELECT q.p, s.label, s.customers, s.touchpoints FROM (
    SELECT p, stage_funnel('2026-01-01 00:00:00+00 a@y, 2026-01-02 00:00:00+00 a@"Z z", 2026-01-02 01:00:00+00 a@"Z z", 2026-01-03 00:00:00+00 b', p) AS f
    FROM unnest(ARRAY['a -> b by channel', 'a -> b from first by channel']) p GROUP BY p) q CROSS JOIN unnest(q.f) AS s
ORDER BY q.p, s.label COLLATE "C", s.step;
\echo nobody with a start: no labels, no rows
SELECT stage_funnel(journey, 'help -> visit by channel') FROM shop WHERE customer <> 'dot';
SELECT * FROM unnest((SELECT stage_funnel(journey, 'purchase -> visit by channel') FROM shop WHERE customer = 'dot'));

\echo 'by week: complete when the window of the week''s last instant has closed by the latest touchpoint, 18 March 10:00'
SELECT label, step, customers, complete
FROM unnest((SELECT stage_funnel(journey, 'visit -> purchase within 7 days by week') FROM shop)) f;
SELECT w, label, complete FROM unnest(ARRAY['2 days 10 hours', '2 days 10 hours 1 us', '2 days 10 hours 2 us']) w
    CROSS JOIN unnest((SELECT stage_funnel(journey, 'visit within ' || w || ' by week') FROM shop)) f;
\echo a month begins when its first midnight comes, which may come twice; and windows that end with time do so
SELECT label, customers FROM unnest((SELECT stage_funnel(journey, 'visit -> buy within 1 hour by month at "America/Havana"')
    FROM (VALUES ('2026-10-31 12:00Z visit, 2026-11-01 04:30Z visit, 2026-11-01 04:40Z buy'::journey)) AS v(journey))) q;
SELECT label, step, customers FROM unnest((SELECT stage_funnel(journey, 'visit -> buy from first by month')
    FROM (VALUES ('1980-01-01 00:00Z visit, +294276-12-31 00:00Z buy'::journey)) AS v(journey))) q;
\echo the latest touchpoint is the latest of all rows, whatever it is
SELECT label, complete FROM unnest((SELECT stage_funnel(journey, 'visit within 7 days by month')
    FROM (SELECT journey FROM shop UNION ALL SELECT '2026-04-07 23:59:59.999999+00 help') s)) f;
\echo by day in a zone; without a window nothing is complete
SELECT label, customers, complete FROM unnest((SELECT stage_funnel(journey,
    'visit from first by day at "Pacific/Auckland"') FROM (SELECT journey FROM shop UNION ALL
    SELECT '2026-03-02 11:00:00+00 visit') s)) f;
\echo dates are in the order of time, also before the year 1 and beyond 9999, and are read as such
SELECT label, label::date, customers FROM unnest((SELECT stage_funnel(journey, 'a from first by day') FROM
    (VALUES ('+12000-01-01 00:00:00+00 a'::journey), ('2026-01-01 00:00:00+00 a'), ('0999-12-31 00:00:00+00 a'),
     ('-0500-02-01 00:00:00+00 a'), ('0000-12-31 00:00:00+00 a'), ('-4712-01-01 00:00:00+00 a')) v(journey))) f;
SET datestyle = 'German, DMY';
SELECT p, label, label::date FROM unnest('{week,month}'::text[]) p CROSS JOIN LATERAL unnest((SELECT stage_funnel(journey, 'a from first by ' || p) FROM
    (VALUES ('+12000-02-29 00:00:00+00 a'::journey), ('0001-01-01 00:00:00+00 a'), ('0000-12-31 00:00:00+00 a')) v(journey))) f;
RESET datestyle;

\echo 'by hour, in a zone: the one that comes twice is two, told apart by their offsets; the last one is not over'
CREATE FUNCTION starts(journey, by text) RETURNS TABLE (label text, customers bigint, complete boolean) LANGUAGE sql AS $$
    SELECT label, customers, complete FROM unnest((SELECT stage_funnel($1, 'a within 0 s by ' || by)))
$$;
SELECT *, label::timestamptz FROM starts('2026-10-24 23:59Z a, 2026-10-25 00:00Z a, 2026-10-25 00:59:59.999999Z a, 2026-10-25 01:00Z a, 2026-10-25 02:30Z a', 'hour at "Europe/Berlin"');
SELECT * FROM starts('2026-03-29 00:30Z a, 2026-03-29 01:30Z a, 1969-12-31 23:59:59.999999Z a, 1970-01-01 00:00Z a', 'hour');
\echo hours of offsets that are no whole hours, of seconds west and east of Greenwich, and at the ends of time
SELECT * FROM starts('2026-03-01 09:14Z a, 2026-03-01 09:15Z a', 'hour at "Asia/Kathmandu"');
SELECT * FROM starts('1890-01-01 00:00Z a', 'hour at "Europe/Berlin"') UNION ALL SELECT * FROM starts('1880-01-01 00:00Z a', 'hour at "America/New_York"');
SELECT label, label::timestamptz FROM starts('-4712-01-01 00:00:00.5Z a, 0000-12-31 23:30Z a, +294276-12-31 23:59:59.999999Z a', 'hour') ORDER BY 2;
\echo clocks that are set by half an hour: each hour has one offset
SELECT * FROM starts('2026-04-04 14:30Z a, 2026-04-04 15:00Z a, 2026-04-04 15:30Z a, 2026-10-03 15:29Z a, 2026-10-03 15:30Z a, 2026-10-03 16:00Z a', 'hour at "Australia/Lord_Howe"');
\echo 'and once, at a minute past midnight, back to the day before, which then is not over before the second midnight'
SELECT * FROM starts('2005-10-30 02:30:30Z a, 2005-10-30 02:31Z a, 2005-10-30 03:29:59Z a, 2005-10-30 03:30Z a', 'hour at "America/St_Johns"');
SELECT * FROM starts('2005-10-30 02:30:30Z a, 2005-10-30 02:31Z a, 2005-10-30 03:30Z a', 'day at "America/St_Johns"');
SELECT * FROM starts('2005-10-30 02:30:30Z a', 'day at "America/St_Johns"');
\echo 'and forwards, at a minute past midnight: 0:01 to 1:01'
SELECT * FROM starts('2006-04-02 03:30:30Z a, 2006-04-02 03:31Z a, 2006-04-02 04:29Z a, 2006-04-02 04:30Z a', 'hour at "America/St_Johns"');
\echo by quarter and year, in UTC and in a zone that is an hour ahead of it
SELECT * FROM starts('2025-12-31 23:30Z a, 2026-01-01 00:00Z a, 2026-03-31 23:59:59.999999Z a, 2026-04-01 00:00Z a, 2026-07-04 00:00Z a, 2026-12-31 00:00Z a', 'quarter');
SELECT * FROM starts('2025-12-31 23:30Z a, 2026-12-31 22:59:59.999999Z a, 2026-12-31 23:00Z a', 'year at "Europe/Berlin"');
SELECT * FROM starts('2025-12-31 23:30Z a, 2026-01-01 00:00Z a, 2028-02-29 00:00Z a', 'year');
SELECT p, label, complete FROM unnest('{quarter,year}'::text[]) p, starts('-4712-01-01 00:00Z a, 0000-02-29 00:00Z a, 0001-05-01 00:00Z a, +294276-12-31 23:59:59.999999Z a', p);
\echo by week on any day: Sunday, 1 March 2026, is the last day of a week from Monday, the first of one from Sunday
SELECT d, array_agg(label) FROM unnest('{sunday,monday,tuesday,wednesday,Thursday,FRIDAY,saturday}'::text[]) WITH ORDINALITY w(d, n),
    starts('2026-03-01 12:00Z a', 'week on ' || d) GROUP BY d, n ORDER BY n;
SELECT * FROM starts('2026-02-28 14:59Z a, 2026-02-28 15:00Z a, 2026-03-07 14:59Z a, 2026-03-07 15:00Z a', 'week on sunday at "Asia/Tokyo"');

\echo 'by channel of a step: of what the reported chain matched there; each customer has one label, so that the labels add up to the whole'
CREATE TABLE checkout (customer int, journey journey);
INSERT INTO checkout VALUES
    (1, '2026-03-01 09:00Z visit@ads, 2026-03-01 10:00Z pay@card =10'),
    (2, '2026-03-01 09:00Z visit@ads, 2026-03-01 09:30Z visit@mail, 2026-03-01 09:40Z help, 2026-03-01 10:00Z pay@card =20, 2026-03-01 11:00Z pay@wallet =5'),
    (3, '2026-03-01 09:00Z visit@mail, 2026-03-01 10:00Z pay@wallet =7'),
    (4, '2026-03-01 09:00Z visit@mail, 2026-03-01 10:00Z pay =1'),
    (5, '2026-03-01 09:00Z visit@card'),
    (6, '2026-03-01 09:00Z pay@card');
SELECT label, step, customers, touchpoints, skipped, step_value FROM unnest((SELECT stage_funnel(journey, 'visit -> help? -> pay by channel of pay') FROM checkout));
SELECT step, customers, touchpoints, skipped, step_value FROM unnest((SELECT stage_funnel(journey, 'visit -> help? -> pay') FROM checkout));
\echo 'that of step 1 is that of the chain, unlike each that a chain could start with'
SELECT label, customers FROM unnest((SELECT stage_funnel(journey, 'visit -> pay by channel of visit') FROM checkout)) WHERE step = 1;
SELECT label, customers FROM unnest((SELECT stage_funnel(journey, 'visit -> pay by channel') FROM checkout)) WHERE step = 1;
\echo a step by number, by its own name, by a quoted one, and with an optional step before it
SELECT p, label, customers FROM unnest(ARRAY['visit? -> pay by channel of 1', 'visit? -> pay by channel of 2', 'visit -> (pay|help) as "first of them" by channel of "first of them"',
    'visit -> (pay|help) BY CHANNEL OF "(pay|help)" from first', 'visit -> pay within 1 hour by channel of pay', 'visit -> pay@* same channel by channel of "pay@*"']) WITH ORDINALITY p(p, n),
    LATERAL unnest((SELECT stage_funnel(journey, p) FROM checkout)) f WHERE step = 2 ORDER BY n, label COLLATE "C";
\echo nobody who started is a customer of no label, too; nobody at all none
SELECT * FROM unnest((SELECT stage_funnel(journey, 'pay -> visit by channel of visit') FROM checkout WHERE customer = 5)) WHERE step = 1;
SELECT stage_funnel(journey, 'pay -> visit by channel of visit') FROM checkout WHERE false;
\echo 'straight from rows: the same, also of who did nothing that the pattern names'
SELECT k = j AS same, cardinality(k) FROM
    (SELECT stage_funnel(customer, at, event, channel, value, 'visit -> help? -> pay by channel of pay') AS k FROM checkout, touchpoints(journey)) k,
    (SELECT stage_funnel(journey, 'visit -> help? -> pay by channel of pay') AS j FROM checkout) j;
SELECT k = j AS same, cardinality(k), k[1].label, k[1].customers FROM
    (SELECT stage_funnel(customer, at, event, channel, value, 'help? by channel of help') AS k FROM checkout, touchpoints(journey)) k,
    (SELECT stage_funnel(journey, 'help? by channel of help') AS j FROM checkout) j;
SELECT stage_funnel(customer, at, event, 'visit -> pay by channel of pay') FROM checkout, touchpoints(journey);
DROP TABLE checkout;
DROP FUNCTION starts;

-- What looks like a slip

\echo a term that no touchpoint matched
SELECT touchpoints FROM unnest((SELECT stage_funnel(journey, 'visit -> purchas') FROM shop));
SELECT touchpoints FROM unnest((SELECT stage_funnel(journey, 'Visit -> (cart|"kart") -> !refund -> purchase@app') FROM shop));
SELECT q.customer, s.customers
FROM (SELECT customer, stage_funnel(journey, 'visit') AS f FROM shop GROUP BY customer) q CROSS JOIN unnest(q.f) AS s ORDER BY q.customer;
\echo nothing is said about no touchpoints at all
SELECT customers FROM unnest((SELECT stage_funnel('', 'visit')));

-- Errors

\echo under a time, touchpoints at the instant of the start serve later steps whatever their order
SELECT label, step, customers FROM unnest((SELECT stage_funnel(
    '2026-03-01 09:00:00+00 a, 2026-03-01 09:00:00+00 b'::journey, 'b -> a within 1 hour by day'))) f;
\echo starts of another channel match nothing, at an instant of their own or together
SELECT label, step, customers, touchpoints FROM unnest((SELECT stage_funnel('2026-03-01 02:00:00+00 b@q, 2026-03-01 06:00:00+00 a@p, '
    '2026-03-01 08:00:00+00 b@p, 2026-03-01 08:00:00+00 b@p, 2026-03-01 10:00:00+00 a@q'::journey, 'b -> a within 2 hours by channel'))) f;
\echo from first, with two channels at the first instant: the one of the chain reported
SELECT label, step, customers FROM unnest((SELECT stage_funnel(
    '2026-03-01 09:00:00+00 a@p, 2026-03-01 09:00:00+00 b@q, 2026-03-01 10:00:00+00 c'::journey, '(a|b) -> a -> c from first by channel'))) f;
\echo 'a trailing exclusion by channel: what matches step 1 at its instant continues no chain, under whatever label'
SELECT label, step, customers FROM unnest((SELECT stage_funnel('2026-03-01 09:00Z x@p, 2026-03-01 09:00Z x@q, 2026-03-01 10:00Z x'::journey, 'x -> !x within 1 minute by channel'))) f;
SELECT label, step, customers FROM unnest((SELECT stage_funnel(
    '2026-03-01 09:00Z cart@p, 2026-03-01 09:00Z cart@q, 2026-03-01 09:00Z purchase, 2026-03-02 09:00Z cart@q'::journey, 'cart -> !(cart|purchase) by channel'))) f;
\echo several exclusions at the end are one step, and count a touchpoint once
SELECT step, stage, customers, touchpoints FROM unnest((SELECT stage_funnel(
    '2026-03-01 09:00:00+00 a, 2026-03-01 10:00:00+00 x'::journey, 'a -> !x -> !(x|y)'))) f;


SELECT stage_funnel(journey, NULL) FROM shop;
SELECT stage_funnel(NULL::journey, NULL) FROM shop;
SELECT stage_funnel(journey, '') FROM shop;
SELECT stage_funnel(journey, 'visit -> ') FROM shop;
SELECT stage_funnel(journey, 'visit within 1 month') FROM shop;
SELECT stage_funnel(journey, 'visit by day') FROM shop;
SELECT stage_funnel(journey, CASE customer WHEN 'cid' THEN 'visit' ELSE 'cart' END) FROM shop;
SELECT stage_funnel(journey, CASE customer WHEN 'cid' THEN repeat('é', 300) ELSE 'cart' END) FROM shop;
SELECT stage_funnel_transition(NULL, '', 'visit');
\echo a row type that was altered, also back again, is an error in both forms
BEGIN;
ALTER TYPE funnel_stage ADD ATTRIBUTE m1 text, ADD ATTRIBUTE m2 text, ADD ATTRIBUTE m3 text, ADD ATTRIBUTE m4 text,
    ADD ATTRIBUTE m5 text, ADD ATTRIBUTE m6 text, ADD ATTRIBUTE m7 text, ADD ATTRIBUTE m8 text;
SAVEPOINT altered;
SELECT stage_funnel(journey, 'visit') FROM shop;
ROLLBACK TO altered;
SELECT stage_funnel(customer, now(), 'visit', 'visit') FROM shop;
ROLLBACK TO altered;
ALTER TYPE funnel_stage DROP ATTRIBUTE m1, DROP ATTRIBUTE m2, DROP ATTRIBUTE m3, DROP ATTRIBUTE m4,
    DROP ATTRIBUTE m5, DROP ATTRIBUTE m6, DROP ATTRIBUTE m7, DROP ATTRIBUTE m8;
SELECT stage_funnel(journey, 'visit') FROM shop;
ROLLBACK;
BEGIN;
ALTER TYPE funnel_stage ALTER ATTRIBUTE step TYPE bigint;
SELECT stage_funnel(journey, 'visit') FROM shop;
ROLLBACK;
SELECT s.customers FROM unnest((SELECT stage_funnel(journey, 'visit') FROM shop)) AS s;
\echo a pattern of its own for each group is fine
SELECT q.early, s.stage
FROM (SELECT customer < 'c' AS early, stage_funnel(journey, CASE WHEN customer < 'c' THEN 'cart' ELSE 'visit' END) AS f
      FROM shop GROUP BY 1) q CROSS JOIN unnest(q.f) AS s
ORDER BY q.early;
\echo 'and so are many: ann buys within a day, cid within 9, so 8 windows have one buyer and 4 have two'
SELECT count(*), sum(s.customers) FROM (
    SELECT days, stage_funnel(journey, 'visit -> purchase within ' || days || ' days') AS f
    FROM shop, generate_series(1, 12) days GROUP BY days) q CROSS JOIN unnest(q.f) AS s WHERE s.step = 2;

-- The same answer in every plan

CREATE TABLE many AS
    SELECT c AS customer, c % 3 AS country, journey_agg(
        timestamptz '2026-01-01' + make_interval(secs => (hashint8(c * 31 + i) & 1048575)),
        (ARRAY['visit', 'visit', 'view', 'cart', 'purchase'])[1 + (hashint8(c * 77 + i) & 1023) % 5],
        (ARRAY['web', 'app', 'ads', NULL])[1 + (hashint8(c * 99 + i) & 3)],
        (hashint8(c + i) & 1023) / 10.0) AS journey
    FROM generate_series(1, 4000) c, generate_series(1, c % 12) i GROUP BY c;
ALTER TABLE many SET (parallel_workers = 2);
ANALYZE many;
CREATE TABLE parts (LIKE many) PARTITION BY LIST (country);
CREATE TABLE parts0 PARTITION OF parts FOR VALUES IN (0);
CREATE TABLE parts1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE parts2 PARTITION OF parts FOR VALUES IN (2);
INSERT INTO parts SELECT * FROM many ORDER BY hashint8(customer);
ANALYZE parts;

-- Sums of values may differ in their last bits between plans, nothing else may.
CREATE FUNCTION rounded(f funnel_stage[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT string_agg((to_jsonb(s) || jsonb_build_object('step_value', round(s.step_value::numeric, 6)))::text, E'\n')
    FROM unnest(f) s
$$;
CREATE TABLE reference AS
    SELECT p, country, rounded(stage_funnel(journey, p)) AS f FROM many,
        unnest(ARRAY['visit -> view? -> cart -> purchase within 2 days', 'visit -> cart by channel',
                     'visit -> !cart -> purchase within 5 days by day', 'cart & view & visit within 1 day']) p
    GROUP BY p, ROLLUP (country);
SELECT count(*), count(DISTINCT f), sum(length(f)) > 10000 AS "not empty" FROM reference;

-- The kind of plan: what lies between the rows and the answer.
CREATE FUNCTION plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    plan text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        plan := plan || line;
    END LOOP;
    RETURN concat_ws(', ',
        CASE WHEN plan ~ 'Gather' THEN 'parallel' END,
        CASE WHEN plan ~ 'Append' THEN 'by partition' END,
        CASE WHEN plan ~ 'Partial' THEN 'combined' END,
        CASE WHEN plan ~ 'HashAggregate' THEN 'hashed' WHEN plan ~ 'GroupAggregate' THEN 'sorted' END);
END $$;
-- Computes each funnel of the reference again: how many rows, how many differ.
CREATE FUNCTION differing(source text, plan OUT text, rows OUT bigint, differing OUT bigint)
    LANGUAGE plpgsql AS $$
DECLARE
    query text;
    more bigint;
    more_differing bigint;
    r record;
BEGIN
    rows := 0;
    differing := 0;
    FOR r IN SELECT DISTINCT p FROM reference LOOP
        query := format('SELECT country, rounded(stage_funnel(journey, %L)) AS f FROM %s GROUP BY country',
                        r.p, source);
        plan := plan_of(query);
        EXECUTE format('SELECT count(*), count(*) FILTER (WHERE q.f IS DISTINCT FROM r.f) FROM (%s) q
            LEFT JOIN reference r ON r.p = %L AND r.country = q.country', query, r.p) INTO more, more_differing;
        rows := rows + more;
        differing := differing + more_differing;
    END LOOP;
END $$;

SET max_parallel_workers_per_gather = 0;
SELECT * FROM differing('many');
SET enable_hashagg = off;
SELECT * FROM differing('many');
RESET enable_hashagg;
SELECT * FROM differing('(SELECT * FROM many ORDER BY customer DESC) many');
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT * FROM differing('many');
SET enable_hashagg = off;
SELECT * FROM differing('many');
RESET enable_hashagg;
SET parallel_leader_participation = off;
SELECT * FROM differing('many');
RESET parallel_leader_participation;
SET enable_partitionwise_aggregate = on;
SELECT * FROM differing('parts');
SET max_parallel_workers_per_gather = 0;
SELECT * FROM differing('parts');

\echo a partition at a time, then combined
SELECT plan_of($$SELECT stage_funnel(journey, 'visit -> cart') FROM parts$$);
SELECT rounded((SELECT stage_funnel(journey, 'visit -> cart by channel') FROM parts)) = f AS same
FROM reference WHERE p = 'visit -> cart by channel' AND country IS NULL;
RESET enable_partitionwise_aggregate;

\echo without groups, in parallel
SET max_parallel_workers_per_gather = 2;
SELECT plan_of($$SELECT stage_funnel(journey, 'visit -> cart') FROM many$$);
SELECT rounded((SELECT stage_funnel(journey, 'visit -> cart by channel') FROM many)) = f AS same
FROM reference WHERE p = 'visit -> cart by channel' AND country IS NULL;
\echo one term seen by one worker only is seen
SELECT customers > 0 AS some FROM unnest((SELECT stage_funnel(journey, '(visit|cart) -> once') FROM
    (SELECT journey FROM many UNION ALL SELECT '2026-01-01 00:00:00+00 visit, 2026-01-02 00:00:00+00 once') s));
RESET max_parallel_workers_per_gather;

\echo as a window aggregate: running funnels, and the frame that moves
SELECT customer, f[1].customers AS visits, f[2].customers AS carts FROM (
    SELECT customer, stage_funnel(journey, 'visit -> cart') OVER (ORDER BY customer) AS f FROM shop) w;
SELECT customer, f[1].customers AS visits, f[2].customers AS carts FROM (
    SELECT customer, stage_funnel(journey, 'visit -> cart') OVER (ORDER BY customer ROWS 1 PRECEDING) AS f FROM shop) w;
SELECT count(*), bool_and(f[1].customers = n) AS all FROM (
    SELECT stage_funnel(journey, 'visit -> cart') OVER w AS f,
           count(*) FILTER (WHERE 'visit' = ANY (events(journey))) OVER w AS n
    FROM many WINDOW w AS (PARTITION BY country ORDER BY customer)) q;

\echo FILTER, DISTINCT and ORDER BY inside the call
SELECT customers FROM unnest((SELECT stage_funnel(journey, 'visit') FILTER (WHERE customer <> 'ann') FROM shop));
SELECT customers FROM unnest((SELECT stage_funnel(DISTINCT j, 'visit') FROM (SELECT journey FROM shop UNION ALL SELECT journey FROM shop) s(j)));
SELECT customers FROM unnest((SELECT stage_funnel(journey, 'visit' ORDER BY customer DESC) FROM shop));

\echo many labels: each customer has a campaign
SELECT count(*), sum(customers), min(label), max(label) FROM unnest((
    SELECT stage_funnel(format('2026-01-01 00:00:00+00 a@c%s', lpad(i::text, 5, '0'))::journey, 'a by channel')
    FROM generate_series(1, 20000) i)) f;

\echo 64 steps
SELECT count(*), sum(customers), max(step), max(stage) FROM unnest((
    SELECT stage_funnel(journey, pattern) FROM (
        SELECT string_agg(format('2026-01-01 00:00:%s+00 e%s', lpad(i::text, 2, '0'), i), ', ')::journey AS journey,
               string_agg('e' || i, ' -> ') || ' -> x? -> y? -> z? -> !e0' AS pattern
        FROM generate_series(0, 59) i) s)) f;

-- compare_rates

\echo 'Newcombe (1998), table II, example (a), method 10: 56/70 and 48/80 differ by 0.0524 to 0.3339'
SELECT round(difference::numeric, 4) AS difference, round(low::numeric, 4) AS low,
       round(high::numeric, 4) AS high, round(p_value::numeric, 5) AS p_value
FROM compare_rates(48, 80, 56, 70);
\echo 'example (h): 10/10 and 0/10, 0.6075 to 1'
SELECT round(difference::numeric, 4) AS difference, round(low::numeric, 4) AS low,
       round(high::numeric, 4) AS high, round(p_value::numeric, 8) AS p_value
FROM compare_rates(0, 10, 10, 10);
\echo the other way round it is the mirror image
SELECT a.difference = -b.difference AS difference, a.low = -b.high AS low, a.p_value = b.p_value AS p_value
FROM compare_rates(48, 80, 56, 70) a, compare_rates(56, 70, 48, 80) b;
\echo no difference, all or none
SELECT * FROM compare_rates(0, 10, 0, 20);
SELECT difference, p_value FROM compare_rates(10, 10, 20, 20);
\echo nobody in one group, and NULLs
SELECT * FROM compare_rates(0, 0, 1, 2);
SELECT * FROM compare_rates(NULL, 1, 1, 2);
SELECT difference, p_value FROM compare_rates(9223372036854775806, 9223372036854775807, 0, 9223372036854775807);
SELECT * FROM compare_rates(-1, 1, 1, 2);
SELECT * FROM compare_rates(1, 1, 3, 2);
SELECT * FROM compare_rates(1, -1, 3, 2);

DROP TABLE shop, times, many, parts, reference;
DROP FUNCTION rounded, plan_of, differing;
