-- What the demonstration asks about the shop.  Run by demo/run, which prints
-- each query before its answer.
\echo
\echo '== The events, as a shop has them, with what comes before a visit and after a purchase; ratings are scores from -1 to 1'
SELECT * FROM events WHERE at >= '2026-03-01 09:00+00' ORDER BY at, customer LIMIT 10;

\echo '== The journey map: who gets to each stage, through which channels, and where do they leave?'
CREATE TABLE journey_map AS
SELECT * FROM unnest((SELECT journey_map(customer, at, event, channel, value, score, 'online', 0) FROM events));

SELECT stage, phase, customers, round(100 * share::numeric, 1) AS "% of all", skipped, exits,
       round(100 * exit_rate::numeric, 1) AS "% exit", channels, top_channel, top_event
FROM journey_map
ORDER BY position;

\echo '== How do they feel there, and how long until they go on?  Returns come back from a later stage'
SELECT stage, scored AS ratings, round(average_score::numeric, 2) AS score, round(score_change::numeric, 2) AS change,
       round(100 * low_share::numeric, 1) AS "% low", justify_hours(make_interval(secs => round(median_seconds_to_next))) AS median_to_next,
       returns, round(value::numeric) AS value
FROM journey_map
ORDER BY position;

\echo '== Pain points: what do customers meet last before they leave without a purchase, or rate low?  The share of those who met it'
CREATE TABLE pain_points AS
SELECT * FROM unnest((SELECT pain_points(customer, at, event, channel, value, score, 'online', 0) FROM events));

SELECT stage, event, channel, customers, left_here, low, round(100 * pain::numeric, 1) AS "% pain"
FROM pain_points
WHERE customers >= 50
ORDER BY pain DESC
LIMIT 8;

\echo '== And what hurts those who bought?'
SELECT event, channel, customers, scored AS ratings, low, round(average_score::numeric, 2) AS score, round(100 * pain::numeric, 1) AS "% pain"
FROM pain_points
WHERE stage = 'post_purchase' AND scored >= 50
ORDER BY pain DESC;

\echo '== What does it cost?  Who is still seen 15 days after a rating, low or not'
SELECT event, score < 0 AS low, count(*) AS ratings, round(100 * avg((last_seen > at + interval '15 days')::int), 1) AS "% seen later"
FROM (SELECT *, max(at) OVER (PARTITION BY customer) AS last_seen FROM events) AS e
WHERE event IN ('delivered', 'support_contact') AND score IS NOT NULL
  AND at < (SELECT max(at) FROM events) - interval '30 days'
GROUP BY event, low
ORDER BY event, low;

\echo '== Where do customers drop off?  The funnel, straight from the events'
SELECT s.step, s.stage, s.customers, s.drop_off,
       round(100 * s.conversion_from_start::numeric, 1) AS "% of start",
       round(100 * s.conversion_from_previous::numeric, 1) AS "% of previous",
       justify_hours(make_interval(secs => round(s.median_seconds))) AS median_time
FROM unnest((SELECT stage_funnel(customer, at, event, 'visit -> view -> add_to_cart -> checkout -> purchase within 7 days')
             FROM events)) AS s;

\echo '== Which channels bring buyers?  By channel of the first visit'
SELECT s.label AS channel,
       max(s.customers) FILTER (WHERE s.step = 1) AS visit,
       max(s.customers) FILTER (WHERE s.step = 2) AS add_to_cart,
       max(s.customers) FILTER (WHERE s.step = 3) AS purchase,
       round(100 * max(s.conversion_from_start) FILTER (WHERE s.step = 3)::numeric, 1) AS "% buy",
       round(100 * max(s.conversion_low) FILTER (WHERE s.step = 3)::numeric, 1) AS low,
       round(100 * max(s.conversion_high) FILTER (WHERE s.step = 3)::numeric, 1) AS high
FROM unnest((SELECT stage_funnel(customer, at, event, channel, 'visit -> add_to_cart -> purchase from first by channel')
             FROM events)) AS s
GROUP BY s.label
ORDER BY "% buy" DESC;

\echo '== Which creators'' posts are worth it?  Of those who saw one'
SELECT s.label AS creator,
       max(s.customers) FILTER (WHERE s.step = 1) AS post_view,
       max(s.customers) FILTER (WHERE s.step = 2) AS visit,
       max(s.customers) FILTER (WHERE s.step = 3) AS purchase,
       round(100 * max(s.conversion_from_start) FILTER (WHERE s.step = 3)::numeric, 1) AS "% buy"
FROM unnest((SELECT stage_funnel(customer, at, event, channel, 'post_view -> visit -> purchase within 7 days by channel')
             FROM events)) AS s
GROUP BY s.label
ORDER BY "% buy" DESC;

\echo '== Is it getting better?  Week by week; in one of them the checkout was broken'
SELECT s.label AS week,
       max(s.customers) FILTER (WHERE s.step = 1) AS add_to_cart,
       max(s.customers) FILTER (WHERE s.step = 2) AS checkout,
       max(s.customers) FILTER (WHERE s.step = 3) AS purchase,
       round(100 * max(s.conversion_from_start) FILTER (WHERE s.step = 3)::numeric, 1) AS "% buy",
       bool_and(s.complete) AS complete
FROM unnest((SELECT stage_funnel(customer, at, event, 'add_to_cart -> checkout -> purchase within 7 days by week')
             FROM events)) AS s
GROUP BY s.label
ORDER BY s.label;

\echo '== For many questions, and for single customers: one journey a customer, built once'
CREATE TABLE journeys AS
SELECT customer, journey_agg(at, event, channel, value, score) AS journey
FROM events
GROUP BY customer;

SELECT pg_size_pretty(pg_table_size('events')) AS events_table,
       pg_size_pretty(pg_table_size('journeys')) AS journeys_table,
       count(*) AS customers, sum(length(journey)) AS touchpoints
FROM journeys;

\echo '== The funnel again, from the journeys: the same numbers, in a fraction of the time'
SELECT s.step, s.stage, s.customers, s.drop_off
FROM unnest((SELECT stage_funnel(journey, 'visit -> view -> add_to_cart -> checkout -> purchase within 7 days')
             FROM journeys)) AS s;

\echo '== One customer: came from a creator''s post, needed a reminder, wrote a review'
SELECT customer AS someone
FROM journeys
WHERE journey ~ 'post_view@tiktok* -> add_to_cart@tiktok -> purchase@email -> delivered -> review within 30 days'
ORDER BY length(journey), customer
LIMIT 1 \gset

SELECT t.*
FROM journeys CROSS JOIN LATERAL touchpoints(journey) AS t
WHERE customer = :someone;

\echo '== The same journey as text, which reads back to the same value'
\pset format unaligned
SELECT journey FROM journeys WHERE customer = :someone;
\pset format aligned
\echo

\echo '== How is the shop used?  Sessions on its pages, by channel of the first visit'
SELECT q.channel, s.customers, s.sessions, round(s.sessions_per_customer::numeric, 2) AS "a customer",
       s.median_touchpoints AS median_events, justify_hours(make_interval(secs => round(s.median_seconds))) AS median_time,
       round(100 * s.bounce_rate::numeric, 1) AS "% bounced", round(s.value::numeric, 2) AS value
FROM (SELECT first_channel(p.pages) AS channel, session_summary(p.pages) AS f
      FROM journeys, keep_touchpoints(journey, '(visit|search|view|read_reviews|add_to_wishlist|add_to_cart|checkout|purchase)') AS p (pages)
      WHERE p.pages <> ''
      GROUP BY 1) q
CROSS JOIN unnest(q.f) AS s
ORDER BY s.sessions DESC;

\echo '== The sessions of that customer; numbered in the events table they are the same'
SELECT s.session, s.started_at, justify_hours(make_interval(secs => s.seconds)) AS time, s.touchpoints, s.entry_channel, s.exit_event, s.value
FROM journeys CROSS JOIN LATERAL sessionize(journeys.journey) AS s
WHERE customer = :someone;

SELECT at, event, sessionize(at) OVER (PARTITION BY customer ORDER BY at) AS session
FROM events
WHERE customer = :someone;

\echo '== What follows the first cart?  The three most frequent events at each position; rows as a Sankey chart takes them'
SELECT f.source, f.target, f.journeys, round(100 * f.share_of_source::numeric, 1) AS "% of source",
       justify_hours(make_interval(secs => round(f.median_seconds))) AS median_time
FROM unnest((SELECT journey_flow(collapse(after(journey, 'add_to_cart', true)), 3, 3) FROM journeys)) AS f;

\echo '== The top paths of those who bought, from the last visit before, and of those who left, in 7 days'
SELECT CASE WHEN q.bought THEN 'bought' ELSE 'left' END AS who, p.path, p.journeys,
       round(100 * p.share::numeric, 1) AS "%", round(100 * p.coverage::numeric, 1) AS "% covered",
       justify_hours(make_interval(secs => round(p.median_seconds))) AS median_time
FROM (SELECT a.completed AS bought,
             journey_paths(collapse(keep_touchpoints(a.journey, '(visit|search|view|add_to_cart|checkout|purchase)')), 8, 5) AS paths
      FROM journeys CROSS JOIN LATERAL attempts(journeys.journey, 'visit -> purchase within 7 days') AS a
      GROUP BY a.completed) AS q
CROSS JOIN unnest(q.paths) AS p
ORDER BY who, p.length IS NULL, p.journeys DESC, p.path;

\echo '== Which channel earned the purchases?  Of visits within 30 days before, by six models; nobody: no visit came before'
SELECT coalesce(a.channel, '(nobody)') AS channel,
       round(sum(a.attributed_conversions) FILTER (WHERE a.model = 'first')::numeric) AS first,
       round(sum(a.attributed_conversions) FILTER (WHERE a.model = 'last')::numeric) AS last,
       round(sum(a.attributed_conversions) FILTER (WHERE a.model = 'linear')::numeric) AS linear,
       round(sum(a.attributed_conversions) FILTER (WHERE a.model = 'u_shaped')::numeric) AS u_shaped,
       round(sum(a.attributed_conversions) FILTER (WHERE a.model = 'time_decay')::numeric) AS time_decay,
       round(sum(a.attributed_conversions) FILTER (WHERE a.model = 'markov')::numeric) AS markov,
       round(sum(a.attributed_value) FILTER (WHERE a.model = 'linear')::numeric, 2) AS linear_value
FROM unnest((SELECT channel_attribution(journey, 'visit -> purchase within 30 days',
                                        'first, last, linear, u_shaped, time_decay, markov')
             FROM journeys)) AS a
GROUP BY a.channel
ORDER BY linear DESC;

\echo '== Whom does an abandoned cart belong to?  No purchase within a day of the last click on it, and that day is over'
SELECT customer, a.started_at AS cart_at, a.entry_channel AS channel, a.value AS worth
FROM journeys CROSS JOIN LATERAL attempts(journey, 'add_to_cart -> !(add_to_cart|purchase) within 1 day') AS a
WHERE a.completed
  AND a.started_at < (SELECT max(ended_at(journey)) FROM journeys) - interval '1 day'
ORDER BY a.started_at DESC
LIMIT 10;

\echo '== How many carts is that, and what are they worth, by channel?'
SELECT a.entry_channel AS channel, count(DISTINCT customer) AS customers, count(*) AS carts,
       round(sum(a.value)::numeric, 2) AS worth
FROM journeys CROSS JOIN LATERAL attempts(journey, 'add_to_cart -> !(add_to_cart|purchase) within 1 day') AS a
WHERE a.completed
  AND a.started_at < (SELECT max(ended_at(journey)) FROM journeys) - interval '1 day'
GROUP BY a.entry_channel
ORDER BY worth DESC;
