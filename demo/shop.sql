-- About 200 000 events of an online shop, the same ones at every run.
--
-- 12 weeks; people find the shop through paid and unpaid channels, look around,
-- put things in the cart and mostly leave.  Some buy at once, some after a
-- reminder by e-mail, some come back by themselves.  Who bought may write a review, call support
-- or want the money back.  Channels differ in how many they bring and how well
-- they sell, the shop grows, and in the eighth week the checkout was broken.
\set start '2026-01-05 00:00:00+00'

-- A uniform pseudo-random number in [0, 1) for an object and a question about it.
CREATE FUNCTION chance(n bigint, question int) RETURNS double precision
    IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN (hashint8extended(n, question) >> 16 & 281474976710655) / 281474976710656.0::double precision;

CREATE TABLE events (
    customer bigint NOT NULL,
    at timestamptz NOT NULL,
    event text NOT NULL,
    channel text,
    value double precision
);

-- How much of the traffic a channel brings, how likely it leads to a cart.
CREATE TEMP TABLE source (channel text, low double precision, high double precision, cart double precision);
INSERT INTO source VALUES
    ('google_ads', 0.00, 0.22, 0.15), ('organic', 0.22, 0.46, 0.17), ('instagram', 0.46, 0.66, 0.09),
    ('direct', 0.66, 0.80, 0.21), ('email', 0.80, 0.89, 0.25), ('referral', 0.89, 0.95, 0.20),
    ('tiktok', 0.95, 1.00, 0.06);

-- One row a visit.  The powers let traffic grow over the weeks and make some
-- customers regulars; evenings are busier than nights.
CREATE TEMP TABLE session AS
SELECT s,
       1 + floor(22500 * chance(s, 1) ^ 1.3)::bigint AS customer,
       source.channel,
       started_at,
       views,
       views > 0 AND chance(s, 5) < source.cart AS cart,
       chance(s, 6) < CASE WHEN started_at >= timestamptz :'start' + interval '49 days'
                            AND started_at < timestamptz :'start' + interval '56 days'
                           THEN 0.22 ELSE 0.55 END AS checkout,
       chance(s, 7) < 0.74 AS purchase,
       chance(s, 8) < 0.35 AS reminded,
       round((9 + 190 * chance(s, 9) ^ 3)::numeric, 2)::double precision AS price
FROM generate_series(1, 57000) AS s
     JOIN source ON chance(s, 2) >= low AND chance(s, 2) < high
     CROSS JOIN LATERAL (
         SELECT date_trunc('second', timestamptz :'start'
                + floor(84 * (0.15 * chance(s, 3) + 0.85 * chance(s, 3) ^ 0.85)) * interval '1 day'
                + (24 * (1 - abs(chance(s, 10) + chance(s, 11) - 0.8) / 1.2)) * interval '1 hour') AS started_at
     ) AS t
     CROSS JOIN LATERAL (SELECT floor(7 * chance(s, 4) ^ 1.5)::int AS views) AS v;

CREATE TEMP TABLE outcome AS
SELECT *,
       started_at + make_interval(secs => 60 + 45 * views + floor(240 * chance(s, 12))) AS cart_at,
       cart AND checkout AND purchase AS bought,
       cart AND NOT (checkout AND purchase) AND reminded AS comes_back,
       cart AND NOT (checkout AND purchase) AND reminded AND chance(s, 17) < 0.5 AS bought_later
FROM session;

INSERT INTO events
SELECT customer, at, event, channel, value
FROM (
    SELECT s, customer, started_at AS at, 'visit' AS event, channel, NULL::double precision AS value
    FROM outcome
    UNION ALL
    SELECT s, customer, started_at + make_interval(secs => 15 + 45 * (v - 1) + floor(40 * chance(s * 8 + v, 13))),
           'view', channel, NULL
    FROM outcome, generate_series(1, views) AS v
    UNION ALL
    SELECT s, customer, cart_at, 'add_to_cart', channel, price FROM outcome WHERE cart
    UNION ALL
    SELECT s, customer, cart_at + make_interval(secs => 30 + floor(200 * chance(s, 14))), 'checkout', channel, NULL
    FROM outcome WHERE cart AND checkout
    UNION ALL
    SELECT s, customer, cart_at + make_interval(secs => 300 + floor(300 * chance(s, 15))), 'purchase', channel, price
    FROM outcome WHERE bought
    UNION ALL
    -- An e-mail reminds of the cart a few hours or days later.
    SELECT s, customer, back_at + make_interval(secs => delay), event, 'email',
           CASE WHEN event = 'purchase' THEN price END
    FROM outcome
         CROSS JOIN LATERAL (SELECT cart_at + make_interval(hours => 3 + floor(90 * chance(s, 16))::int) AS back_at) AS b
         CROSS JOIN (VALUES ('visit', 0, 1.0), ('checkout', 70, 0.62), ('purchase', 190, 0.5)) AS e (event, delay, rate)
    WHERE comes_back AND chance(s, 17) < rate
    UNION ALL
    SELECT s, customer, cart_at + make_interval(secs => floor(86400 * (4 + 9 * chance(s, 18)))), event, NULL,
           CASE WHEN event = 'refund' THEN -price END
    FROM outcome
         CROSS JOIN (VALUES ('review', 0.00, 0.14), ('support_call', 0.14, 0.21), ('refund', 0.21, 0.25)) AS e (event, low, high)
    WHERE (bought OR bought_later) AND chance(s, 19) >= low AND chance(s, 19) < high
) AS e
WHERE at < timestamptz :'start' + interval '84 days'
ORDER BY at, s;

ANALYZE events;
