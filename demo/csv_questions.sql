-- What the demonstration asks about the user's own events.  Run by demo/run,
-- which sets :funnel, :by_channel and :by_week, and has found out
-- whether the last two can be asked.
\echo
\echo '== The events'
SELECT count(*) AS events, count(DISTINCT customer) AS customers, min(at) AS first, max(at) AS last
FROM events;

SELECT event, count(*) AS events, count(DISTINCT customer) AS customers
FROM events
GROUP BY event
ORDER BY events DESC, event
LIMIT 20;

\echo '== The funnel, straight from the events'
SELECT s.step, s.stage, s.customers, s.drop_off,
       round(100 * s.conversion_from_start::numeric, 1) AS "% of start",
       round(100 * s.conversion_from_previous::numeric, 1) AS "% of previous",
       justify_hours(make_interval(secs => round(s.median_seconds))) AS median_time, s.touchpoints
FROM unnest((SELECT stage_funnel(customer, at, event, channel, value, :'funnel') FROM events)) AS s;

\if :has_channel
\echo '== By channel of the touchpoint that started it'
SELECT s.label AS channel, s.step, s.stage, s.customers,
       round(100 * s.conversion_from_start::numeric, 1) AS "% of start"
FROM unnest((SELECT stage_funnel(customer, at, event, channel, value, :'by_channel') FROM events)) AS s;
\endif

\if :has_week
\echo '== Week by week'
SELECT s.label AS week, min(s.customers) FILTER (WHERE s.step = 1) AS started,
       min(s.customers) AS reached_the_end, bool_and(s.complete) AS complete
FROM unnest((SELECT stage_funnel(customer, at, event, channel, value, :'by_week') FROM events)) AS s
GROUP BY s.label
ORDER BY s.label;
\else
\echo '== No trend by week: FUNNEL needs "within", a first step that is required, and steps in order (no &)'
\endif

SELECT count(channel) > 0 AS has_touches FROM events \gset
SELECT matches AS conversion FROM pattern_steps(:'funnel') WHERE kind = 'required' ORDER BY step DESC LIMIT 1 \gset

\if :has_touches
\if :{?conversion}
\echo '== Which channel earned the last step?  Of whatever came on one within 30 days before, by four models; nobody: nothing did'
SELECT coalesce(a.channel, '(nobody)') AS channel,
       round(sum(a.attributed_conversions) FILTER (WHERE a.model = 'first')::numeric) AS first,
       round(sum(a.attributed_conversions) FILTER (WHERE a.model = 'last')::numeric) AS last,
       round(sum(a.attributed_conversions) FILTER (WHERE a.model = 'linear')::numeric) AS linear,
       round(sum(a.attributed_conversions) FILTER (WHERE a.model = 'markov')::numeric) AS markov,
       round(sum(a.attributed_value) FILTER (WHERE a.model = 'linear')::numeric, 2) AS linear_value
FROM unnest((SELECT channel_attribution(customer, at, event, channel, value, :'conversion', 'first, last, linear, markov')
             FROM events)) AS a
GROUP BY a.channel
ORDER BY linear DESC NULLS LAST, a.channel
LIMIT 20;
\endif
\endif

\echo '== For many questions, and for single customers: one journey a customer, built once'
CREATE TABLE journeys AS
SELECT customer, journey_agg(at, event, channel, value) AS journey
FROM events
GROUP BY customer;

\echo '== Sessions: 30 minutes without an event end one'
SELECT s.customers, s.sessions, round(s.sessions_per_customer::numeric, 2) AS "a customer",
       s.median_touchpoints AS median_events, justify_hours(make_interval(secs => round(s.median_seconds))) AS median_time,
       round(100 * s.bounce_rate::numeric, 1) AS "% bounced"
FROM unnest((SELECT session_summary(journey) FROM journeys)) AS s;

\echo '== One customer who came far'
SELECT (SELECT customer
        FROM journeys
        WHERE length(journey) <= 40
        ORDER BY reached(journey, :'funnel') DESC, length(journey), customer
        LIMIT 1) AS someone \gset

\if :{?someone}
SELECT t.*
FROM journeys CROSS JOIN LATERAL touchpoints(journey) AS t
WHERE customer = :'someone';

\pset format unaligned
SELECT journey FROM journeys WHERE customer = :'someone';
\pset format aligned
\echo
\endif

\echo '== Who dropped off last without ever completing it, and how far had they come?'
SELECT customer, a.started_at, a.ended_at, a.reached, a.entry_channel
FROM journeys CROSS JOIN LATERAL attempts(journey, :'funnel') AS a
WHERE a.attempt = 1 AND NOT a.completed
ORDER BY a.ended_at DESC, customer
LIMIT 10;
