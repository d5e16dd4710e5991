-- Which touches and channels earned a conversion.  All numbers are derived by hand from the
-- definitions of doc/attribution.md, and printed as fractions.
SET timezone = 'UTC';
SET datestyle = 'ISO';
\pset null '(null)'
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA attribution;
SET search_path = attribution, public;

-- Shorthand: day:event@channel=value, from the first of March 2026 on; equal days are ties.
CREATE FUNCTION j(spec text) RETURNS journey IMMUTABLE LANGUAGE sql AS $$
    SELECT string_agg(to_char(timestamp '2026-03-01' + interval '1 day' * split_part(t, ':', 1)::float8, 'YYYY-MM-DD HH24:MI:SS.US+00 ')
                      || replace(substr(t, strpos(t, ':') + 1), '=', ' ='), ', ')::journey
    FROM string_to_table(spec, ' ') t
$$;

-- A number as a fraction, by its continued fraction; beyond 1e9 as it is.
CREATE FUNCTION frac(x float8) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$
DECLARE
    rest float8 := abs(x);
    n numeric[] := '{0, 1}';
    d numeric[] := '{1, 0}';
BEGIN
    IF x IS NULL THEN
        RETURN 'null';
    END IF;
    WHILE d[2] < 1e9 LOOP
        n := ARRAY[n[2], floor(rest)::numeric * n[2] + n[1]];
        d := ARRAY[d[2], floor(rest)::numeric * d[2] + d[1]];
        IF abs(abs(x) - (n[2] / d[2])::float8) <= 1e-12 * abs(x) THEN
            RETURN CASE WHEN x < 0 THEN '-' ELSE '' END || n[2] || CASE WHEN d[2] > 1 THEN '/' || d[2] ELSE '' END;
        END IF;
        rest := 1 / (rest - floor(rest));
    END LOOP;
    RETURN x::text;
END $$;
SELECT frac(0.5), frac(1.0 / 7), frac(-22.0 / 7), frac(3), frac(0), frac(8745425.0 / 231207), frac(NULL);

-- The touches of each conversion as "channel credit"; "nobody" is a conversion without a touch.
CREATE FUNCTION credits(journey, conversion text, model text DEFAULT 'linear', scope text DEFAULT 'shared', most int DEFAULT NULL)
RETURNS SETOF text IMMUTABLE LANGUAGE sql AS $$
    SELECT string_agg(touches, ' | ' ORDER BY conversion)
    FROM (SELECT t.model, t.conversion, min(n) AS n,
                 t.conversion || ': ' || string_agg(CASE WHEN touchpoint IS NULL THEN 'nobody' ELSE coalesce(channel, 'null') END
                                                    || ' ' || frac(credit), ', ' ORDER BY n) AS touches
          FROM attribute_touchpoints($1, $2, $3, $4, $5) WITH ORDINALITY
               AS t(model, conversion, converted_at, conversion_value, touchpoint, touchpoints, touched_at, event, channel, credit, attributed_value, n)
          GROUP BY t.model, t.conversion) q
    GROUP BY model ORDER BY min(n)
$$;

-- What a model gives to one, two, three and five touches, a week apart each.
CREATE FUNCTION by_touches(model text) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT string_agg((SELECT string_agg(frac(credit), ' ' ORDER BY touchpoint)
                       FROM attribute_touchpoints(j((SELECT string_agg(7 * (i - 1) || ':ad@' || chr(96 + i), ' ') FROM generate_series(1, n) i)
                                                    || ' ' || 7 * (n - 1) || ':buy'), 'buy', model)), ' ; ' ORDER BY n)
    FROM unnest('{1,2,3,5}'::int[]) n
$$;

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

\echo -- a row for each touch of each conversion
SELECT * FROM attribute_touchpoints(j('0:ad@a 7:mail@b 8:buy@web=30'), 'buy');
\echo -- a conversion without a touch has one row, so that totals reconcile
SELECT * FROM attribute_touchpoints(j('0:buy@web=5'), 'buy', 'first');
\echo -- no conversion, no touchpoint, no journey: no rows
SELECT count(*) FROM attribute_touchpoints(j('0:ad@a'), 'buy');
SELECT count(*) FROM attribute_touchpoints('', 'buy');
SELECT count(*) FROM attribute_touchpoints(NULL, 'buy');

\echo -- without a touch everything that has a channel counts, but conversions
SELECT credits(j('0:ad@a 1:view 2:mail@b 3:buy@web'), 'buy');
\echo -- with a touch only that; without a channel it counts if its event is named
SELECT credits(j('0:ad@a 1:view 2:mail@b 3:buy@web'), '(ad|view) -> buy');
SELECT credits(j('0:ad@a 1:view 2:mail@b 3:buy@web'), '* -> buy');
SELECT credits(j('0:ad@a 1:view 2:mail@b 3:buy@web'), '@* -> buy');
SELECT credits(j('0:ad@a 1:view 2:mail@b 3:buy@web'), '@b -> buy');
SELECT credits(j('0:ad@a 1:view 2:mail@b 3:buy@web'), 'view -> buy');
SELECT credits(j('0:ad@a 1:view 2:mail@b 3:buy@web'), 'm* -> buy');
SELECT credits(j('0:ad@a 1:view 2:mail@b 3:buy@web'), 'other -> buy');
\echo -- a conversion is no touch, whatever the touch says
SELECT credits(j('0:ad@a 1:buy@web 2:buy@web'), '@* -> buy');
SELECT credits(j('0:buy@web 1:buy@web'), 'buy -> buy');
SELECT credits(j('0:buy@app 1:buy@web'), '* -> buy@web');
\echo -- several kinds of conversion
SELECT credits(j('0:ad@a 1:signup@web 2:buy@app 3:buy@web'), '@* -> (signup|buy)@web');

\echo -- the lookback is 30 days, inclusive
SELECT credits(j('0:ad@a 30:buy'), 'buy');
SELECT credits(j('0:ad@a 30.000001:buy'), 'buy');
SELECT credits(j('0:ad@a 7:buy'), 'ad -> buy within 7 days');
SELECT credits(j('0:ad@a 7.000001:buy'), 'ad -> buy within 7 days');
SELECT credits(j('0:ad@a 1:ad@b 1:buy'), 'buy within 0 days');
SELECT credits(j('0:ad@a 400:buy'), 'buy within 100 weeks');
\echo -- a touch at the instant of the conversion counts, whatever its name; one after it does not
SELECT credits(j('1:ad@a 1:buy'), 'buy'), credits(j('1:zoom@a 1:buy'), 'buy'), credits(j('1:zoom@a 0:buy'), 'buy');
\echo -- conversions at one instant look back each on its own
SELECT credits(j('0:ad@a 1:buy=2 1:buy=1'), 'buy');
\echo -- if touches are exclusive the first of them in the order of the journey has them
SELECT conversion, conversion_value, channel, attributed_value FROM attribute_touchpoints(j('0:ad@a 1:buy=2 1:buy=1'), 'buy', scope => 'exclusive');
\echo -- nor is the own channel of a conversion a touch; a row beside it is
SELECT touchpoint, event, channel, credit FROM attribute_touchpoints(j('0:buy@a'), 'buy');
SELECT touchpoint, event, channel, credit FROM attribute_touchpoints(j('0:arrival@a 0:buy@a'), 'buy');
\echo -- every conversion counts, also the second one within a minute
SELECT credits(j('0:ad@a 0.0001:buy 0.0002:buy'), 'buy');
\echo -- ties in time stand in the order of the journey: event, channel
SELECT credits(j('0:b@x 0:a@y 0:a@x 1:buy'), 'buy', 'first');
SELECT credits(j('0:b@x 0:a@y 0:a@x 1:buy'), 'buy', 'last');
SELECT credits(j('0:b@x 0:a@y 0:a@x 1:buy'), 'buy', 'time_decay');
SELECT credits(j('0:a@x 0:a 1:buy'), 'a -> buy', 'first');

\echo -- scopes: every conversion on its own, touches since the one before, the first, the last
SELECT s, credits(j('0:ad@a 10:buy 20:ad@b 35:buy 36:ad@c 37:buy'), 'buy within 40 days', 'linear', s)
FROM unnest('{shared,exclusive,first,LAST}'::text[]) s;
SELECT s, credits(j('0:ad@a 10:buy 20:ad@b 35:buy 36:ad@c 37:buy'), 'buy within 10 days', 'linear', s)
FROM unnest('{shared,exclusive,first,last}'::text[]) s;
\echo -- exclusive: at the instant of a conversion a touch still belongs to it
SELECT credits(j('0:ad@a 1:ad@b 1:buy 2:ad@c 2:buy'), 'buy', 'linear', 'exclusive');
SELECT credits(j('1:buy 1:zoom@z 2:buy'), 'buy', 'linear', 'exclusive');
\echo -- at most so many touches, the most recent ones of each conversion
SELECT credits(j('0:ad@a 1:ad@b 2:ad@c 3:buy 4:ad@d 5:buy'), 'buy', 'linear', 'shared', 2);
SELECT credits(j('0:ad@a 1:ad@b 2:ad@c 3:buy'), 'buy', 'first', 'shared', 2);
SELECT credits(j('0:ad@a 1:ad@b 2:ad@c 3:buy'), 'buy', 'first', 'shared', 2147483647);
SELECT touchpoint, touchpoints, channel FROM attribute_touchpoints(j('0:ad@a 1:ad@b 2:ad@c 3:buy'), 'buy', max_touchpoints => 2);

\echo -- models, by the number of touches: one, two, three, five
SELECT by_touches('first');
SELECT by_touches('last');
SELECT by_touches('linear');
SELECT by_touches('linear_unique');
SELECT by_touches('participation');
\echo -- position: first, middle (shared equally), last; two touches share in proportion of first and last
SELECT by_touches('u_shaped');
SELECT by_touches('j_shaped');
SELECT by_touches('inverse_j');
SELECT by_touches('position(0.4, 0.2, 0.4)');
SELECT by_touches('position(1, 2, 3)');
SELECT by_touches('position(0, 1, 0)');
SELECT by_touches('position(1, 0, 0)');
SELECT by_touches('position(0, 1, 2)');
\echo -- time decay: half as much for each half-life before the last touch
SELECT by_touches('time_decay');
SELECT by_touches('time_decay(7 days)');
SELECT by_touches('time_decay(84 hours)');
SELECT credits(j('0:ad@a 7:ad@b 30:buy'), 'buy', 'time_decay');
SELECT credits(j('0:ad@a 1:ad@b 29:buy'), 'buy', 'time_decay(1 s)');
\echo -- custom: from the most recent touch backwards; if no touch has a weight the last has all
SELECT by_touches('custom(3, 2, 1)');
SELECT by_touches('custom(0, 1)');
SELECT by_touches('custom(1)');
SELECT by_touches('custom(1, 1, 1, 1, 1, 1, 1, 1)');
\echo -- a channel that comes back
SELECT m, credits(j('0:ad@a 1:ad@b 2:ad@a 3:ad@a 4:buy'), 'buy', m)
FROM unnest('{first,last,linear,linear_unique,participation,u_shaped}'::text[]) m;
\echo -- touches without a channel are of one channel
SELECT credits(j('0:view 1:ad@b 2:view 3:buy'), '* -> buy', 'linear_unique');
\echo -- first and last of other channels; if there are none, of all
SELECT credits(j('0:ad@direct 1:ad@a 2:ad@b 3:ad@direct 4:buy'), 'buy', 'first_non(direct)');
SELECT credits(j('0:ad@direct 1:ad@a 2:ad@b 3:ad@direct 4:buy'), 'buy', 'last_non(direct)');
SELECT credits(j('0:ad@direct 1:ad@a 2:ad@b 3:ad@direct 4:buy'), 'buy', 'last_non(b, direct)');
SELECT credits(j('0:ad@direct 1:ad@direct 2:buy'), 'buy', 'first_non(direct)');
SELECT credits(j('0:ad@direct 1:ad@direct 2:buy'), 'buy', 'last_non(direct)');
\echo -- names of models in any case, those of channels as they are; prefixes and quotes
SELECT credits(j('0:ad@a 1:ad@direct 2:buy'), 'buy', 'LAST_NON(direct)');
SELECT credits(j('0:ad@a 1:ad@direct 2:buy'), 'buy', 'last_non(Direct)');
SELECT credits(j('0:ad@paid/x 1:ad@organic 2:ad@paid/y 3:buy'), 'buy', 'last_non(paid/*)');
SELECT credits(journey '2026-03-01 00:00Z ad@a, 2026-03-02 00:00Z ad@"Paid Social", 2026-03-03 00:00Z buy', 'buy', 'last_non("Paid Social")');
SELECT credits(journey '2026-03-01 00:00Z ad@a, 2026-03-02 00:00Z ad@"Paid Social", 2026-03-03 00:00Z buy', 'buy', 'last_non("Paid "*)');
\echo -- no channel is none of those named
SELECT credits(j('0:ad@direct 1:view 2:buy'), '* -> buy', 'first_non(direct)');
SELECT credits(j('0:view 1:ad@direct 2:buy'), '* -> buy', 'last_non(direct)');

\echo -- a channel whose name is taken away is no touch, and conversions on it stay
SELECT channel, credit FROM attribute_touchpoints(rename_channels(j('0:ad@a 1:visit@direct 2:buy@direct'), '{"direct": ""}'), 'buy');
SELECT channel, credit FROM attribute_touchpoints(rename_channels(j('1:visit@direct 2:buy@direct'), '{"direct": ""}'), 'buy');
\echo -- w_shaped: first touch, the last ones up to lead and opportunity, and the others
SELECT credits(j('0:ad@a 1:ad@b 2:lead 3:ad@c 4:ad@d 5:opp 6:ad@e 7:buy'), 'buy', 'w_shaped(lead, opp)');
SELECT credits(j('0:ad@a 1:ad@b 2:lead_2 3:ad@c 4:ad@d 5:opp 6:ad@e 7:buy'), 'buy', 'w_shaped(lead*, opp)');
\echo -- one touch may hold several of them
SELECT credits(j('0:ad@a 1:lead 2:opp 3:buy'), 'buy', 'w_shaped(lead, opp)');
SELECT credits(j('0:ad@a 1:lead 2:ad@b 3:opp 4:buy'), 'buy', 'w_shaped(lead, opp)');
\echo -- what is missing is left out: the opportunity, both, a lead before any touch
SELECT credits(j('0:ad@a 1:ad@b 2:lead 3:ad@c 4:buy'), 'buy', 'w_shaped(lead, opp)');
SELECT credits(j('0:ad@a 1:ad@b 2:ad@c 3:buy'), 'buy', 'w_shaped(lead, opp)');
SELECT credits(j('0:lead 1:ad@a 2:ad@b 3:buy'), 'buy', 'w_shaped(lead, opp)');
\echo -- a lead that is a touch holds itself; only the first lead counts
SELECT credits(j('0:ad@a 1:lead@b 2:ad@c 3:opp@d 4:ad@e 5:buy'), 'buy', 'w_shaped(lead, opp)');
SELECT credits(j('0:ad@a 1:lead 2:ad@b 3:lead 4:opp 5:buy'), 'buy', 'w_shaped(lead, opp)');
\echo -- at the instant of the lead the order of the journey decides
SELECT credits(j('0:ad@a 1:lead 1:zoom@z 2:buy'), 'buy', 'w_shaped(lead, opp)');
SELECT credits(j('0:ad@a 1:lead 1:ad@b 2:buy'), 'buy', 'w_shaped(lead, opp)');
\echo -- a lead beyond the lookback, and another within
SELECT credits(j('0:ad@x 0:lead 20:ad@a 21:ad@b 40:buy'), 'buy', 'w_shaped(lead, opp)');
SELECT credits(j('0:lead 20:ad@a 21:ad@b 22:lead 23:ad@c 40:buy'), 'buy', 'w_shaped(lead, opp)');
\echo -- a lead of the conversion before counts if touches are shared
SELECT credits(j('0:ad@a 1:lead 2:buy 3:ad@b 4:ad@c 5:buy'), 'buy', 'w_shaped(lead, opp)');
SELECT credits(j('0:ad@a 1:lead 2:buy 3:ad@b 4:ad@c 5:buy'), 'buy', 'w_shaped(lead, opp)', 'exclusive');
SELECT credits(j('0:ad@a 1:buy 1:lead 2:ad@b 3:ad@c 4:buy'), 'buy', 'w_shaped(lead, opp)', 'exclusive');
\echo -- a conversion is no lead; a touch that was left out holds none
SELECT credits(j('0:ad@a 1:buy 2:ad@b 3:ad@c 4:buy'), 'buy', 'w_shaped(buy, opp)');
SELECT credits(j('0:ad@a 1:ad@b 2:lead 3:ad@c 4:ad@d 5:opp 6:ad@e 7:buy'), 'buy', 'w_shaped(lead, opp)', 'shared', 2);

\echo -- several models: in the order of the list, as they are written
SELECT model, channel, credit FROM attribute_touchpoints(j('0:ad@a 7:ad@b 8:buy'), 'buy', ' Last,first ,time_decay( 7  days )');
\echo -- the same one twice
SELECT model, channel, credit FROM attribute_touchpoints(j('0:ad@a 8:buy'), 'buy', 'first, first');
\echo -- values: zero, negative, none
SELECT channel, credit, attributed_value FROM attribute_touchpoints(j('0:ad@a 1:ad@b 2:buy=0'), 'buy');
SELECT channel, credit, attributed_value FROM attribute_touchpoints(j('0:ad@a 1:ad@b 2:buy=-30'), 'buy', 'linear, first');
SELECT channel, credit, attributed_value FROM attribute_touchpoints(j('0:ad@a=3 1:ad@b 2:buy'), 'buy');

\echo -- channels: by hand from five customers; d touched no conversion
CREATE TABLE customers (customer int, country text, journey journey);
INSERT INTO customers VALUES
    (1, 'DE', j('0:ad@a 1:ad@b 2:buy=10')), (2, 'DE', j('0:ad@a 1:ad@a 2:buy=20 3:ad@b 4:buy=40')),
    (3, 'FR', j('0:buy=5')), (4, 'FR', j('0:ad@d')), (5, 'FR', j('0:ad@a 1:buy'));
CREATE FUNCTION shown(channel_credit[]) RETURNS SETOF text IMMUTABLE LANGUAGE sql AS $$
    SELECT concat_ws(' ', c.model, coalesce(channel, 'nobody'), 'conversions', frac(attributed_conversions), 'value', frac(attributed_value),
                     'share', frac(share), 'touchpoints', touchpoints, 'customers', customers, 'first', first_touches, 'last', last_touches,
                     'only', only_touches, 'assists', assists, 'removal ' || nullif(frac(removal_effect), 'null'))
    FROM unnest($1) WITH ORDINALITY AS c(model, channel, touchpoints, customers, attributed_conversions, attributed_value, share,
                                         first_touches, last_touches, only_touches, assists, removal_effect, n)
    ORDER BY n
$$;
SELECT shown(channel_attribution(journey, 'buy', 'linear, first, participation')) FROM customers;
\echo -- shapley and markov: touches since the conversion before, and what led to none
SELECT shown(channel_attribution(journey, 'buy', 'shapley, markov')) FROM customers;
\echo -- touches without a channel stand under (none), with those of a channel of that name
SELECT shown(channel_attribution(j('0:view 1:ad@b 2:buy=-6'), '* -> buy', 'linear'));
SELECT shown(channel_attribution('2026-03-01 00:00Z view, 2026-03-02 00:00Z ad@"(none)", 2026-03-03 00:00Z buy', '* -> buy', 'linear'));
\echo -- so they are one channel where channels share alike: 1/2 each with p, and one participation
SELECT shown(channel_attribution('2026-03-01 00:00Z view, 2026-03-02 00:00Z ad@"(none)", 2026-03-02 01:00Z ad@p, 2026-03-03 00:00Z buy', '* -> buy', 'linear_unique, participation, shapley'));
\echo -- rows stand in the order of the models and of the bytes of channels
SELECT string_agg(c.model || ' ' || coalesce(c.channel, 'nobody'), ', ')
FROM unnest((SELECT channel_attribution(journey, '* -> buy', 'last, first')
             FROM (VALUES (j('0:ad@b 1:ad@Z 1:ad@a 2:ad@ä 3:ad 4:buy')), (j('0:buy'))) v(journey))) c;
\echo -- no conversion: no rows, but for markov those of the paths without
SELECT shown(channel_attribution(j('0:ad@a'), 'buy', 'linear, shapley, markov'));
SELECT channel_attribution(j('0:ad@a'), 'buy', 'linear');
SELECT channel_attribution(''::journey, 'buy', 'linear, markov');
\echo -- no journey: null
SELECT channel_attribution(NULL::journey, 'buy', 'linear'), (SELECT channel_attribution(journey, 'buy', 'linear') FROM customers WHERE false);
\echo -- nothing but conversions without a touch
SELECT shown(channel_attribution(journey, 'buy', 'linear, markov')) FROM customers WHERE customer = 3;
\echo -- beyond the lookback a touch is of no path
SELECT shown(channel_attribution(j('0:ad@a 40:ad@b 41:buy'), 'buy', 'markov'));
\echo -- touches behind the last conversion are a path without one, however late
SELECT shown(channel_attribution(j('0:ad@a 1:buy 99:ad@b'), 'buy', 'markov'));

\echo -- a population with a cycle: 2 + 1 of a > b > a, 1 + 2 of b > c, 1 + 3 of a, 1 + 1 of c > b
CREATE TABLE t36 (customer int GENERATED ALWAYS AS IDENTITY, journey journey);
INSERT INTO t36 (journey)
    SELECT j(p) FROM (VALUES ('0:ad@a 1:ad@b 2:ad@a 3:buy=8', 1), ('0:ad@a 1:ad@b 2:ad@a 3:buy=12', 1), ('0:ad@a 1:ad@b 2:ad@a', 1),
                             ('0:ad@b 1:ad@c 3:buy=5', 1), ('0:ad@b 1:ad@c', 2), ('0:ad@a 3:buy=30', 1), ('0:ad@a', 3),
                             ('0:ad@c 1:ad@b 3:buy=10', 1), ('0:ad@c 1:ad@b', 1)) v(p, n), generate_series(1, n);
SELECT count(*) FROM t36;
SELECT shown(channel_attribution(journey, 'buy', 'linear, shapley, markov, markov(2), markov(3)')) FROM t36;
\echo -- straight from rows the same, with values and without
CREATE TABLE rows AS SELECT customer, t.* FROM t36, touchpoints(journey) t ORDER BY md5(customer || t.at::text);
SELECT (SELECT channel_attribution(customer, at, event, channel, value, 'buy', 'linear, shapley, markov, markov(2), markov(3)') FROM rows)
     = (SELECT channel_attribution(journey, 'buy', 'linear, shapley, markov, markov(2), markov(3)') FROM t36);
SELECT shown(channel_attribution(customer, at, event, channel, 'buy', 'linear, markov')) FROM rows;
\echo -- neighbours that are alike change nothing at order 1
SELECT (SELECT array_agg((channel, removal_effect) ORDER BY channel) FROM unnest((SELECT channel_attribution(journey, 'buy', 'markov') FROM t36)) c)
     = (SELECT array_agg((channel, removal_effect) ORDER BY channel)
        FROM unnest((SELECT channel_attribution(journey || (SELECT journey_agg(at + interval '1 minute', event, channel) FROM touchpoints(journey) WHERE event = 'ad'),
                                                'buy', 'markov') FROM t36)) c);
\echo -- order 2 knows where b was come to from: a > b > c converted, d > b > e did not
SELECT c.model, string_agg(c.channel || ' ' || frac(c.removal_effect) || ' ' || frac(c.attributed_conversions), ', ')
FROM unnest((SELECT channel_attribution(journey, 'buy', 'markov(1), markov(2), markov(3)')
             FROM (VALUES (j('0:ad@a 1:ad@b 2:ad@c 3:buy')), (j('0:ad@d 1:ad@b 2:ad@e'))) v(journey))) c
GROUP BY c.model ORDER BY c.model;
\echo -- losses of value that cancel out: it is shared as the conversions are
SELECT shown(channel_attribution(journey, 'buy', 'markov')) FROM (VALUES (j('0:ad@a 1:ad@b 2:buy=10')), (j('0:ad@a 2:buy=-20'))) v(journey);
\echo -- though in binary they do so but nearly
SELECT string_agg(c.channel || ' ' || round(c.attributed_value::numeric, 9), ', ')
FROM unnest((SELECT channel_attribution(journey, 'buy', 'markov')
             FROM (VALUES (j('0:ad@a 1:ad@b 2:buy=0.1')), (j('0:ad@a 1:ad@b 2:buy=0.2')), (j('0:ad@a 2:buy=-0.3')), (j('0:ad@a 2:buy=-0.3')), (j('0:ad@c'))) v(journey))) c;

\echo -- w_shaped asks for events that are neither touch nor conversion, from rows, too
SELECT shown(channel_attribution(1, at, event, channel, 'ad -> buy', 'w_shaped(lead, opp)'))
FROM touchpoints(j('0:ad@a 1:ad@b 2:lead 3:ad@c 4:ad@d 5:opp 6:ad@e 7:buy'));

-- Many customers, with ties, repeats, several conversions, and values that are missing, zero or negative.
CREATE TABLE events AS
    SELECT customer, substr('DEFRIT', 1 + 2 * (customer % 3), 2) AS country,
           timestamptz '2026-03-01 00:00+00' + interval '1 hour' * (h % 2000) AS at,
           (ARRAY['ad', 'view', 'lead', 'opp', 'buy', 'ad', 'ad', 'view'])[1 + h / 2000 % 8] AS event,
           (ARRAY['a', 'b', 'c', 'd', 'e/1', 'e/2', NULL])[1 + h / 16000 % 7] AS channel,
           (ARRAY[10, -4, 0, NULL, 7.5])[1 + h / 112000 % 5]::float8 AS value
    FROM generate_series(1, 3000) customer, generate_series(1, 8) n,
         LATERAL (SELECT ('x' || substr(md5(customer || '.' || n), 1, 7))::bit(28)::int AS h) q
    WHERE n <= 1 + customer % 8;
CREATE TABLE journeys AS SELECT customer, country, journey_agg(at, event, channel, value) AS journey FROM events GROUP BY customer, country;
\set rules '''first, last, first_non(a, e/*), last_non(a), linear, linear_unique, position(1, 2, 3), u_shaped, j_shaped, inverse_j, w_shaped(lead, opp), time_decay, time_decay(1 hour), custom(3, 2, 0, 1)'''
\set all '''first, last, first_non(a, e/*), last_non(a), linear, linear_unique, position(1, 2, 3), u_shaped, j_shaped, inverse_j, w_shaped(lead, opp), time_decay, time_decay(1 hour), custom(3, 2, 0, 1), shapley, markov, markov(2), markov(3)'''
CREATE TABLE totals AS SELECT count(*) AS conversions, sum(value) AS value FROM events WHERE event = 'buy';
SELECT conversions > 1000 FROM totals;
\echo -- totals reconcile, touch by touch: of 14 models in two scopes
SELECT s, count(*), bool_and(abs(credit - conversions) < 1e-9 * conversions AND abs(q.value - t.value) < 1e-9 * conversions)
FROM (SELECT s, a.model, sum(a.credit) AS credit, sum(a.attributed_value) AS value
      FROM unnest('{shared,exclusive}'::text[]) s, journeys, attribute_touchpoints(journey, '(ad|view) -> buy', :rules, s) a GROUP BY s, a.model) q, totals t
GROUP BY s ORDER BY s DESC;
\echo -- and by channel, of 18 models
CREATE TABLE of_all AS SELECT channel_attribution(journey, '(ad|view) -> buy', :all) AS f FROM journeys;
SELECT count(*), bool_and(abs(credit - conversions) < 1e-9 * conversions AND abs(q.value - t.value) < 1e-9 * conversions AND abs(share - 1) < 1e-9)
FROM (SELECT c.model, sum(c.attributed_conversions) AS credit, sum(c.attributed_value) AS value, sum(c.share) AS share
      FROM of_all, unnest(f) c GROUP BY c.model) q, totals t;
\echo -- a channel has what its touches have
SELECT count(*) > 100, bool_and(abs(c.attributed_conversions - t.credit) < 1e-9 * t.credit + 1e-12 AND c.touchpoints = t.touches AND c.customers = t.customers AND
                                c.first_touches = t.first AND c.last_touches = t.last AND c.only_touches = t.only),
       bool_and(abs(c.attributed_value - t.value) < 1e-6)
FROM (SELECT a.model, CASE WHEN touchpoint > 0 THEN coalesce(channel, '(none)') END AS channel, sum(credit) AS credit, sum(attributed_value) AS value,
             count(touchpoint) AS touches, count(DISTINCT customer) FILTER (WHERE touchpoint > 0) AS customers,
             count(*) FILTER (WHERE touchpoint = 1) AS first, count(*) FILTER (WHERE touchpoint = touchpoints) AS last,
             count(*) FILTER (WHERE touchpoint = 1 AND touchpoints = 1) AS only
      FROM journeys, attribute_touchpoints(journey, '(ad|view) -> buy', :rules) a GROUP BY 1, 2) t
FULL JOIN (SELECT c.* FROM of_all, unnest(f) c WHERE c.model !~ 'markov|shapley') c ON t.model = c.model AND t.channel IS NOT DISTINCT FROM c.channel;
\echo -- removal effects lie between 0 and 1
SELECT count(*), bool_and(removal_effect BETWEEN 0 AND 1) FROM of_all, unnest(f) c WHERE c.model LIKE 'markov%' AND c.channel IS NOT NULL;

\echo -- both forms, all groups of a ROLLUP, and every plan agree
CREATE FUNCTION rounded(channel_credit[]) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', c.model, c.channel, c.touchpoints, c.customers, round(c.attributed_conversions::numeric, 9), round(c.attributed_value::numeric, 9),
                                round(c.share::numeric, 9), c.first_touches, c.last_touches, c.only_touches, c.assists, round(c.removal_effect::numeric, 9)), E'\n')
    FROM unnest($1) c
$$;
CREATE TABLE serial AS SELECT country, channel_attribution(journey, '(ad|view) -> buy', :all) AS f FROM journeys GROUP BY ROLLUP (country);
SELECT count(*), min(length(rounded(f))) > 3000 FROM serial;
SELECT country, count(*), sum(c.attributed_conversions) FROM serial, unnest(f) c WHERE c.model = 'last' GROUP BY country ORDER BY country;
SELECT count(*) FROM serial s JOIN (SELECT country, channel_attribution(customer, at, event, channel, value, '(ad|view) -> buy', :all) AS f FROM events GROUP BY ROLLUP (country)) k
    ON s.country IS NOT DISTINCT FROM k.country AND rounded(s.f) = rounded(k.f);
ALTER TABLE journeys SET (parallel_workers = 2);
SET max_parallel_workers_per_gather = 2; SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET parallel_leader_participation = off;
CREATE FUNCTION plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    found text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
        found := found || CASE WHEN line ~ 'Partial' THEN ' partial' WHEN line ~ 'Gather' THEN ' gather' ELSE '' END;
    END LOOP;
    RETURN found;
END $$;
SELECT plan_of($$SELECT channel_attribution(journey, '(ad|view) -> buy', 'markov') FROM journeys$$);
SELECT rounded(channel_attribution(journey, '(ad|view) -> buy', :all)) = (SELECT rounded(f) FROM of_all) FROM journeys;
SELECT count(*) FROM serial s JOIN (SELECT country, channel_attribution(journey, '(ad|view) -> buy', :all) AS f FROM journeys GROUP BY country) p
    ON s.country = p.country AND rounded(s.f) = rounded(p.f);
SET max_parallel_workers_per_gather = 0;

\echo -- a conversion is one step, or a touch and a step
SELECT refusal(format('SELECT attribute_touchpoints(%L, %L)', '', c)) FROM unnest(ARRAY['a -> b -> c', 'a => b', 'a ->[<= 1 hour] b', 'a? -> b', 'a -> !b', 'a & b',
    'a -> b from first', 'a same channel', 'a by channel', 'a by week', '', 'a b']) c;
SELECT refusal($$SELECT channel_attribution(journey, 'a -> b -> c', 'first') FROM attribution.customers$$);
\echo -- unknown models, and what stands in their parentheses
SELECT refusal(format('SELECT attribute_touchpoints(%L, %L, %L)', '', 'buy', m)) FROM unnest(ARRAY['lst', '', 'first,', 'first last', 'linear(1)', 'first_non', 'first_non()',
    'last_non(a', 'last_non(*)', 'w_shaped(lead)', 'w_shaped(lead, opp, x)', 'position(1, 2)', 'position(1, 2, 3, 4)', 'position(1, -2, 3)', 'custom()', 'custom(x)', 'custom(1e999)',
    'time_decay()', 'time_decay(7)', 'time_decay(1 day, 2 days)', 'time_decay(0 days)', 'markov(0)', 'markov(4)', 'markov()']) m;
SELECT refusal(format('SELECT attribute_touchpoints(%L, %L, %L)', '', 'buy', m)) FROM unnest(ARRAY['time_decay(1 month)', 'time_decay(999999999999 days)']) m;
\echo -- weights that add up to nothing
SELECT refusal(format('SELECT attribute_touchpoints(%L, %L, %L)', '', 'buy', m)) FROM unnest(ARRAY['position(0, 0, 0)', 'custom(0)']) m;
\echo -- at most 64 models
SELECT refusal(format('SELECT attribute_touchpoints(%L, %L, %L)', '', 'buy', repeat('first, ', 64) || 'last'));
SELECT count(*) FROM attribute_touchpoints(j('0:buy'), 'buy', repeat('first, ', 63) || 'last');
\echo -- models of populations give nothing to touchpoints
SELECT refusal($$SELECT attribute_touchpoints('', 'buy', 'first, markov(2)')$$);
SELECT refusal($$SELECT attribute_touchpoints('', 'buy', 'shapley')$$);
\echo -- scopes, and numbers of touches
SELECT refusal($$SELECT attribute_touchpoints('', 'buy', 'first', 'any')$$);
SELECT refusal($$SELECT attribute_touchpoints('', 'buy', max_touchpoints => 0)$$);
\echo -- arguments must not be null, also for no journey
SELECT refusal($$SELECT attribute_touchpoints(NULL, NULL)$$);
SELECT refusal($$SELECT attribute_touchpoints('', 'buy', NULL)$$);
SELECT refusal($$SELECT attribute_touchpoints('', 'buy', scope => NULL)$$);
SELECT refusal($$SELECT channel_attribution(journey, NULL, 'first') FROM attribution.customers$$);
SELECT refusal($$SELECT channel_attribution(journey, 'buy', NULL) FROM attribution.customers$$);
SELECT refusal($$SELECT channel_attribution(customer, at, event, channel, 'buy', NULL) FROM attribution.events$$);
\echo -- nor differ within a group
SELECT refusal($$SELECT channel_attribution(journey, CASE customer WHEN 1 THEN 'buy' ELSE 'ad' END, 'first') FROM attribution.customers$$);
SELECT refusal($$SELECT channel_attribution(journey, 'buy', CASE customer WHEN 1 THEN 'first' ELSE 'last' END) FROM attribution.customers$$);
\echo -- after an error the next call is as if there had been none
DO $$
BEGIN
    FOR i IN 1 .. 3 LOOP
        BEGIN
            PERFORM attribute_touchpoints(attribution.j('0:ad@a 1:buy'), 'buy', CASE i WHEN 2 THEN 'lst' ELSE 'last' END);
        EXCEPTION WHEN syntax_error THEN
            RAISE NOTICE 'refused: %', i;
        END;
    END LOOP;
END $$;

\echo == notices: no such conversion; no touch of any; none where there is one
SELECT count(*) FROM unnest((SELECT channel_attribution(j('0:ad@a 1:buy'), 'purchase', 'last'))) c;
SELECT count(*) FROM unnest((SELECT channel_attribution(j('0:ad 1:buy'), 'buy', 'markov'))) c;
SELECT count(*) FROM unnest((SELECT channel_attribution(j('0:ad@a 1:buy@a'), 'advert -> buy', 'last'))) c;
SELECT count(*) FROM unnest((SELECT channel_attribution(j('0:ad@a 1:buy'), 'buy', 'last'))) c;

\echo == attribution_from_paths: paths that are counted already
\echo -- T36 again: the same removal effects, and no customers
SELECT shown(attribution_from_paths(path, conversions, value, nulls, 'markov, linear'))
FROM (VALUES ('a>b>a', 2, 20, 1), (' b > c ', 1, 5, 2), ('a', 1, 30, 3), ('c >b', 1, 10, 1)) p(path, conversions, value, nulls);
\echo -- as the same paths give one by one, by every model that a path can have, and merged in parallel: no differences
CREATE TABLE written AS SELECT path, conversions::bigint, value::float8, nulls::bigint
	FROM (VALUES ('a > b > a', 2, 20, 1), ('b > c', 1, 5, 2), ('a', 1, 30, 3), ('c > b', 1, 10, 1), ('a > a > b', 3, 6, 0), ('', 2, 7, 1)) p(path, conversions, value, nulls);
CREATE TABLE walked AS
	SELECT path || kind || i AS customer, '2026-01-01'::timestamptz + place * interval '1 hour' AS at, 'touch' AS event, btrim(channel) AS channel, NULL::float8 AS value
	FROM written, LATERAL (SELECT 'won', i FROM generate_series(1, conversions) i UNION ALL SELECT 'lost', i FROM generate_series(1, nulls) i) k(kind, i),
		unnest(string_to_array(path, '>')) WITH ORDINALITY u(channel, place) WHERE path <> ''
	UNION ALL SELECT path || 'won' || i, '2026-01-02', 'buy', NULL, value / conversions FROM written, generate_series(1, conversions) i;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
ALTER TABLE written SET (parallel_workers = 2);
WITH a AS (SELECT s.* FROM unnest((SELECT attribution_from_paths(path, conversions, value, nulls,
		'first, last, first_non(a), linear, linear_unique, position(1, 2, 3), u_shaped, custom(3, 1), participation, markov, markov(2), markov(3), shapley') FROM written)) s),
	b AS (SELECT s.* FROM unnest((SELECT channel_attribution(customer, at, event, channel, value, 'touch -> buy',
		'first, last, first_non(a), linear, linear_unique, position(1, 2, 3), u_shaped, custom(3, 1), participation, markov, markov(2), markov(3), shapley') FROM walked)) s)
SELECT count(*) AS rows, count(*) FILTER (WHERE a.touchpoints IS DISTINCT FROM b.touchpoints OR a.customers IS NOT NULL OR a.first_touches IS DISTINCT FROM b.first_touches
		OR a.last_touches IS DISTINCT FROM b.last_touches OR a.only_touches IS DISTINCT FROM b.only_touches OR a.assists IS DISTINCT FROM b.assists
		OR abs(a.attributed_conversions - b.attributed_conversions) > 1e-9 OR abs(a.attributed_value - b.attributed_value) > 1e-9
		OR abs(a.removal_effect - b.removal_effect) > 1e-9 OR (a.attributed_value IS NULL) <> (b.attributed_value IS NULL)) AS differences
FROM a FULL JOIN b ON a.model = b.model AND a.channel IS NOT DISTINCT FROM b.channel;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
\echo -- more conversions than 64 bits of parts can hold: half each
SELECT shown(attribution_from_paths('a > b', 2000000000000000000, NULL, 0, 'linear'));
\echo -- no path is no row; no numbers are none
SELECT attribution_from_paths(NULL, 1, 1, 1, 'last');
SELECT shown(attribution_from_paths('a', NULL, NULL, NULL, 'last, markov'));
\echo -- what it refuses
SELECT refusal(format('SELECT attribution_from_paths(%L, %L, %L, %L, %L)', path, conversions, value, nulls, model))
FROM (VALUES ('a>>b', 1, '1', 1, 'last'), ('a>', 1, '1', 1, 'last'), ('>a', 1, '1', 1, 'last'), ('>', 1, '1', 1, 'last'), ('a', -1, '1', 1, 'last'), ('a', 1, '1', -1, 'last'),
	('a', 0, '1', 1, 'last'), ('a', 1, 'NaN', 1, 'last'), ('a', 1, '1', 1, 'time_decay'), ('a', 1, '1', 1, 'w_shaped(x, y)'), ('a', 1, '1', 1, NULL)) v(path, conversions, value, nulls, model);
SET client_min_messages = warning;
DROP SCHEMA attribution CASCADE;
