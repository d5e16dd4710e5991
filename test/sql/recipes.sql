-- The recipes of the documentation, on data made to break their obvious forms, and the
-- numbers that it quotes of the demonstration's shop, each beside plain SQL.
SET timezone = 'UTC';
SET datestyle = 'ISO';
\pset null '(null)'
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA recipes;
SET search_path = recipes, public;

CREATE TABLE journeys (customer text, journey journey);
INSERT INTO journeys VALUES
    ('ann', '2026-03-01 09:00Z visit@ads, 2026-03-01 10:00Z purchase@web =10, 2026-03-02 10:00Z purchase@web =20, 2026-03-03 09:00Z visit@email'),
    ('ben', '2026-03-01 00:00Z purchase@web =5, 2026-03-01 00:00Z visit@ads, 2026-03-04 00:00Z visit@direct, 2026-03-05 00:00Z purchase@web =40'),
    ('cat', '2026-03-01 09:00Z purchase@web =7, 2026-03-02 09:00Z purchase@web =8, 2026-03-03 09:00Z visit@email'),
    ('dan', '2026-03-01 09:00Z visit@email');

\echo -- first and last touch: each of the six purchases, with what came before it or at its instant
SELECT customer, a.converted_at::date, a.conversion_value, min(channel) FILTER (WHERE model = 'first'), min(channel) FILTER (WHERE model = 'last'),
       min(channel) FILTER (WHERE model = 'last_non(direct)')
FROM journeys, attribute_touchpoints(journey, 'purchase', 'first, last, last_non(direct)') a WHERE credit = 1 GROUP BY customer, conversion, 2, 3 ORDER BY customer, conversion;
\echo -- attempts do not share touchpoints: the second of ann is lost, and the first of cat is her touch
SELECT customer, a.entry_channel, a.value FROM journeys, attempts(journey, '@* -> purchase') a WHERE a.completed ORDER BY customer, attempt;
\echo -- all revenue is 90; the chains of a funnel have one purchase a customer: 10 and 5, and 8 where a purchase is a touch
SELECT sum(total_value(keep_touchpoints(journey, 'purchase'))) FROM journeys;
SELECT s.step_value FROM unnest((SELECT stage_funnel(journey, 'visit -> purchase from first') FROM journeys)) s WHERE step = 2;
SELECT sum(s.step_value) FROM unnest((SELECT stage_funnel(journey, '@* -> purchase from first by channel') FROM journeys)) s WHERE step = 2;
\echo -- the last channel before the first purchase that was not direct; without before() it is one that came later
SELECT customer, last_channel(before(journey, 'purchase'), '{direct,web}'), last_channel(journey, '{direct,web}') FROM journeys
WHERE journey ~ 'purchase' ORDER BY customer;
\echo -- from the first purchase on: dan, who never bought, must be left out, as null is an open end
SELECT customer, event_path(slice(journey, (reached_at(journey, 'purchase'))[1], NULL)) FROM journeys WHERE journey ~ 'purchase' ORDER BY customer;
SELECT event_path(slice(journey, (reached_at(journey, 'purchase'))[1], NULL)) FROM journeys WHERE customer = 'dan';
\echo -- totals: two purchases at one instant are two events and one attempt
SELECT length(keep_touchpoints(j, 'purchase')), count_matches(j, 'purchase'), count_matches(j, 'visit -> purchase')
FROM (VALUES (journey '2026-03-01 09:00Z visit, 2026-03-01 10:00Z purchase, 2026-03-01 10:00Z purchase')) v(j);

\echo -- drop-off by reached: y stopped before the optional last step, though nothing of hers is unfinished
CREATE TABLE tries (customer text, journey journey);
INSERT INTO tries VALUES
    ('v', '2026-03-01 09:00Z a'), ('w', '2026-03-01 09:00Z a, 2026-03-01 10:00Z b, 2026-03-01 11:00Z c'),
    ('x', '2026-03-01 09:00Z a, 2026-03-01 10:00Z b, 2026-03-02 09:00Z a, 2026-03-02 10:00Z b, 2026-03-02 11:00Z c'),
    ('y', '2026-03-01 09:00Z a, 2026-03-01 10:00Z b'), ('z', '2026-03-01 09:00Z b');
SELECT s.step, s.drop_off, (SELECT string_agg(customer, ',' ORDER BY customer) FROM tries WHERE reached(journey, 'a -> b -> c?') = s.step - 1)
FROM unnest((SELECT stage_funnel(journey, 'a -> b -> c?') FROM tries)) s WHERE s.step > 1 ORDER BY s.step;
SELECT string_agg(customer, ',' ORDER BY customer) FROM tries, attempts(journey, 'a -> b -> c?') a WHERE a.attempt = 1 AND NOT a.completed;

\echo -- "did not": one has bought and left a cart, two bought after the second cart, three never, four at once
CREATE TABLE carts (customer text, journey journey);
INSERT INTO carts VALUES
    ('one', '2026-03-01 09:00Z cart, 2026-03-01 10:00Z buy, 2026-03-20 09:00Z cart'),
    ('two', '2026-03-01 09:00Z cart, 2026-03-20 09:00Z cart, 2026-03-20 10:00Z buy'),
    ('three', '2026-03-01 09:00Z cart, 2026-03-20 09:00Z cart'), ('four', '2026-03-01 09:00Z cart, 2026-03-01 10:00Z buy');
SELECT string_agg(customer, ' ') FILTER (WHERE journey ~ 'cart -> !buy within 7 days') AS some_cart,
       string_agg(customer, ' ') FILTER (WHERE journey ~ 'cart -> !buy within 7 days from first') AS first_cart,
       string_agg(customer, ' ') FILTER (WHERE journey ~ 'cart' AND journey !~ 'cart -> buy within 7 days') AS every_cart,
       sum((SELECT count(*) FROM attempts(journey, 'cart -> !buy within 7 days') a WHERE a.completed)) AS carts
FROM carts;
\echo -- a -> b -> !c is not "never c"
SELECT j ~ 'a -> b -> !c', j ~ 'a -> b' AND j !~ 'a -> b -> c' FROM (VALUES (journey '2026-03-01 09:00Z a, 2026-03-01 10:00Z b, 2026-03-01 11:00Z c, 2026-03-01 12:00Z b')) v(j);

\echo -- a session for each campaign: rows between that name none change nothing, rows of one instant do not depend on their order
CREATE TABLE hits (n int, customer text, at timestamptz, campaign text);
INSERT INTO hits VALUES
    (1, 'ann', '2026-03-02 09:00Z', 'spring'), (2, 'ann', '2026-03-02 09:05Z', NULL), (3, 'ann', '2026-03-02 09:10Z', 'summer'),
    (4, 'ann', '2026-03-02 09:15Z', NULL), (5, 'ann', '2026-03-02 09:20Z', 'summer'), (6, 'ann', '2026-03-02 11:00Z', NULL),
    (7, 'ann', '2026-03-02 11:10Z', 'summer'), (8, 'ben', '2026-03-02 09:00Z', NULL), (9, 'ben', '2026-03-02 09:05Z', 'spring'),
    (10, 'cat', '2026-03-02 09:00Z', 'b'), (11, 'cat', '2026-03-02 09:10Z', 'c'), (12, 'cat', '2026-03-02 09:10Z', 'b');
SELECT customer, string_agg(session::text, ' ' ORDER BY n)
FROM (SELECT n, customer, sessionize(at, start_new => campaign <> previous) OVER (PARTITION BY customer ORDER BY at, campaign) AS session
      FROM (SELECT *, lag(campaign) OVER (PARTITION BY customer, campaign IS NULL ORDER BY at, campaign) AS previous FROM hits) AS e) q
GROUP BY customer ORDER BY customer;
\echo -- midnight across a row without a time, in the zone that is named
CREATE TABLE nights (n int, at timestamptz);
INSERT INTO nights VALUES (1, '2026-03-02 22:50Z'), (2, NULL), (3, '2026-03-02 23:05Z'), (4, '2026-03-02 23:10Z'), (5, NULL), (6, '2026-03-03 00:05Z');
SELECT zone, string_agg(session::text, ' ' ORDER BY n)
FROM (SELECT n, zone, sessionize(at, '1 hour', start_new => day <> previous) OVER (PARTITION BY zone ORDER BY n) AS session
      FROM (SELECT *, lag(day) OVER (PARTITION BY zone, at IS NULL ORDER BY n) AS previous
            FROM (SELECT *, (at AT TIME ZONE zone)::date AS day FROM nights, (VALUES ('UTC'), ('Europe/Berlin')) z(zone)) AS d) AS e) q
GROUP BY zone ORDER BY zone;

CREATE TABLE events (customer int, at timestamptz, event text, country text);
INSERT INTO events VALUES
    (1, '2024-09-07 12:00Z', 'visit', 'CL'), (1, '2024-09-08 12:00Z', 'visit', 'CL'), (1, '2024-09-09 12:00Z', 'visit', 'CL'),
    (2, '2024-09-10 12:00Z', 'visit', 'DE'), (NULL, '2024-09-10 13:00Z', 'visit', 'DE'), (2, '2024-09-20 00:00Z', 'visit', 'DE');
\echo -- zero filling where clocks change at midnight: a series of dates meets every label, one of times loses what follows and its end
SET timezone = 'America/Santiago';
SELECT string_agg(coalesce(f.customers, 0)::text, ' ' ORDER BY d.day)
FROM (SELECT date '2024-09-07' + n AS day FROM generate_series(0, 4) AS n) AS d
LEFT JOIN unnest((SELECT stage_funnel(customer, at, event, 'visit within 1 day by day') FROM events)) AS f ON f.label::date = d.day AND f.step = 1;
SELECT string_agg(coalesce(f.customers, 0)::text, ' ' ORDER BY d.day)
FROM generate_series(date '2024-09-07', date '2024-09-11', interval '1 day') AS d(day)
LEFT JOIN unnest((SELECT stage_funnel(customer, at, event, 'visit within 1 day by day') FROM events)) AS f ON f.label::date = d.day AND f.step = 1;
SET timezone = 'UTC';
\echo -- customers of a day: a row with a null column is no null, so the rows of nobody are left out
SELECT s.customers FROM unnest((SELECT stage_funnel((customer, (at AT TIME ZONE 'UTC')::date), at, event, 'visit') FROM events WHERE customer IS NOT NULL)) s;
SELECT s.customers FROM unnest((SELECT stage_funnel((customer, (at AT TIME ZONE 'UTC')::date), at, event, 'visit') FROM events)) s;
\echo -- complete: the weeks of Chile are over by the latest time of the table, not by their own; at the very instant that ends one both agree
SELECT q.country, s.label, s.customers, s.complete, (s.label::date + 7)::timestamp AT TIME ZONE 'UTC' + interval '4 days' <= e.latest
FROM (SELECT country, stage_funnel(customer, at, event, 'visit within 4 days by week') AS f FROM events GROUP BY ROLLUP (country)) q
CROSS JOIN unnest(q.f) AS s CROSS JOIN (SELECT max(at) AS latest FROM events) AS e ORDER BY q.country, s.label;
\echo -- so does a condition on rows
SELECT s.label, s.complete FROM unnest((SELECT stage_funnel(customer, at, event, 'visit within 4 days by week') FROM events WHERE at < '2024-09-12')) s ORDER BY s.label;

\echo -- the shop of make demo: 5820 customers with a cart, 3061 bought within 7 days of one
\getenv abs_srcdir PG_ABS_SRCDIR
\set shop :abs_srcdir '/../demo/shop.sql'
DROP TABLE events, journeys;
\set ECHO none
\i :shop
\set ECHO all
CREATE INDEX ON events (customer);
CREATE TABLE journeys AS SELECT customer, journey_agg(at, event, channel, value) AS journey FROM events GROUP BY customer;
CREATE TEMP TABLE cart AS
SELECT customer, at, at = min(at) OVER (PARTITION BY customer) AS first, EXISTS (SELECT FROM events p WHERE p.customer = e.customer
       AND p.event = 'purchase' AND p.at >= e.at AND p.at <= e.at + interval '7 days') AS bought,
       EXISTS (SELECT FROM events p WHERE p.customer = e.customer
       AND (p.event = 'purchase' AND p.at >= e.at OR p.event = 'add_to_cart' AND p.at > e.at) AND p.at <= e.at + interval '7 days') AS followed
FROM events e WHERE event = 'add_to_cart';
SELECT count(*) FILTER (WHERE journey ~ 'add_to_cart'), count(*) FILTER (WHERE journey ~ 'add_to_cart -> purchase within 7 days') FROM journeys;
SELECT count(DISTINCT customer), count(DISTINCT customer) FILTER (WHERE bought) FROM cart;
\echo -- 3160 left some cart, 2973 their first one, 2759 every one
SELECT count(*) FILTER (WHERE journey ~ 'add_to_cart -> !purchase within 7 days'),
       count(*) FILTER (WHERE journey ~ 'add_to_cart -> !purchase within 7 days from first'),
       count(*) FILTER (WHERE journey ~ 'add_to_cart' AND journey !~ 'add_to_cart -> purchase within 7 days') FROM journeys;
SELECT count(DISTINCT customer) FILTER (WHERE NOT bought), count(DISTINCT customer) FILTER (WHERE NOT bought AND first),
       count(DISTINCT customer) - count(DISTINCT customer) FILTER (WHERE bought) FROM cart;
SELECT s.step, s.customers, s.drop_off FROM unnest((SELECT stage_funnel(journey, 'add_to_cart -> purchase within 7 days') FROM journeys)) s ORDER BY s.step;
\echo -- 3400 carts, 3357 if several clicks are one
SELECT sum((SELECT count(*) FROM attempts(journey, 'add_to_cart -> !purchase within 7 days') a WHERE a.completed)),
       sum((SELECT count(*) FROM attempts(journey, 'add_to_cart -> !(add_to_cart|purchase) within 7 days') a WHERE a.completed)) FROM journeys;
SELECT count(*) FILTER (WHERE NOT bought), count(*) FILTER (WHERE NOT followed) FROM cart;
\echo -- 12 minutes from the last visit before the first purchase, 10 days 14 hours from the first visit
SELECT p.pattern, s.customers, s.median_seconds
FROM (VALUES ('visit -> purchase'), ('visit -> purchase from first')) AS p(pattern)
CROSS JOIN LATERAL unnest((SELECT stage_funnel(journey, p.pattern) FROM journeys)) AS s WHERE s.step = 2;
SELECT count(last_visit), percentile_disc(0.5) WITHIN GROUP (ORDER BY bought - last_visit), percentile_disc(0.5) WITHIN GROUP (ORDER BY bought - first_visit)
FROM (SELECT p.bought, (SELECT max(at) FROM events v WHERE v.customer = p.customer AND event = 'visit' AND at <= bought) AS last_visit,
             (SELECT min(at) FROM events v WHERE v.customer = p.customer AND event = 'visit') AS first_visit
      FROM (SELECT customer, min(at) AS bought FROM events WHERE event = 'purchase' GROUP BY customer) p) q;

SET client_min_messages = warning;
DROP SCHEMA recipes CASCADE;
