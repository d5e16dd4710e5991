--
-- The type journey: text, jsonb and binary form, order, operators, accessors.
--
-- pg_regress sets TimeZone and DateStyle to other values than journeys use, so
-- everything here also shows that their text does not depend on settings.
--
\set ECHO queries
\pset null '(null)'
\pset format unaligned
\pset tuples_only on

-- what an error says, in one line
CREATE FUNCTION refusal(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text; detail text;
BEGIN
	EXECUTE query;
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ' ' || said || coalesce('. ' || nullif(detail, ''), '');
END $$;

\echo == text form

\echo -- touchpoints print in time order, in UTC
SELECT '2026-03-04 20:15:10.5+00 order@web =59.9 *4, 2026-03-01 10:00:00+01 review@tiktok'::journey;
\echo -- the empty journey is the empty text
SELECT '[' || ''::journey::text || ']', '[' || '  '::journey::text || ']', ''::journey = '  '::journey;
\echo -- duplicates are kept
SELECT '2026-03-01 09:00:00+00 a, 2026-03-01 09:00:00+00 a'::journey;
\echo -- at one instant: by event, channel, value, score; none comes first; labels as bytes
SELECT '2026-03-01 09:00:00+00 b, 2026-03-01 09:00:00+00 a@x =2, 2026-03-01 09:00:00+00 a@x =1 *3, 2026-03-01 09:00:00+00 a@x =1 *2, 2026-03-01 09:00:00+00 a@x =1, 2026-03-01 09:00:00+00 a@x =-1, 2026-03-01 09:00:00+00 a@x *9, 2026-03-01 09:00:00+00 a@x, 2026-03-01 09:00:00+00 a, 2026-03-01 09:00:00+00 B, 2026-03-01 09:00:00+00 aa, 2026-03-01 09:00:00+00 é'::journey;
\echo -- every form of time with an offset
SELECT '2026-03-01T09:00:00Z a, 2026-03-01t09:00z b, 2026-03-01 09:00+0000 c, 2026-03-01  14:30:00+05:30 d, 2026-03-01 08:00:00-01 e, 2026-03-01 09:00:20+00:00:20 f, 2026-03-01 09:00:00.000+00 g'::journey;
\echo -- fractions are rounded to microseconds and printed without trailing zeros
SELECT '2026-03-01 09:00:00.5+00 a, 2026-03-01 09:00:00.1234564+00 b, 2026-03-01 09:00:00.1234565+00 c, 2026-03-01 09:00:00.9999999+00 d'::journey;
\echo -- midnight at the end of a day, and a leap second
SELECT '2026-02-28 24:00:00Z a, 2026-06-30 23:59:60Z b'::journey;
\echo -- the hour that a change to or from summer time repeats or leaves out is two different hours here
SELECT '2025-10-26 02:30:00+02 before, 2025-10-26 02:30:00+01 after, 2026-03-29 02:30:00+01 gap'::journey;
\echo -- from 4713 BC to 294276 AD; years before 1 and after 9999 are signed
SELECT '-4713-11-24 00:00:00Z a, 0000-02-29 00:00:00Z b, -0001-01-01 00:00:00Z c, 0001-01-01 00:00:00Z d, +12026-03-01 00:00:00Z e, +294276-12-31 23:59:59.999999Z f'::journey;
SELECT (j::text)::journey = j, started_at(j) = '4714-11-24 00:00:00+00 BC', ended_at(j) = '294276-12-31 23:59:59.999999+00'
FROM (SELECT '-4713-11-24 00:00:00Z a, +294276-12-31 23:59:59.999999Z f'::journey AS j) x;
\echo -- labels in any script; quotes where there is more than letters, digits, _ - . / : $ and the like beyond ASCII
SELECT '2026-03-01 09:00:00Z "add to cart"@"e-mail, \ =1*2@3", 2026-03-01 09:00:01Z "say ""hi"""@Überblick/купить:$5.00_購入-🛒, 2026-03-01 09:00:02Z "a"@"b"'::journey;
\echo -- beyond ASCII: blanks, punctuation, arrows and format characters take quotes; marks, symbols, emoji and joiners inside them do not
SELECT U&'2026-03-01 09:00:00Z "visit\2192buy"@"\00A0", 2026-03-01 09:00:01Z "\201Csale\201D"@"a\200Bb", 2026-03-01 09:00:02Z "\FEFFvisit"@"\200D"'::journey;
SELECT U&'2026-03-01 09:00:00Z "cafe\0301"@"\+01F469\200D\+01F469\200D\+01F467", 2026-03-01 09:00:01Z "5\20AC\00B1\00B0"@"\0645\06CC\200C\062E", 2026-03-01 09:00:02Z "\2764\FE0F\200D\+01F525"@"\200D\+01F525"'::journey;
\echo -- an empty channel is none
SELECT '2026-03-01 09:00:00Z a@"", 2026-03-01 09:00:00Z a'::journey;
\echo -- numbers print as short as possible and read back exactly
SELECT '2026-03-01 09:00:00Z a =0.1 *-0, 2026-03-01 09:00:01Z a =+5. *.5, 2026-03-01 09:00:02Z a =1e3 *1.5E-2, 2026-03-01 09:00:03Z a =0.30000000000000004 *1e308, 2026-03-01 09:00:04Z a =4.9e-324 *-1.7976931348623157e308'::journey;
SET extra_float_digits = -10;
SELECT '2026-03-01 09:00:00Z a =0.30000000000000004'::journey;
RESET extra_float_digits;
\echo -- blanks of any kind and number between the parts
SELECT E' \t2026-03-01 09:00:00Z\n a @b  =1 *2 ,\n2026-03-01 09:00:00Z c*3 '::journey;
\echo -- a label of 10 kB
SELECT length(j::text), (j::text)::journey = j FROM (SELECT ('2026-03-01 09:00:00Z ' || repeat('x', 10000))::journey AS j) x;

\echo == malformed text, at each place of the grammar
CREATE TABLE malformed AS SELECT * FROM (VALUES
	('x'),
	('2026-03-01'),
	('2026-3-01 09:00:00Z a'),
	('026-03-01 09:00:00Z a'),
	('20260301T090000Z a'),
	('+1234567-03-01 09:00:00Z a'),
	('2026-03-01_09:00:00Z a'),
	('2026-03-01 9:00:00Z a'),
	('2026-03-01 09Z a'),
	('2026-03-01 09:00:0Z a'),
	('2026-03-01 09:00:00.Z a'),
	('2026-03-01 09:00:00 a'),
	('2026-03-01 09:00:00 CET a'),
	('2026-03-01 09:00:00+1 a'),
	('2026-03-01 09:00:00+01: a'),
	('2026-03-01 09:00:00+01:00: a'),
	('2026-03-01 09:00:00+16:00 a'),
	('2026-03-01 09:00:00+01:60 a'),
	('2026-13-01 09:00:00Z a'),
	('2026-02-29 09:00:00Z a'),
	('2026-00-01 09:00:00Z a'),
	('2026-03-00 09:00:00Z a'),
	('2026-03-01 24:00:01Z a'),
	('2026-03-01 23:60:00Z a'),
	('2026-03-01 23:59:61Z a'),
	('-4713-11-23 23:59:59Z a'),
	('+294277-01-01 00:00:00Z a'),
	('+999999-01-01 00:00:00Z a'),
	('-4713-11-24 00:00:00+01 a'),
	('infinity a'),
	('-infinity a'),
	('2026-03-01 09:00:00Z'),
	('2026-03-01 09:00:00Za'),
	('2026-03-01 09:00:00Z ,'),
	('2026-03-01 09:00:00Z @web'),
	('2026-03-01 09:00:00Z ""'),
	('2026-03-01 09:00:00Z ""@web'),
	('2026-03-01 09:00:00Z "a'),
	('2026-03-01 09:00:00Z "a""'),
	('2026-03-01 09:00:00Z a b'),
	(U&'2026-03-01 09:00:00Z visit\2192buy'),
	(U&'2026-03-01 09:00:00Z \FEFFa'),
	(U&'2026-03-01 09:00:00Z a@\201Cweb\201D'),
	(U&'2026-03-01 09:00:00Z\00A0a'),
	('2026-03-01 09:00:00Z a@'),
	('2026-03-01 09:00:00Z a@ web'),
	('2026-03-01 09:00:00Z a@b@c'),
	('2026-03-01 09:00:00Z a ='),
	('2026-03-01 09:00:00Z a =x'),
	('2026-03-01 09:00:00Z a =.'),
	('2026-03-01 09:00:00Z a =1e'),
	('2026-03-01 09:00:00Z a =0x10'),
	('2026-03-01 09:00:00Z a =1-2'),
	('2026-03-01 09:00:00Z a =NaN'),
	('2026-03-01 09:00:00Z a =Infinity'),
	('2026-03-01 09:00:00Z a *-inf'),
	('2026-03-01 09:00:00Z a =1e309'),
	('2026-03-01 09:00:00Z a =1e-400'),
	('2026-03-01 09:00:00Z a =1 =2'),
	('2026-03-01 09:00:00Z a *1 =2'),
	('2026-03-01 09:00:00Z a,'),
	('2026-03-01 09:00:00Z a,,'),
	('2026-03-01 09:00:00Z a;'),
	('2026-03-01 09:00:00Z купить 購入, und hier stimmt etwas nicht, was länger ist'),
	('{}')
) t(input);
SELECT input, refusal(format('SELECT %L::journey', input)) FROM malformed;
\echo -- the whole message
SELECT '2026-03-01 09:00:00 visit'::journey;

\echo -- who asks whether a text is one (pg_input_is_valid, since PostgreSQL 16) gets an answer
\echo -- and no error, and is told the same
CREATE FUNCTION input_refusal(input text, type text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	valid boolean; state text; said text; detail text;
BEGIN
	IF current_setting('server_version_num')::int < 160000 THEN
		RETURN refusal(format('SELECT %L::%s', input, type));
	END IF;
	EXECUTE 'SELECT pg_input_is_valid($1, $2)' INTO valid USING input, type;
	EXECUTE 'SELECT i.sql_error_code, i.message, i.detail FROM pg_input_error_info($1, $2) AS i' INTO state, said, detail USING input, type;
	IF valid <> (state IS NULL) THEN
		RETURN 'pg_input_is_valid and pg_input_error_info differ';
	END IF;
	RETURN coalesce(state || ' ' || said || coalesce('. ' || nullif(detail, ''), ''), 'accepted');
END $$;
SELECT input, input_refusal(input, 'journey') FROM (VALUES
	(''),
	('2026-03-01 09:00:00Z a@b =1 *2'),
	('2026-03-01'),
	('2026-02-29 09:00:00Z a'),
	('2026-03-01 09:00:00+16 a'),
	('+294277-01-01 00:00:00Z a'),
	('2026-03-01 09:00:00Z'),
	('2026-03-01 09:00:00Z ""'),
	('2026-03-01 09:00:00Z "a'),
	('2026-03-01 09:00:00Z a@'),
	('2026-03-01 09:00:00Z a@"b'),
	('2026-03-01 09:00:00Z a =NaN'),
	('2026-03-01 09:00:00Z a =1e309'),
	('2026-03-01 09:00:00Z a *'),
	('2026-03-01 09:00:00Z a *1e-400'),
	('2026-03-01 09:00:00Z a b'),
	('2026-03-01 09:00:00Z a,')
) t(input);
SELECT count(*) > 50 AS many, count(*) FILTER (WHERE input_refusal(input, 'journey') <> refusal(format('SELECT %L::journey', input))) AS different FROM malformed;

\echo == equality and order

\echo -- equal journeys have equal bytes, whatever order and form their touchpoints came in
SELECT a = b, a <> b, journey_cmp(a, b), journey_hash(a) = journey_hash(b), journey_hash_extended(a, 7) = journey_hash_extended(b, 7), journey_send(a) = journey_send(b)
FROM (SELECT '2026-03-01 10:00:00+01 a@x =1.0 *-0, 2026-03-01 09:00:00Z b'::journey AS a,
			 '2026-03-01 09:00:00.000Z "b"@"", 2026-03-01 09:00:00Z "a"@x =1 *0'::journey AS b) x;
\echo -- every part counts
SELECT count(*), count(DISTINCT j), count(DISTINCT journey_hash(j)), count(DISTINCT journey_hash_extended(j, 1))
FROM unnest(ARRAY['', '2026-03-01 09:00:00Z a', '2026-03-01 09:00:01Z a', '2026-03-01 09:00:00Z b', '2026-03-01 09:00:00Z a@b', '2026-03-01 09:00:00Z a =1',
	'2026-03-01 09:00:00Z a *1', '2026-03-01 09:00:00Z a =2', '2026-03-01 09:00:00Z a, 2026-03-01 09:00:00Z a']::journey[]) j;
\echo -- the order: empty, then by start, by end, by length
SELECT j FROM unnest(ARRAY['2026-03-02 09:00:00Z a', '2026-03-01 09:00:00Z a, 2026-03-01 09:00:00Z b', '2026-03-01 09:00:00Z z', '', '2026-03-01 09:00:00Z a, 2026-03-03 09:00:00Z z']::journey[]) j ORDER BY j;
SELECT a < b, a <= b, a > b, a >= b, a < a, a <= a FROM (SELECT ''::journey AS a, '2026-03-01 09:00:00Z a'::journey AS b) x;
\echo -- the order is total: of any two, exactly one of <, = and > holds, and it agrees with journey_cmp
CREATE TABLE few AS
SELECT (format('2026-03-01 09:00:0%sZ e%s', i % 3, i % 2) || CASE WHEN i % 5 > 1 THEN format(', 2026-03-01 09:00:0%sZ e%s@c%s', 2 + i % 2, i % 3, i % 2) ELSE '' END)::journey AS j
FROM generate_series(1, 30) i;
SELECT bool_and((a.j < b.j)::int + (a.j = b.j)::int + (a.j > b.j)::int = 1
	AND (a.j < b.j) = (journey_cmp(a.j, b.j) < 0) AND (a.j < b.j) = (b.j > a.j)
	AND (a.j <= b.j) = NOT (a.j > b.j) AND (a.j >= b.j) = NOT (a.j < b.j) AND (a.j <> b.j) = NOT (a.j = b.j))
FROM few a, few b;
SELECT bool_and(a.j < c.j) FROM few a, few b, few c WHERE a.j < b.j AND b.j < c.j;

\echo -- DISTINCT and GROUP BY, hashed and sorted; joins of every kind; a unique index
SELECT count(*), count(DISTINCT j), count(DISTINCT j::text) FROM few;
SET enable_sort = off; SET enable_hashagg = on;
SELECT count(*), sum(n) FROM (SELECT j, count(*) AS n FROM few GROUP BY j) x;
SET enable_sort = on; SET enable_hashagg = off;
SELECT count(*), sum(n) FROM (SELECT j, count(*) AS n FROM few GROUP BY j) x;
RESET enable_sort; RESET enable_hashagg;
SET enable_mergejoin = off; SET enable_nestloop = off;
SELECT count(*) FROM few a JOIN few b USING (j);
SET enable_mergejoin = on; SET enable_hashjoin = off;
SELECT count(*) FROM few a JOIN few b USING (j);
SET enable_mergejoin = off; SET enable_nestloop = on;
SELECT count(*) FROM few a JOIN few b USING (j);
RESET enable_mergejoin; RESET enable_nestloop; RESET enable_hashjoin;
SELECT count(*) FROM few a JOIN few b ON a.j::text = b.j::text;
CREATE TABLE distinct_journeys AS SELECT DISTINCT j FROM few;
CREATE UNIQUE INDEX ON distinct_journeys (j);
CREATE INDEX ON distinct_journeys USING hash (j);
SELECT refusal($$INSERT INTO distinct_journeys SELECT j FROM few LIMIT 1$$) LIKE '23505%';
CREATE TABLE parts (j journey) PARTITION BY HASH (j);
CREATE TABLE part0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parts SELECT j FROM few;
SELECT count(*) FROM parts;
DROP TABLE parts, distinct_journeys, few;

\echo == merging

SELECT '2026-03-01 09:00:00Z a@x, 2026-03-03 09:00:00Z c'::journey || '2026-03-02 09:00:00Z b =2, 2026-03-01 09:00:00Z a@x'::journey;
\echo -- the empty journey changes nothing; null gives null
SELECT j || '' = j, '' || j = j, j || NULL::journey FROM (SELECT '2026-03-01 09:00:00Z a@x'::journey AS j) x;
\echo -- a literal is taken to be a journey; text is refused, since PostgreSQL would make text of it all
SELECT '2026-03-01 09:00:00Z a'::journey || '2026-03-02 09:00:00Z b';
SELECT '2026-03-01 09:00:00Z a'::journey || 'x'::text;
SELECT 'x'::text || '2026-03-01 09:00:00Z a'::journey;

\echo == jsonb

SELECT '2026-03-01 10:00:00.25+01 a, 2026-03-02 09:00:00Z "say ""hi"""@e-mail =0.30000000000000004 *-2'::journey::jsonb;
SELECT ''::journey::jsonb, '[]'::jsonb::journey = '';
\echo -- json, and the functions that make it of anything, say the same
SELECT j::json, to_json(j) #>> '{}' = j::json #>> '{}', to_jsonb(j) = j::jsonb, jsonb_build_object('journey', j) -> 'journey' = j::jsonb,
	row_to_json(t)::jsonb -> 'j' = j::jsonb, to_jsonb(ARRAY[j]) -> 0 = j::jsonb, (SELECT json_agg(a)::jsonb -> 0 = t.j::jsonb FROM unnest(ARRAY[t.j]) a)
FROM (SELECT journey '2026-03-01 09:00Z "say ""hi"""@web =0.5 *4, 2026-03-02 09:00Z b') t(j);
SELECT NULL::journey::json, ''::journey::json, to_jsonb(NULL::journey);
\echo -- nulls are as good as absent, an empty channel is none, any order
SELECT '[{"event": "b", "at": "2026-03-02T09:00:00+00:00", "value": null, "channel": ""}, {"score": 1e2, "at": "2026-03-01 09:00Z", "event": "a", "channel": null, "value": -0.0}]'::jsonb::journey;
\echo -- there and back, extreme times and numbers included
SELECT j::jsonb, j::jsonb::journey = j
FROM (SELECT '-4713-11-24 00:00:00Z a =4.9e-324, +294276-12-31 23:59:59.999999Z é@ü =1.7976931348623157e308'::journey AS j) x;
\echo -- what is refused
SELECT input, refusal(format('SELECT %L::jsonb::journey', input)) FROM (VALUES
	('null'), ('1'), ('"2026-03-01 09:00:00Z a"'), ('{}'),
	('[1]'), ('[null]'), ('[[]]'), ('[{"at": "2026-03-01T09:00:00Z", "event": "a"}, "x"]'),
	('[{}]'),
	('[{"at": "2026-03-01T09:00:00Z"}]'),
	('[{"event": "a"}]'),
	('[{"at": null, "event": "a"}]'),
	('[{"at": "2026-03-01T09:00:00Z", "event": null}]'),
	('[{"at": "2026-03-01T09:00:00Z", "event": ""}]'),
	('[{"at": "2026-03-01T09:00:00Z", "event": "a"}, {"at": "2026-03-01T09:00:00Z", "event": "a", "revenue": 1}]'),
	('[{"At": "2026-03-01T09:00:00Z", "event": "a"}]'),
	('[{"at": 1772355600, "event": "a"}]'),
	('[{"at": {"year": 2026}, "event": "a"}]'),
	('[{"at": "2026-03-01T09:00:00", "event": "a"}]'),
	('[{"at": "2026-03-01T09:00:00Z ", "event": "a"}]'),
	('[{"at": "yesterday", "event": "a"}]'),
	('[{"at": "infinity", "event": "a"}]'),
	('[{"at": "2026-02-30T09:00:00Z", "event": "a"}]'),
	('[{"at": "2026-03-01T09:00:00Z", "event": 1}]'),
	('[{"at": "2026-03-01T09:00:00Z", "event": "a", "channel": true}]'),
	('[{"at": "2026-03-01T09:00:00Z", "event": "a", "value": "1"}]'),
	('[{"at": "2026-03-01T09:00:00Z", "event": "a", "value": "NaN"}]'),
	('[{"at": "2026-03-01T09:00:00Z", "event": "a", "score": [1]}]'),
	('[{"at": "2026-03-01T09:00:00Z", "event": "a", "score": 1e400}]')
) t(input);

\echo == accessors

CREATE TABLE sample (name text, j journey);
INSERT INTO sample VALUES
	('empty', ''),
	('one', '2026-03-01 09:00:00Z visit'),
	('some', '2026-03-01 09:00:00Z visit@tiktok, 2026-03-01 09:00:10.25Z view, 2026-03-03 10:00:00Z visit@web, 2026-03-03 10:00:00Z purchase@web =59.9 *4, 2026-03-04 10:00:00Z purchase@tiktok =0.1'),
	('null', NULL);
SELECT name, length(j), started_at(j) AT TIME ZONE 'UTC', ended_at(j) AT TIME ZONE 'UTC', duration(j), duration_seconds(j) FROM sample;
SELECT name, events(j), channels(j), total_value(j) FROM sample;
SELECT name, '[' || event_path(j) || ']', '[' || channel_path(j) || ']', event_path(j, ''), channel_path(j, separator => ', ') FROM sample;
SELECT name, t.* FROM sample, touchpoints(j) t;
SELECT event_path(j, NULL), channel_path(j, NULL) FROM sample;
\echo -- touchpoints in the select list stop when no more are wanted
SELECT touchpoints(j) FROM sample WHERE name = 'some' LIMIT 2;
\echo -- the longest duration there can be is more than 64 bits of signed microseconds
SELECT duration(j), duration_seconds(j), length(j)
FROM (SELECT '-4713-11-24 00:00:00Z a, +294276-12-31 23:59:59.999999Z f'::journey AS j) x;
\echo -- sums are compensated; 10^16 + 1 + 1 - 10^16 is 2; too large a sum is an error; no values give null, not 0
SELECT total_value('2026-03-01 09:00:00Z a =1e16, 2026-03-01 09:00:01Z a =1, 2026-03-01 09:00:02Z a =1, 2026-03-01 09:00:03Z a =-1e16');
SELECT refusal($$SELECT total_value('2026-03-01 09:00:00Z a =1e308, 2026-03-01 09:00:01Z a =1e308')$$);
SELECT total_value('2026-03-01 09:00:00Z a *1'), total_value('2026-03-01 09:00:00Z a =0');

\echo == the stored form

CREATE CAST (journey AS bytea) WITHOUT FUNCTION;
CREATE CAST (bytea AS journey) WITHOUT FUNCTION;
\echo -- the empty journey takes 3 bytes
SELECT octet_length(''::journey::bytea), ''::journey::bytea;
\echo -- 50 touchpoints with channels, a minute apart: header 16, dictionary 24, codes of 2 bits 13 + 13, times 49
SELECT string_agg(format('2026-03-01 09:%s:00Z %s@%s', to_char(i, 'FM00'), (ARRAY['visit', 'view', 'cart'])[1 + i % 3], (ARRAY['web', 'app'])[1 + i % 2]), ', ' ORDER BY i)::journey AS j INTO TABLE steady FROM generate_series(1, 50) i;
SELECT octet_length(j::bytea) FROM steady;
\echo -- all units of time, widths of codes, presences and scales read back
CREATE TABLE forms AS
SELECT labels, unit, numbers,
	string_agg(format('%s e%s%s%s%s',
		replace(to_char(timestamp '2026-03-01' + i * unit, 'YYYY-MM-DD HH24:MI:SS.US'), ' ', 'T') || 'Z', i % labels,
		CASE WHEN numbers > 0 THEN '@c' || i % (labels + 1) END,
		CASE WHEN numbers = 1 OR (numbers > 1 AND i % 3 = 0) THEN ' =' || CASE numbers WHEN 1 THEN i WHEN 2 THEN i / 1000.0 WHEN 3 THEN pi() * i ELSE 9007199254740993.0 / i END END,
		CASE WHEN numbers = 2 OR (numbers > 0 AND i % 7 = 1) THEN ' *' || -i / 2.0 END), ', ' ORDER BY -i) AS t
FROM unnest(ARRAY[1, 2, 3, 4, 5, 16, 17, 255, 256, 257]) labels,
	unnest(ARRAY['1 second', '1 hour', '1 millisecond', '1 microsecond', '999.999 seconds', '0 seconds', '40 days']::interval[]) unit,
	generate_series(0, 4) numbers, generate_series(1, 300) i
GROUP BY 1, 2, 3;
SELECT count(*), bool_and(t::journey::text::journey = t::journey), bool_and(length(t::journey) = 300),
	bool_and((SELECT string_agg(format('%s e%s', to_char(x.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), substr(event, 2)), ',' ORDER BY x.at, x.event COLLATE "C") FROM touchpoints(t::journey) x)
		= (SELECT string_agg(split_part(p, ' ', 1) || ' ' || split_part(split_part(p, ' ', 2), '@', 1), ',' ORDER BY split_part(p, ' ', 1), split_part(split_part(p, ' ', 2), '@', 1) COLLATE "C") FROM regexp_split_to_table(t, ', ') p))
FROM forms;
\echo -- 70 000 labels: codes of 32 bits
SELECT length(j), cardinality(events(j)), cardinality(channels(j)), j::text::journey = j, j::jsonb::journey = j
FROM (SELECT string_agg(format('2026-03-01T09:00:00Z e%s@c%s', i, i), ', ')::journey AS j FROM generate_series(1, 70000) i) x;
\echo -- headers of toasted journeys are read from a slice, compressed or not
CREATE TABLE toasted (storage text, j journey);
ALTER TABLE toasted ALTER j SET STORAGE external;
INSERT INTO toasted SELECT 'external', string_agg(format('2026-03-01T09:%s:%sZ e%s@c%s', to_char(i / 60, 'FM00'), to_char(i % 60, 'FM00'), i % 50 + 100000, i % 60), ', ')::journey FROM generate_series(1, 3000) i;
ALTER TABLE toasted ALTER j SET STORAGE extended;
INSERT INTO toasted SELECT 'extended', string_agg(format('2026-03-01T09:%s:%sZ e%s@c%s', to_char(i / 60, 'FM00'), to_char(i % 60, 'FM00'), repeat((i % 50 + 10)::text, 30), i % 60), ', ')::journey FROM generate_series(1, 3000) i;
ALTER TABLE toasted ALTER j SET STORAGE main;
INSERT INTO toasted SELECT 'main', string_agg(format('2026-03-01T09:%s:%sZ e%s@c%s', to_char(i / 60, 'FM00'), to_char(i % 60, 'FM00'), repeat((i % 50 + 10)::text, 30), i % 60), ', ')::journey FROM generate_series(1, 900) i;
SELECT storage, length(j), duration(j), cardinality(events(j)), cardinality(channels(j)), left((channels(j))[2], 10), j = (j || ''), journey_cmp(j, j || '')
FROM toasted;

\echo -- COPY in binary and text gives the same journeys back
CREATE TABLE copied (LIKE sample);
-- in a file that the server can surely write; its name is not for the output
\set ECHO none
SELECT current_setting('data_directory') || '/journey_test.copy' AS file \gset
SELECT set_config('journey_test.file', :'file', false) \g (tuples_only=on) /dev/null
COPY (SELECT * FROM sample UNION ALL SELECT storage, j FROM toasted) TO :'file' (FORMAT binary);
COPY copied FROM :'file' (FORMAT binary);
\set ECHO queries
SELECT count(*), bool_and(c.j = s.j) FROM copied c JOIN (SELECT * FROM sample UNION ALL SELECT storage, j FROM toasted) s USING (name);
TRUNCATE copied;
\set ECHO none
COPY (SELECT * FROM sample UNION ALL SELECT storage, j FROM toasted) TO :'file';
COPY copied FROM :'file';
\set ECHO queries
SELECT count(*), bool_and(c.j = s.j) FROM copied c JOIN (SELECT * FROM sample UNION ALL SELECT storage, j FROM toasted) s USING (name);

\echo -- binary input trusts nothing: each of these differs from a good one in one place
-- one row of COPY BINARY with one column
CREATE TABLE received (j journey);
CREATE FUNCTION receive(form bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text; detail text; result text; object oid;
	file text := current_setting('journey_test.file');
BEGIN
	object := lo_from_bytea(0, '\x5047434f50590aff0d0a00' || int4send(0) || int4send(0)
		|| int2send(1::int2) || int4send(octet_length(form)) || form || int2send((-1)::int2));
	PERFORM lo_export(object, file), lo_unlink(object);
	TRUNCATE received;
	EXECUTE format('COPY received FROM %L (FORMAT binary)', file);
	SELECT j::text INTO result FROM received;
	RETURN coalesce('accepted ' || result, 'nothing');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ' ' || said || coalesce('. ' || nullif(detail, ''), '');
END $$;
CREATE FUNCTION label(t text) RETURNS bytea LANGUAGE sql AS $$ SELECT int4send(octet_length(t)) || convert_to(t, 'UTF8') $$;
SELECT name, receive(form) FROM (VALUES
	('good, out of order', '\x01' || int8send(2) || int8send(1000000) || label('b') || '\x07' || label('web') || float8send(1.5) || float8send(-0.0) || int8send(0) || label('a') || '\x00'),
	('empty', '\x01' || int8send(0)),
	('no bytes', ''),
	('version', '\x02' || int8send(0)),
	('negative count', '\x01' || int8send(-1)),
	('count too high', '\x01' || int8send(2) || int8send(0) || label('a') || '\x00'),
	('count enormous', '\x01' || int8send(9223372036854775807)),
	('count too low', '\x01' || int8send(0) || int8send(0) || label('a') || '\x00'),
	('infinite time', '\x01' || int8send(1) || int8send(9223372036854775807) || label('a') || '\x00'),
	('time out of range', '\x01' || int8send(1) || int8send(9223371331200000000) || label('a') || '\x00'),
	('empty event', '\x01' || int8send(1) || int8send(0) || label('') || '\x0000'),
	('label too long', '\x01' || int8send(1) || int8send(0) || int4send(100) || 'a' || '\x00'),
	('label length negative', '\x01' || int8send(1) || int8send(0) || int4send(-1) || 'a' || '\x00'),
	('label not UTF-8', '\x01' || int8send(1) || int8send(0) || int4send(2) || '\xc328' || '\x00'),
	('label with a zero', '\x01' || int8send(1) || int8send(0) || int4send(2) || '\x6100' || '\x00'),
	('unknown column', '\x01' || int8send(1) || int8send(0) || label('a') || '\x08'),
	('empty channel', '\x01' || int8send(1) || int8send(0) || label('a') || '\x01' || label('')),
	('NaN', '\x01' || int8send(1) || int8send(0) || label('a') || '\x02' || float8send('NaN')),
	('infinity', '\x01' || int8send(1) || int8send(0) || label('a') || '\x04' || float8send('-Infinity')),
	('truncated number', '\x01' || int8send(1) || int8send(0) || label('a') || '\x02' || '\x000000')
) t(name, form);
\set ECHO none
SELECT format('rm -f %s', :'file') AS remove \gset
COPY (SELECT) TO PROGRAM :'remove';
\set ECHO queries

\echo -- stored bytes that are damaged give an error or other touchpoints, never a crash: every
\echo -- truncation, every bit flipped, and random bytes behind a good header
CREATE FUNCTION survives(damaged bytea) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM length(damaged::journey), started_at(damaged::journey), duration(damaged::journey), journey_hash(damaged::journey);
	PERFORM events(damaged::journey), channels(damaged::journey), journey_cmp(damaged::journey, ''::journey);
	PERFORM total_value(damaged::journey), event_path(damaged::journey), channel_path(damaged::journey);
	PERFORM damaged::journey || ''::journey;
	RETURN true;
EXCEPTION WHEN data_corrupted OR character_not_in_repertoire OR numeric_value_out_of_range THEN
	RETURN false;
END $$;
CREATE TABLE intact AS
SELECT row_number() OVER () AS n, t::journey::bytea AS b
FROM (SELECT j::text AS t FROM sample WHERE name = 'some'
	UNION ALL SELECT j::text FROM steady
	UNION ALL SELECT string_agg(format('2026-03-01T09:00:0%sZ e%s =%s *%s', i, i, pi() * i, i / 7.0), ', ') FROM generate_series(1, 9) i
	UNION ALL SELECT string_agg(format('2026-03-01T09:00:00Z e%s@c%s', i, i), ', ') FROM generate_series(1, 300) i) x;
SELECT bool_and(survives(b)) FROM intact;
SELECT n, count(*) > 20, bool_or(survives(substr(b, 1, k))) FROM intact, generate_series(0, least(octet_length(b), 200) - 1) k GROUP BY n ORDER BY n;
SELECT count(*) > 1000, count(survives(set_bit(b, k, 1 - get_bit(b, k)))) = count(*) FROM intact, generate_series(0, least(octet_length(b), 250) * 8 - 1) k;
SELECT count(survives(substr(b, 1, k) || decode(md5(k::text) || md5(n::text || k), 'hex'))) = count(*) FROM intact, generate_series(0, least(octet_length(b), 250)) k;
SELECT refusal($$SELECT length('\x020000'::bytea::journey)$$);
SELECT refusal($$SELECT length('\x018000'::bytea::journey)$$);
SELECT refusal($$SELECT length('\x01'::bytea::journey)$$);
DROP CAST (journey AS bytea);
DROP CAST (bytea AS journey);

\echo == the operator classes are whole
SELECT amname, amvalidate(c.oid) FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod WHERE opcintype = 'journey'::regtype ORDER BY 1;
DROP TABLE malformed, sample, steady, forms, toasted, copied, received, intact;
DROP FUNCTION refusal, input_refusal, receive, label, survives;
