-- Measures of one journey.
SET timezone = 'America/New_York';
SET datestyle = 'ISO';
\pset null '(null)'
\pset format unaligned
\pset tuples_only on

CREATE FUNCTION refusal(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text; hint text;
BEGIN
    EXECUTE query;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN SQLSTATE || ' ' || SQLERRM || coalesce('. ' || nullif(detail, ''), '') || coalesce(' ' || nullif(hint, ''), '');
END $$;
-- Touchpoints a minute apart, one for each channel; - is none.
CREATE FUNCTION of_channels(channels text) RETURNS journey IMMUTABLE LANGUAGE sql AS $$
    SELECT coalesce(journey_agg(timestamptz '2026-03-01 00:00Z' + make_interval(mins => n::int), 'e', nullif(c, '-')), '')
    FROM string_to_table(channels, ' ') WITH ORDINALITY u(c, n) WHERE c <> ''
$$;

\echo -- channel_switches: touchpoints without a channel are passed over
SELECT c, channel_switches(of_channels(c)) FROM unnest('{"",-,a,a a,a b,a b a,a - a,a - b,- a,a -,a b b c - c a}'::text[]) c;
SELECT channel_switches(NULL);

\echo -- first_channel and last_channel: those of touchpoints that have one
SELECT c, first_channel(of_channels(c)), last_channel(of_channels(c)), last_channel(of_channels(c), '{direct}')
FROM unnest('{"",-,a,a b,- a b -,direct,ads direct,ads - direct direct -,direct ads}'::text[]) c;
SELECT last_channel(of_channels('a b c d'), '{d,c}'), last_channel(of_channels('a b'), '{}'), last_channel(of_channels('a b'), '{{b,NULL},{NULL,a}}'),
       last_channel(of_channels('a b'), ARRAY[NULL, 'b']), last_channel(of_channels('a b'), NULL), last_channel(NULL, '{a}'), first_channel(NULL), last_channel(NULL);
SELECT last_channel(of_channels('a bb'), '{b,bbb,B}'), first_channel('2026-03-01 00:00Z e1@x, 2026-03-01 00:00Z e2@w, 2026-03-01 00:00Z e3');

\echo -- idle_seconds: the gaps that end a session; the rest is spent in sessions
SELECT gap, idle_seconds(j, gap), duration_seconds(j), (SELECT sum(seconds) FROM sessionize(j, gap))
FROM (SELECT '2026-03-01 00:00Z a, 2026-03-01 00:30Z b, 2026-03-01 01:00:00.000001Z c, 2026-03-02 01:00Z d'::journey AS j) q,
     unnest('{0,30 minutes,1 hour,1 day,2 days}'::interval[]) gap;
SELECT idle_seconds('2026-03-01 00:00Z a, 2026-03-01 00:31Z a'), idle_seconds('2026-03-01 00:00Z a'), idle_seconds(''), idle_seconds(NULL);
SELECT idle_seconds('-4712-01-01 00:00Z a, +294276-12-31 23:59:59Z z', gap => '0');
SELECT refusal($$SELECT idle_seconds('', NULL)$$);
SELECT refusal($$SELECT idle_seconds('', '1 year')$$);
SELECT refusal($$SELECT idle_seconds('', '-1 s')$$);

\echo -- active_dates: UTC unless a zone is named; the session has no say
SELECT active_dates('2026-03-01 00:00Z a, 2026-03-01 23:59:59Z b, 2026-03-03 00:00Z c'), active_dates('2026-03-01 00:00Z a, 2026-03-01 23:59:59Z b', 'Asia/Tokyo'),
       active_dates('2026-03-01 00:00Z a, 2026-03-01 23:59:59Z b', time_zone => 'America/New_York');
SELECT active_dates(''), active_dates(NULL), active_dates('', NULL), active_dates('-4712-01-01 00:00Z a, +294276-12-31 23:59:59Z z');
\echo -- where clocks change a day has 23 or 25 hours; a day may be missing, or lived through twice
SELECT active_dates('2026-03-28 22:59:59Z a, 2026-03-28 23:00Z b, 2026-03-29 21:59:59Z c, 2026-03-29 22:00Z d', 'Europe/Berlin');
SELECT active_dates('2011-12-30 09:59:59Z a, 2011-12-30 10:00Z b', 'Pacific/Apia');
SELECT active_dates('1969-09-30 12:30Z a, 1969-09-30 14:00Z b, 1969-10-01 11:59Z c, 1969-10-01 12:00Z d', 'Pacific/Kwajalein');
\echo -- where they are set back over midnight the day begins when it first comes
SELECT active_dates('2026-10-24 12:00Z a, 2026-10-25 00:30Z b', 'Atlantic/Azores'), active_dates('2025-11-01 16:00Z a, 2025-11-02 03:59:59Z b, 2025-11-02 04:00Z c', 'America/Havana');
\echo -- the first hours of time, west of Greenwich, lie before the first date
SELECT refusal($$SELECT active_dates('-4713-11-24 00:00Z a', 'America/New_York')$$), active_dates('-4713-11-24 12:00Z a', 'America/New_York');
SELECT refusal($$SELECT active_dates('', 'Mars/Olympus')$$);
SELECT zone, refusal(format('SELECT active_dates('''', %L)', zone)) FROM unnest('{Mars/Olympus-5,Europe/Berlin-3,Etc/Nowhere-3,UTC-5,EST5,GMT+1,EST5EDT4,Etc/GMT+5,etc/gmt-14}'::text[]) zone;
\echo -- but all names that the database has are taken for what they are: EST5EDT is west of Greenwich, GMT+0 is GMT
SELECT name FROM pg_timezone_names WHERE refusal(format('SELECT active_dates('''', %L)', name)) <> 'accepted';
SELECT zone, active_dates('2026-01-10 04:59:59Z a, 2026-01-10 05:00Z b, 2026-07-10 03:59:59Z c, 2026-07-10 04:00Z d', zone)
FROM unnest('{EST5EDT,est5edt,GMT0,GMT+0,GMT-0}'::text[]) zone;
SELECT refusal($$SELECT active_dates('', '')$$);
SELECT refusal($$SELECT active_dates('', '+05:00')$$);
SELECT refusal(format('SELECT active_dates('''', %L)', repeat('ä', 300)));

\echo -- every function is immutable and safe in parallel queries
SELECT proname, provolatile, proparallel FROM pg_proc
WHERE proname IN ('channel_switches', 'first_channel', 'last_channel', 'idle_seconds', 'active_dates') ORDER BY oid::regprocedure::text;

DROP FUNCTION refusal, of_channels;
