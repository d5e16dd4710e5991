-- Other labels.
SET timezone = 'UTC';
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
-- Shorthand: hour:event, of one day; equal hours are ties.
CREATE FUNCTION j(spec text) RETURNS journey IMMUTABLE LANGUAGE sql AS $$
    SELECT string_agg(format('2026-03-01 %s:00:00+00 %s', lpad(split_part(t, ':', 1), 2, '0'),
                             replace(substr(t, strpos(t, ':') + 1), '_', ' ')), ', ')::journey
    FROM string_to_table(spec, ' ') t
$$;
CREATE FUNCTION s(journey) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT coalesce(string_agg(extract(hour FROM at)::text || ':' || event || coalesce('@' || channel, '')
                               || coalesce('=' || value, '') || coalesce('*' || score, ''), ' ' ORDER BY touchpoint), '')
    FROM touchpoints($1) WHERE $1 IS NOT NULL
$$;

\echo -- rename: all of a label, a prefix, a prefix whose rest stays, anything
SELECT s(rename_events(j('0:view 1:view-item 2:cart 3:v'), '{"view": "seen", "view*": "item", "c*": "b*", "*": "other"}'));
SELECT s(rename_channels(j('0:a@ads-1 1:a@ads-2 2:a@mail 3:a'), '{"ads*": "paid", "mail": "owned"}'));
\echo -- the whole label before prefixes, of these the longest; once, never again
SELECT s(rename_events(j('0:abc 1:abcd 2:ab 3:x'), '{"abc": "1", "ab*": "2", "abc*": "3", "a*": "4", "x": "abc"}'));
SELECT s(rename_events(j('0:a 1:b'), '{"a": "b", "b": "a"}')), s(rename_events(j('0:a 1:aa'), '{"a*": "aa*"}'));
\echo -- a star at the end of a new name is one, unless the old name has it too
SELECT s(rename_events(j('0:a 1:bcd 2:b'), '{"a": "x*", "b*": "y*"}'));
\echo -- touchpoints at one instant change places; labels become one; duplicates stay
SELECT s(rename_events(j('0:a 0:b=2 0:b=1'), '{"a": "z"}')), s(rename_events(j('0:a 0:b 0:c'), '{"c": "a", "b": "a"}'));
SELECT s(rename_events(j('0:a=2 0:b=1 1:c'), '{"b": "a"}')), s(rename_channels(j('0:a@x 0:a@y 0:a'), '{"x": "z"}'));
SELECT rename_events(j('0:a 0:b=2 0:b=1 1:c@q'), '{"a": "z", "c": "a"}') = j('0:z 0:b=2 0:b=1 1:a@q');
\echo -- only the dictionary changes: the same bytes as of a journey made with these names
SELECT rename_events(j('0:a@x=1 1:b 2:c@y*2 2:d'), '{"a": "a long new name", "b": "q"}') = j('0:"a_long_new_name"@x=1 1:q 2:c@y*2 2:d');
SELECT rename_channels(j('0:a@x=1 1:b 2:c@y*2 2:d'), '{"*": "channel-*"}') = j('0:a@channel-x=1 1:b 2:c@channel-y*2 2:d');
SELECT length(rename_events(j('0:a 1:b'), jsonb_build_object('a', repeat('x', 100000)))::text);
\echo -- an event and a channel of the same name are two things
SELECT s(rename_events(j('0:a@a 1:b@b'), '{"a": "b2"}')), s(rename_channels(j('0:a@a 1:b@b'), '{"a": "b2"}'));
\echo -- channels: an empty name is none, and none has an empty name; a prefix does not meet it
SELECT s(rename_channels(j('0:a@direct 1:b@x 2:c'), '{"direct": ""}')), s(rename_channels(j('0:a@x 1:b 2:c'), '{"": "direct"}')), s(rename_channels(j('0:a@x 1:b'), '{"*": "y"}'));
SELECT s(rename_channels(j('0:a@utm-x 1:b@utm-'), '{"utm-*": "*"}')), s(rename_channels(rename_channels(j('0:a@x 1:b'), '{"": "none"}'), '{"none": ""}'));
SELECT s(rename_channels(j('0:a@x 0:a 1:b@y 2:c'), '{"": "x", "x": "w"}')), s(rename_channels(j('0:a 1:b'), '{"": "x"}')), s(rename_channels(j('0:a@x'), '{"x": ""}'));
\echo -- nothing to do; nothing there
SELECT s(rename_events(j('0:a 1:b'), '{}')), s(rename_events(j('0:a'), '{"b": "c", "a": "a"}')), rename_events('', '{"a": "b"}') = '', rename_channels(NULL, '{}'), rename_events('', NULL);
\echo -- one call site, several names and journeys
SELECT s(rename_events(j(k), n)) FROM unnest('{0:a 1:b,0:c 1:a}'::text[]) k, unnest(ARRAY['{"a": "x"}', '{"a": "y", "c": "z"}', '{"*": "w"}']::jsonb[]) n;
SELECT refusal($$SELECT rename_events('', '[]')$$);
SELECT refusal($$SELECT rename_events('', '"a"')$$);
SELECT refusal($$SELECT rename_events('', '{"a": 1}')$$);
SELECT refusal($$SELECT rename_events('', '{"a": null}')$$);
SELECT refusal($$SELECT rename_channels('', '{"a": ["b"]}')$$);
SELECT refusal($$SELECT rename_channels('', '{"a": {"b": "c"}}')$$);
SELECT refusal($$SELECT rename_events('', '{"": "a"}')$$);
SELECT refusal($$SELECT rename_events('', '{"a": ""}')$$);
SELECT refusal($$SELECT rename_events(j('0:ab 1:a'), '{"a*": "*"}')$$);

\echo -- channels as events: they stay channels, values and scores stay, and what has none is left out
SELECT s(channels_as_events(j('0:visit@ads 1:view 2:cart@web=60*4 3:pay@web=1')));
SELECT channels_as_events(j('0:a 1:b')) = '', channels_as_events('') = '', channels_as_events(NULL);
\echo -- touchpoints at one instant change places, and come in the order of values where channels are one
SELECT s(channels_as_events(j('0:a@q 0:b@p 0:c@p=2 0:d@p=1 0:d@p=1*3 0:e')));
SELECT channels_as_events(j('0:a@q 0:b@p=2')) = j('0:p@p=2 0:q@q'), events(channels_as_events(j('0:a@"a_b" 1:b@c'))), s(channels_as_events(channels_as_events(j('0:a@p 1:b'))));

\echo -- a stored journey, compressed or not, is read as any other
CREATE TABLE stored (journey journey);
INSERT INTO stored SELECT journey_agg(timestamptz '2026-03-01 00:00Z' + make_interval(secs => n), 'event ' || n % 300, 'channel ' || n % 7, n) FROM generate_series(1, 20000) n;
SELECT events(rename_events(journey, '{"event*": "e"}')), rename_events(rename_events(journey, '{"event*": "e*"}'), '{"e*": "event*"}') = journey,
	length(channels_as_events(journey)), events(channels_as_events(journey)) = channels(journey) FROM stored;
\echo -- all are immutable, strict and safe in parallel queries
SELECT proname, provolatile, proisstrict, proparallel FROM pg_proc WHERE proname IN ('rename_events', 'rename_channels', 'channels_as_events') ORDER BY proname;

DROP TABLE stored;
DROP FUNCTION refusal, j, s;
