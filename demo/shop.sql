-- About 270 000 events of an online shop, the same ones at every run.
--
-- 12 weeks; people see advertisements and creators' posts, find the shop through paid and
-- unpaid channels, look around, put things in the cart and mostly leave.  Some buy at once,
-- some after a reminder by e-mail, some come back by themselves.  One of the two carriers is
-- often late, support by e-mail and Facebook is slow, and whom either befell rates it low, and
-- most often never comes back; who was content may come again, write a review, bring a friend.
-- Channels differ in how many they bring and how well they sell, the shop grows, and in the
-- eighth week the checkout was broken.  Scores are stars from 1 to 5, as numbers from -1 to 1.
\set start '2026-01-05 00:00:00+00'

-- A uniform pseudo-random number in [0, 1) for an object and a question about it.
CREATE FUNCTION chance(n bigint, question int) RETURNS double precision
    IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN (hashint8extended(n, question) >> 16 & 281474976710655) / 281474976710656.0::double precision;

-- Stars of a rating, many or few, from -1 to 1.
CREATE FUNCTION stars(good boolean, luck double precision) RETURNS double precision
    IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN CASE WHEN good THEN 1 ELSE -1 END * CASE WHEN luck < 0.60 THEN 1 WHEN luck < 0.90 THEN 0.5 ELSE 0 END;

CREATE TABLE events (
    customer bigint NOT NULL,
    at timestamptz NOT NULL,
    event text NOT NULL,
    channel text,
    value double precision,
    score double precision
);

-- How much of the traffic a channel brings, how likely it leads to a cart.
CREATE TEMP TABLE source (channel text, low double precision, high double precision, cart double precision);
INSERT INTO source VALUES
    ('google_ads', 0.00, 0.22, 0.15), ('organic', 0.22, 0.46, 0.17), ('instagram', 0.46, 0.66, 0.09),
    ('direct', 0.66, 0.80, 0.21), ('email', 0.80, 0.89, 0.25), ('referral', 0.89, 0.95, 0.20),
    ('tiktok', 0.95, 1.00, 0.06);

-- What brings visits through a channel: how many of them, and how much likelier they lead to a cart.
CREATE TEMP TABLE awareness (channel text, event text, seen_on text, low double precision, high double precision, lift double precision);
INSERT INTO awareness VALUES
    ('google_ads', 'ad_click', 'google_ads', 0.00, 0.90, 1.0), ('instagram', 'ad_impression', 'instagram', 0.00, 0.45, 0.9),
    ('instagram', 'post_view', 'instagram/cleo', 0.45, 0.70, 1.2), ('tiktok', 'post_view', 'tiktok/ana', 0.00, 0.35, 2.5),
    ('tiktok', 'post_view', 'tiktok/bo', 0.35, 0.80, 0.6), ('organic', 'post_view', 'youtube/dan', 0.00, 0.06, 1.5);

-- One row a visit.  The powers let traffic grow over the weeks and make some
-- customers regulars; evenings are busier than nights.
CREATE TEMP TABLE session AS
SELECT s,
       1 + floor(22500 * chance(s, 1) ^ 1.3)::bigint AS customer,
       source.channel,
       awareness.event AS seen,
       seen_on,
       started_at,
       views,
       views > 0 AND chance(s, 5) < source.cart * coalesce(lift, 1) AS cart,
       chance(s, 6) < CASE WHEN started_at >= timestamptz :'start' + interval '49 days'
                            AND started_at < timestamptz :'start' + interval '56 days'
                           THEN 0.22 ELSE 0.55 END AS checkout,
       chance(s, 7) < 0.74 AS purchase,
       chance(s, 8) < 0.35 AS reminded,
       round((9 + 190 * chance(s, 9) ^ 3)::numeric, 2)::double precision AS price
FROM generate_series(1, 57000) AS s
     JOIN source ON chance(s, 2) >= low AND chance(s, 2) < high
     LEFT JOIN awareness ON awareness.channel = source.channel AND chance(s, 20) >= awareness.low AND chance(s, 20) < awareness.high
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

-- What became of each order.
CREATE TEMP VIEW sale AS
SELECT *, NOT late AND NOT (asked AND slow) AS content,
       CASE WHEN late THEN sent_at + interval '6 days' ELSE delivered_at END
       + make_interval(secs => floor(100000 * chance(s, 25))) AS asked_at
FROM (
    SELECT s, customer, price, sent_at, carrier, late, desk, slow,
           sent_at + make_interval(secs => floor(86400 * (CASE WHEN late THEN 9 ELSE 1 END + 3 * chance(s, 22)))) AS delivered_at,
           chance(s, 23) < CASE WHEN late THEN 0.45 ELSE 0.08 END AS asked
    FROM outcome
         CROSS JOIN LATERAL (
             SELECT CASE WHEN bought THEN cart_at ELSE cart_at + make_interval(hours => 3 + floor(90 * chance(s, 16))::int) END
                    + make_interval(secs => floor(3600 * (8 + 36 * chance(s, 54) ^ 2))) AS sent_at,
                    CASE WHEN chance(s, 18) < 0.3 THEN 'courier' ELSE 'post' END AS carrier) AS c
         CROSS JOIN LATERAL (
             SELECT chance(s, 21) < CASE carrier WHEN 'courier' THEN 0.45 ELSE 0.06 END AS late) AS l
         JOIN (VALUES ('phone', 0.00, 0.25, 0.15), ('chat', 0.25, 0.60, 0.10), ('email', 0.60, 0.85, 0.60), ('facebook', 0.85, 1.00, 0.80))
              AS d (desk, low, high, slowness) ON chance(s, 24) >= low AND chance(s, 24) < high
         CROSS JOIN LATERAL (SELECT chance(s, 26) < slowness AS slow) AS w
    WHERE bought OR bought_later
) AS o;

-- Who was content may come back for more.
INSERT INTO outcome
SELECT s + 100000, customer, 'email', NULL, NULL, at, 2, true, true, true, false,
       round((9 + 190 * chance(s, 28) ^ 3)::numeric, 2)::double precision, at + interval '4 minutes', true, false, false
FROM sale CROSS JOIN LATERAL (SELECT delivered_at + make_interval(secs => floor(86400 * (4 + 30 * chance(s, 27)))) AS at) AS b
WHERE content AND chance(s, 29) < 0.3;

-- Who leaves does nothing any more.
CREATE TEMP TABLE leaver AS
SELECT customer, min(greatest(delivered_at, CASE WHEN asked THEN asked_at END)) + interval '10 days' AS left_at
FROM sale
WHERE NOT content AND chance(s, 30) < 0.8
GROUP BY customer;

ANALYZE outcome, leaver;

INSERT INTO events
SELECT customer, at, event, channel, value, score
FROM (
    SELECT s, customer, started_at AS at, 'visit' AS event, channel, NULL::double precision AS value, NULL::double precision AS score
    FROM outcome
    UNION ALL
    SELECT s, customer, started_at - CASE seen WHEN 'ad_click' THEN interval '2 seconds'
                                     ELSE make_interval(secs => 20 + floor(259200 * chance(s, 31) ^ 6)) END, seen, seen_on, NULL, NULL
    FROM outcome WHERE seen IS NOT NULL
    UNION ALL
    -- Most who see an advertisement or a post never come; some buy where they see it.
    SELECT s, 22501 + s * 5 / 8, seen_at + make_interval(secs => delay), e.event, e.channel,
           CASE e.event WHEN 'purchase' THEN round((9 + 40 * chance(s, 55))::numeric, 2)::double precision END, NULL
    FROM generate_series(1, 16000) AS s
         CROSS JOIN LATERAL (SELECT timestamptz :'start' + make_interval(secs => floor(7257600 * chance(s, 32))) AS seen_at) AS t
         JOIN (VALUES ('ad_impression', 'instagram', 0.00, 0.45, 0), ('ad_impression', 'google_ads', 0.45, 0.60, 0),
                      ('post_view', 'tiktok/ana', 0.60, 0.70, 0), ('post_view', 'tiktok/bo', 0.70, 0.86, 0),
                      ('post_view', 'instagram/cleo', 0.86, 0.95, 0), ('post_view', 'youtube/dan', 0.95, 1.00, 0),
                      ('purchase', 'tiktok', 0.60, 0.604, 170), ('purchase', 'instagram', 0.86, 0.862, 240))
              AS e (event, channel, low, high, delay) ON chance(s, 33) >= low AND chance(s, 33) < high
    UNION ALL
    SELECT s, customer, started_at + make_interval(secs => 5 + floor(8 * chance(s, 35))), 'search', channel, NULL,
           CASE WHEN chance(s, 44) < 0.08 THEN stars(chance(s, 45) < 0.8, chance(s, 46)) END
    FROM outcome WHERE views > 0 AND chance(s, 34) < 0.2
    UNION ALL
    SELECT s, customer, started_at + make_interval(secs => 15 + 45 * (v - 1) + floor(40 * chance(s * 8 + v, 13))),
           'view', channel, NULL, NULL
    FROM outcome, generate_series(1, views) AS v
    UNION ALL
    SELECT s, customer, started_at + make_interval(secs => 35 + 45 * views), event, channel, NULL, NULL
    FROM outcome
         JOIN (VALUES ('read_reviews', 0.00, 0.22), ('add_to_wishlist', 0.22, 0.28)) AS e (event, low, high)
         ON chance(s, 36) >= low AND chance(s, 36) < high
    WHERE views > 1
    UNION ALL
    SELECT s, customer, started_at + make_interval(secs => 40 + 45 * views), 'question', desk, NULL,
           CASE WHEN chance(s, 48) < 0.6 THEN stars(chance(s, 49) < good, chance(s, 50)) END
    FROM outcome
         JOIN (VALUES ('chat', 0.00, 0.02, 0.85), ('facebook', 0.02, 0.03, 0.35)) AS d (desk, low, high, good)
         ON chance(s, 47) >= low AND chance(s, 47) < high
    WHERE views > 1
    UNION ALL
    SELECT s, customer, cart_at, 'add_to_cart', channel, price, NULL FROM outcome WHERE cart
    UNION ALL
    SELECT s, customer, cart_at + make_interval(secs => 30 + floor(200 * chance(s, 14))), 'checkout', channel, NULL, NULL
    FROM outcome WHERE cart AND checkout
    UNION ALL
    SELECT s, customer, cart_at + make_interval(secs => 300 + floor(300 * chance(s, 15))), 'purchase', channel, price,
           CASE WHEN chance(s, 51) < 0.12 THEN stars(chance(s, 52) < 0.9, chance(s, 53)) END
    FROM outcome WHERE bought
    UNION ALL
    -- An e-mail reminds of the cart a few hours or days later.
    SELECT s, customer, back_at + make_interval(secs => delay), event, 'email',
           CASE WHEN event = 'purchase' THEN price END, NULL
    FROM outcome
         CROSS JOIN LATERAL (SELECT cart_at + make_interval(hours => 3 + floor(90 * chance(s, 16))::int) AS back_at) AS b
         CROSS JOIN (VALUES ('visit', 0, 1.0), ('checkout', 70, 0.62), ('purchase', 190, 0.5)) AS e (event, delay, rate)
    WHERE comes_back AND chance(s, 17) < rate
    UNION ALL
    SELECT s, customer, sent_at, 'shipped', carrier, NULL, NULL FROM sale
    UNION ALL
    SELECT s, customer, delivered_at, 'delivered', carrier, NULL, CASE WHEN chance(s, 37) < 0.4 THEN stars(NOT late, chance(s, 38)) END FROM sale
    UNION ALL
    SELECT s, customer, asked_at, 'support_contact', desk, NULL, CASE WHEN chance(s, 39) < 0.6 THEN stars(NOT slow, chance(s, 40)) END
    FROM sale WHERE asked
    UNION ALL
    SELECT s, customer, delivered_at + make_interval(secs => floor(86400 * (2 + 7 * chance(s, 41)))), event, NULL,
           CASE event WHEN 'refund' THEN -price END, CASE event WHEN 'review' THEN stars(content, chance(s, 43)) END
    FROM sale
         JOIN (VALUES ('review', true, 0.00, 0.16), ('refer_friend', true, 0.16, 0.24), ('share', true, 0.24, 0.32), ('refund', true, 0.32, 0.34),
                      ('review', false, 0.00, 0.25), ('refund', false, 0.25, 0.45)) AS e (event, of_content, low, high)
         ON content = of_content AND chance(s, 42) >= low AND chance(s, 42) < high
) AS e
     LEFT JOIN leaver USING (customer)
WHERE at >= :'start' AND at < timestamptz :'start' + interval '84 days' AND (at <= left_at) IS NOT FALSE
ORDER BY at, s;

ANALYZE events;
