-- The benchmark's data set: :rows events of about :rows / 22.5 customers, the
-- same ones at every run.
--
-- Customers follow a power law.  Their events come in sessions of one channel (of
-- 10), 5 events on average (of 13), spread over 90 days; 1 event in 30 shares its
-- time with the one before.  Times are whole seconds.  The table is in order of
-- arrival: in order of time, but 2 % of the rows came up to two days late.
-- Purchases carry revenue.
CREATE SCHEMA bench;
SET search_path = bench, public;

-- A uniform pseudo-random integer in [0, 2^48) and number in [0, 1).
CREATE FUNCTION bits(n bigint, seed bigint) RETURNS bigint
    IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN hashint8extended(n, seed) >> 16 & 281474976710655;
CREATE FUNCTION uniform(n bigint, seed bigint) RETURNS double precision
    IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN (hashint8extended(n, seed) >> 16 & 281474976710655) / 281474976710656.0::double precision;

CREATE UNLOGGED TABLE events (
    customer bigint, at timestamptz, event text, channel text, value double precision
);

WITH session AS (
    SELECT s,
           1 + floor(:rows * 0.0475 * uniform(s, 1) ^ 2.2)::bigint AS customer,
           timestamptz '2026-01-01 00:00:00+00' + make_interval(secs => bits(s, 2) % (90 * 86400)) AS started_at,
           1 + bits(s, 3) % 8 + CASE WHEN bits(s, 4) % 10 = 0 THEN bits(s, 5) % 12 ELSE 0 END AS events,
           5 + bits(s, 6) % 90 AS pace,
           ('{google_ads,google_ads,google_ads,organic,organic,organic,organic,direct,direct,direct,'
            'instagram,instagram,facebook,facebook,email,email,tiktok,referral,affiliate,push}'::text[])
               [1 + bits(s, 7) % 20] AS channel
    FROM generate_series(1, (:rows * 0.205)::bigint) AS s
), touchpoint AS (
    SELECT s, p, customer, channel, started_at, pace,
           p - CASE WHEN bits(s * 64 + p, 8) % 30 = 0 THEN 1 ELSE 0 END AS tick,
           bits(s * 64 + p, 9) AS pick
    FROM session CROSS JOIN LATERAL generate_series(1, events) AS p
    LIMIT :rows
), event AS (
    SELECT s, p, customer, channel, pick,
           started_at + make_interval(secs => tick * pace + bits(s * 64 + tick, 10) % pace) AS at,
           CASE WHEN p = 1 AND pick % 8 > 0 THEN 'visit'
               ELSE ('{view,view,view,view,view,view,view,view,view,view,view,view,'
                     'search,search,search,search,search,filter,filter,filter,visit,visit,visit,'
                     'add_to_cart,add_to_cart,add_to_cart,add_to_cart,wishlist,wishlist,remove_from_cart,'
                     'checkout,checkout,payment,purchase,purchase,review,support,refund}'::text[])
                        [1 + (pick >> 8) % 38] END AS event
    FROM touchpoint
)
INSERT INTO events
SELECT customer, at, event, channel,
       CASE WHEN event = 'purchase' THEN round((5 + 300 * uniform(pick, 11) ^ 3)::numeric, 2)::double precision END
FROM event
ORDER BY at + make_interval(secs => CASE WHEN bits(pick, 12) % 50 = 0 THEN bits(pick, 13) % 172800 ELSE 0 END), s, p;

VACUUM ANALYZE events;
