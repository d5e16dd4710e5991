-- What a user may do who means no good, or who knows no better: every function
-- with every kind of argument, forged states, look-alike objects on the search
-- path, rows that a policy hides.  And what the catalogue must say for it.
SET timezone = 'UTC';
SET client_min_messages = warning;

CREATE VIEW object AS
	SELECT classid, objid FROM pg_depend
	WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
		AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'journey');
CREATE VIEW routine AS
	SELECT p.* FROM object JOIN pg_proc p ON classid = 'pg_proc'::regclass AND objid = p.oid;

\echo == the catalogue
\echo without a comment: nothing (array types, which PostgreSQL makes, never have one)
SELECT pg_describe_object(classid, objid, 0) FROM object
WHERE obj_description(objid, classid::regclass::name) IS NULL
	AND NOT (classid = 'pg_type'::regclass AND EXISTS (SELECT FROM pg_type WHERE typarray = objid));
SELECT a.attrelid::regclass, a.attname
FROM object JOIN pg_class c ON classid = 'pg_class'::regclass AND objid = c.oid JOIN pg_attribute a ON attrelid = c.oid
WHERE attnum > 0 AND col_description(attrelid, attnum) IS NULL
UNION ALL
SELECT t.typrelid::regclass, a.attname
FROM object JOIN pg_type t ON classid = 'pg_type'::regclass AND objid = t.oid JOIN pg_attribute a ON attrelid = typrelid
WHERE attnum > 0 AND col_description(attrelid, attnum) IS NULL;

\echo not immutable, not parallel safe, with the rights of its owner, with settings of its own, or said to leak nothing: only the binary forms, which depend on the encoding of the client
SELECT oid::regprocedure, provolatile, proparallel FROM routine
WHERE provolatile <> 'i' OR proparallel <> 's' OR prosecdef OR proleakproof
	OR proconfig IS NOT NULL OR proacl IS NOT NULL;

\echo not strict: what serves an aggregate, and functions in which a null argument has a meaning
SELECT oid::regprocedure FROM routine
WHERE prokind <> 'a' AND NOT proisstrict
	AND NOT EXISTS (SELECT FROM pg_aggregate a WHERE routine.oid IN (aggtransfn, aggcombinefn, aggfinalfn))
ORDER BY oid::regprocedure::text;
\echo what serves an aggregate, and as what
SELECT role, f::regprocedure AS routine, proisstrict AS strict
FROM (SELECT DISTINCT role, f::oid
	FROM routine r JOIN pg_aggregate ON aggfnoid = r.oid,
		LATERAL (VALUES ('transition', aggtransfn), ('combine', aggcombinefn), ('serial', aggserialfn),
			('deserial', aggdeserialfn), ('final', aggfinalfn)) v(role, f)
	WHERE f <> 0) q JOIN pg_proc ON f = oid
ORDER BY role, f::regprocedure::text;
\echo the aggregates
SELECT aggfnoid::regprocedure AS aggregate, aggtransfn::regproc AS transition, aggtranstype::regtype AS state, agginitval AS initial,
	aggfinalfn::regproc AS final, aggfinalmodify AS modify, aggfinalextra AS extra, proparallel AS parallel
FROM routine r JOIN pg_aggregate ON aggfnoid = r.oid ORDER BY aggfnoid::regprocedure::text;
SELECT aggfnoid::regprocedure AS aggregate, aggcombinefn::regproc AS combine, aggserialfn::regproc AS serial,
	aggdeserialfn::regproc AS deserial, aggmtransfn::regproc AS moving
FROM routine r JOIN pg_aggregate ON aggfnoid = r.oid ORDER BY aggfnoid::regprocedure::text;

\echo names that PostgreSQL keeps for itself, operators that drivers take for parameters, procedures, triggers: none
SELECT pg_describe_object(classid, objid, 0) FROM object WHERE pg_describe_object(classid, objid, 0) ~ '\mpg_|operator [^(]*\?';
SELECT oid::regprocedure FROM routine WHERE prokind = 'p' OR prorettype IN ('trigger'::regtype, 'event_trigger'::regtype);

\echo operator classes are whole
SELECT count(*) > 1 AS some, bool_and(amvalidate(objid)) AS whole FROM object WHERE classid = 'pg_opclass'::regclass;

\echo == every function with NULL, the ordinary and the extreme in every position
CREATE DOMAIN short_text AS text CHECK (length(value) < 10);
CREATE TYPE colour AS ENUM ('red', 'blue');
CREATE TYPE pair AS (a int, b text);
-- What an argument of a type is given: null, something ordinary, and the rest.
CREATE FUNCTION arguments(t regtype) RETURNS text[] LANGUAGE sql AS $$
	SELECT CASE t::text
		WHEN 'journey' THEN ARRAY['NULL', '''2026-03-01 09:00Z a@w =1.5 *2, 2026-03-02 09:00Z b''', '''''',
			'''-4713-11-24 00:00:00Z a, +294276-12-31 23:59:59.999999Z b@c =-1.7976931348623157e308 *5e-324''']
		WHEN 'journey_tally' THEN ARRAY['NULL', '''tally 2 "stage_funnel" 1 ["pattern" "a -> b"] [("label" 1 [] 2 ["ended" count])] []''',
			'''tally 2 "stage_funnel" 1 ["pattern" "a"] [("all" 0 ["latest" latest] 1 ["term" latest]) ("label" 1 ["until" latest] 1 ["ended" count "skipped" count "touchpoints" count "time" duration "value" sum "since previous" durations "since start" durations])] [("all" [] 829215000000000 1) ("label" [null] none 0 0 1 (0 0) (0 0 0) [] [(1 0 0)])]''',
			'''tally 2 "session_summary" 1 ["gap" "1800000000"] [] []''', '''tally 2 "x" 0 [] [] []''', '''tally''']
		WHEN 'text' THEN ARRAY['NULL', '''first''', '''a -> b within 7 days''', '''''', '''"''', 'repeat(''a->'', 400)', '''Europe/Paris''', 'E''\x7f''', '''online''', '''drop''', '''a: source in (*)''']
		WHEN 'bigint[]' THEN ARRAY['NULL', '''{3,1,5}''', '''{}''', '''{1,NULL,-1}''', '''{{1,2,3}}''', '''{9223372036854775807,0,0}''']
		WHEN 'double precision[]' THEN ARRAY['NULL', '''{3,6,2}''', '''{NaN,Infinity,-1}''']
		WHEN 'text[]' THEN ARRAY['NULL', '''{a,b}''', '''{}''', '''{NULL}''', '''{{a,b},{c,d}}''']
		WHEN 'cstring' THEN ARRAY['NULL', '''2026-03-01 09:00Z a''', '''''', '''tally''']
		WHEN 'timestamp with time zone' THEN ARRAY['NULL', '''2026-03-01 09:00Z''', '''infinity''', '''-infinity''',
			'''4714-11-24 00:00Z BC''', '''294276-12-31 23:59:59.999999Z''']
		WHEN 'interval' THEN ARRAY['NULL', '''30 minutes''', '''0''', '''-1 day''', '''1 month''', '''178000000 years''']
		WHEN 'double precision' THEN ARRAY['NULL', '1.5', '''NaN''', '''-Infinity''', '-1.7976931348623157e308', '5e-324']
		WHEN 'integer' THEN ARRAY['NULL', '1', '4', '0', '-1', '2147483647', '(-2147483648)']
		WHEN 'bigint' THEN ARRAY['NULL', '1', '0', '-1', '9223372036854775807', '(-9223372036854775808)']
		WHEN 'boolean' THEN ARRAY['NULL', 'true', 'false']
		WHEN 'jsonb' THEN ARRAY['NULL', '''[{"at": "2026-03-01 09:00Z", "event": "a"}]''', '''null''', '''{}''', '''[[]]''', '''[{"at": 1}]''']
		WHEN 'bytea' THEN ARRAY['NULL', '''\x''', '''\x00''', '''\xffffffffffffffff''']
		-- These bring their types along.
		WHEN 'anyelement' THEN ARRAY['NULL::int', '1::int', '''x''::text', 'NULL::text', '''unknown''', 'NULL', '(-9223372036854775808)::bigint',
			'''NaN''::numeric', '''NaN''::float8', '''{}''::json', 'NULL::json', '''{}''::jsonb', '''(1,2)''::point', 'NULL::point',
			'''2026-03-01''::date', '''infinity''::timestamptz', '''1 month''::interval', '''00000000-0000-0000-0000-000000000000''::uuid',
			'B''101''', '''\x00''::bytea', '''a''::"char"', '''a''::name', '''a''::char(3)', '''[1,2)''::int4range', '''{[1,2)}''::int4multirange',
			'''pg_class''::regclass', '''red''::colour', '''y''::short_text', 'NULL::short_text', '''(1,x)''::pair', 'NULL::pair', '''(,)''::pair',
			'ROW()', 'ROW(1, ''x''::text)', 'ROW(1, ''{}''::json)', 'ROW(1, NULL::point)', 'ROW(1, NULL)', 'NULL::record', 'ROW(ROW(1, ROW(2)), ARRAY[3])',
			'ARRAY[1, 2]', 'ARRAY[NULL]::text[]', '''{}''::int[]', 'NULL::int[]', 'ARRAY[''{}''::json]', '''{"(1,x)"}''::pair[]',
			'ARRAY[ROW(1, ''{}''::json)]', '''''::journey', '''tally 2 "x" 0 [] [] []''::journey_tally', 'NULL::journey_tally',
			'''x''::cstring', 'repeat(''x'', 100000)']
		ELSE ARRAY['NULL']
	END
$$;

-- Argument lists: all combinations, of long lists those of the first values only; but
-- there also every value in each position with something ordinary in all others.
CREATE FUNCTION argument_lists(types oidvector) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	lists text[] := ARRAY[''];
	singly text[] := ARRAY[]::text[];
	ordinary text := '';
	kept int := CASE WHEN cardinality(types) > 6 THEN 2 WHEN cardinality(types) > 3 THEN 3 ELSE 100 END;
	given text[];
	t regtype;
BEGIN
	FOREACH t IN ARRAY types::oid[] LOOP
		given := arguments(t);
		IF t <> 'anyelement'::regtype THEN
			SELECT array_agg(v || '::' || t) INTO given FROM unnest(given) v;
		END IF;
		SELECT array_agg(concat_ws(', ', nullif(l, ''), v)) INTO lists FROM unnest(lists) l, unnest(given[:kept]) v;
		SELECT array_agg(concat_ws(', ', nullif(l, ''), v)) INTO singly
		FROM (SELECT l, coalesce(given[2], given[1]) FROM unnest(singly) l UNION ALL SELECT ordinary, v FROM unnest(given) v) q(l, v);
		ordinary := concat_ws(', ', nullif(ordinary, ''), coalesce(given[2], given[1]));
	END LOOP;
	RETURN QUERY SELECT unnest(lists) UNION SELECT unnest(singly);
END $$;

-- Runs a statement; returns its SQLSTATE.  A connection that is lost ends the test.
CREATE FUNCTION state_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN '00000';
EXCEPTION WHEN OTHERS THEN
	IF SQLSTATE ~ '^(XX|58|42)' AND SQLSTATE NOT IN ('42501', '42601', '42804', '42846')
		AND NOT (SQLSTATE = '42883' AND SQLERRM ~ '^customer cannot be of type') THEN
		RAISE WARNING '% in %: %', SQLSTATE, left(statement, 200), SQLERRM;
	END IF;
	RETURN SQLSTATE;
END $$;

CREATE TABLE outcome AS
	SELECT p.oid::regprocedure AS routine, statement, state_of(statement) AS state
	FROM (SELECT * FROM routine WHERE NOT 'internal'::regtype = ANY (proargtypes::oid[])) p,
		argument_lists(proargtypes) AS arguments,
		LATERAL (SELECT format('%s(%s)', p.oid::regproc, arguments)) c(call),
		LATERAL unnest(CASE prokind
			WHEN 'a' THEN ARRAY[
				format('SELECT count(x::text) FROM (SELECT %s AS x FROM generate_series(1, 2)) q', call),
				format('SELECT count(x::text) FROM (SELECT %s FILTER (WHERE i > 3) AS x FROM generate_series(1, 4) i GROUP BY i %% 2) q', call),
				format('SELECT count(x::text) FROM (SELECT %s OVER (ORDER BY i ROWS 1 PRECEDING) AS x FROM generate_series(1, 3) i) q', call)]
			WHEN 'w' THEN ARRAY[format('SELECT count(x::text) FROM (SELECT %s OVER (ORDER BY i) AS x FROM generate_series(1, 3) i) q', call)]
			ELSE ARRAY[format('SELECT count(x::text) FROM %s AS x', call)]
		END) AS statement;

\echo all were called, most of them with success
SELECT count(DISTINCT routine) = (SELECT count(*) FROM routine WHERE NOT 'internal'::regtype = ANY (proargtypes::oid[])) AS all_called,
	count(*) > 1000 AS often, count(*) FILTER (WHERE state = '00000') > 500 AS successes, count(*) FILTER (WHERE state <> '00000') > 100 AS errors
FROM outcome;
\echo never called with success: only what serves an aggregate, and refuses to be called by itself
SELECT routine FROM outcome
WHERE NOT EXISTS (SELECT FROM pg_aggregate WHERE routine IN (aggtransfn, aggcombinefn))
GROUP BY routine HAVING bool_and(state <> '00000') ORDER BY routine::text;
\echo called by itself, what serves an aggregate refuses; what only looks at its own argument answers
SELECT routine, array_agg(DISTINCT state ORDER BY state) AS states FROM outcome
WHERE EXISTS (SELECT FROM pg_aggregate WHERE routine IN (aggtransfn, aggcombinefn, aggfinalfn))
GROUP BY routine ORDER BY routine::text;
\echo a strict function answers NULL to any NULL, and does not look at the rest
SELECT routine, statement, state FROM outcome JOIN pg_proc p ON p.oid = routine
WHERE prokind = 'f' AND proisstrict AND statement ~ '[( ]NULL::' AND state <> '00000'
	AND 'cstring'::regtype <> ALL (proargtypes::oid[]);

\echo customers of every type
SELECT customer, state_of(format('SELECT stage_funnel(%s, ''2026-03-01 09:00Z'', ''a'', ''a -> b'') FROM generate_series(1, 2)', customer)) AS state
FROM unnest(arguments('anyelement')) WITH ORDINALITY a(customer, place) ORDER BY place;
\echo of several types in one group
SELECT customer, state_of(format('SELECT stage_funnel(%s, ''2026-03-01 09:00Z'', ''a'', ''a -> b'') FROM generate_series(1, 3) i', customer)) AS state
FROM unnest(ARRAY['CASE i WHEN 1 THEN ROW(1, 2) ELSE ROW(1) END', 'CASE i WHEN 1 THEN ROW(1, 2) ELSE ROW(1, ''2''::text) END',
	'CASE i WHEN 1 THEN ROW(1, 2) END', 'CASE i WHEN 1 THEN ROW(1, 2) ELSE ''(1,2)''::pair END', 'CASE i WHEN 3 THEN ROW(''{}''::json) END',
	'CASE i WHEN 3 THEN ROW(i) ELSE ROW(NULL::int) END']) WITH ORDINALITY a(customer, place) ORDER BY place;

\echo a state of type internal: PostgreSQL itself lets nobody write one down, in newer minor versions not even a null; else we refuse
SELECT count(*) > 8 AS some, bool_and(state IN ('42846', '0A000')) AS refused
FROM routine, LATERAL (SELECT state_of(format('SELECT %s(%s)', oid::regproc,
	(SELECT string_agg('NULL::' || t::regtype, ', ') FROM unnest(proargtypes::oid[]) t))) AS state) s
WHERE 'internal'::regtype = ANY (proargtypes::oid[]) AND prokind = 'f';

\echo == forged states
CREATE FUNCTION forge(state text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT left(state, i - 1) || v || substr(state, i + 1)
	FROM generate_series(1, length(state)) i, unnest(ARRAY['', '0', '9', '-', '"', '(', ']', ' ', 'e', 'none']) v
$$;
CREATE AGGREGATE funnel_state(journey, text) (SFUNC = stage_funnel_transition, STYPE = journey_tally);
CREATE AGGREGATE session_state(journey, interval) (SFUNC = session_summary_transition, STYPE = journey_tally);
CREATE AGGREGATE funnel_sum(journey_tally) (
	SFUNC = journey_tally_combine, STYPE = journey_tally, FINALFUNC = stage_funnel_final);
CREATE AGGREGATE session_sum(journey_tally) (
	SFUNC = journey_tally_combine, STYPE = journey_tally, FINALFUNC = session_summary_final);

CREATE TABLE real AS
	SELECT v.* FROM (VALUES ('2026-03-01 09:00Z a@w =1.5, 2026-03-02 09:00Z b@"x ""y"""'::journey), ('2026-03-03 09:00Z a@v')) j(j),
		LATERAL (VALUES ('funnel', j), ('session', j)) v(of, j);
CREATE TABLE state AS
	SELECT of, CASE of WHEN 'funnel' THEN funnel_state(j, 'a -> c? -> b within 7 days by channel') ELSE session_state(j, '2 hours') END AS state
	FROM real GROUP BY of;
CREATE TABLE forgery AS
	SELECT of, forged, state_of(format('SELECT %L::journey_tally', forged)) AS state
	FROM state, forge(state.state::text) AS forged;
SELECT of, count(*) > 1000 AS many, count(*) FILTER (WHERE state = '00000') > 100 AS accepted, count(*) FILTER (WHERE state <> '00000') > 500 AS refused,
	array_agg(DISTINCT state ORDER BY state) AS states
FROM forgery GROUP BY of ORDER BY of;
\echo what was accepted reads back, and then gives an answer or an error
SELECT count(*) FROM forgery WHERE state = '00000' AND forged::journey_tally::text::journey_tally::text <> forged::journey_tally::text;
-- Goes on from a forged state, which only an aggregate that starts with it can.
CREATE FUNCTION go_on(of text, state text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	argument text := CASE of WHEN 'funnel' THEN 'text' ELSE 'interval' END;
	result text;
BEGIN
	result := state_of(format('CREATE AGGREGATE forged_state(journey, %s) (SFUNC = %s_transition, STYPE = journey_tally, FINALFUNC = %2$s_final, INITCOND = %L)',
		argument, CASE of WHEN 'funnel' THEN 'stage_funnel' ELSE 'session_summary' END, state));
	IF result = '00000' THEN
		result := state_of(format('SELECT forged_state(''2026-03-01 09:00Z a@w =2, 2026-03-02 09:00Z b''::journey, %L::%s)::text',
			CASE of WHEN 'funnel' THEN 'a -> c? -> b within 7 days by channel' ELSE '2 hours' END, argument));
		EXECUTE format('DROP AGGREGATE forged_state(journey, %s)', argument);
	END IF;
	RETURN result;
END $$;
CREATE FUNCTION other(of text) RETURNS text LANGUAGE sql AS $$ SELECT CASE of WHEN 'funnel' THEN 'session' ELSE 'funnel' END $$;
SELECT of, what, count(*) > 100 AS some, bool_or(s = '00000') AS answers, bool_or(s <> '00000') AS errors, array_agg(DISTINCT s ORDER BY s) AS states
FROM forgery, LATERAL (SELECT CASE of WHEN 'funnel' THEN 'stage_funnel' ELSE 'session_summary' END, CASE of WHEN 'funnel' THEN 'session_summary' ELSE 'stage_funnel' END) n(own, other),
	LATERAL (VALUES
	('final', state_of(format('SELECT %s_final(%L)::text', own, forged))),
	('final of the other', state_of(format('SELECT %s_final(%L)::text', n.other, forged))),
	('one more customer', go_on(of, forged)),
	('one more customer of the other', go_on(other(of), forged)),
	('sum with itself', state_of(format('SELECT %s_sum(%L)::text FROM generate_series(1, 2)', of, forged))),
	('sum with a real one', state_of(format('SELECT %s_sum(s)::text FROM (SELECT state FROM state WHERE of = %1$L UNION ALL SELECT %L) q(s)', of, forged))),
	('sum with a real one of the other', state_of(format('SELECT %s_sum(s)::text FROM (SELECT state FROM state WHERE of <> %1$L UNION ALL SELECT %L) q(s)', of, forged))))
	v(what, s)
WHERE state = '00000'
GROUP BY of, what ORDER BY of, what;
DROP FUNCTION go_on, other;
DROP AGGREGATE funnel_state(journey, text), session_state(journey, interval), funnel_sum(journey_tally), session_sum(journey_tally);
DROP TABLE real, state;

\echo == forged states of attribution, whose chains are solved
CREATE AGGREGATE credit_state(journey, text, text) (SFUNC = channel_attribution_transition, STYPE = journey_tally);
CREATE AGGREGATE credit_sum(journey_tally) (SFUNC = journey_tally_combine, STYPE = journey_tally, FINALFUNC = channel_attribution_final);
CREATE TABLE state AS SELECT credit_state(j, 'b within 3 days', 'linear, markov, markov(3)')::text AS state
	FROM (VALUES ('2026-03-01 09:00Z a@w, 2026-03-02 09:00Z a@v, 2026-03-02 10:00Z a@w, 2026-03-03 09:00Z b =1.5'::journey), ('2026-03-03 09:00Z a@v')) j(j);
CREATE TABLE credit AS SELECT forged, state_of(format('SELECT %L::journey_tally', forged)) AS state FROM state, forge(state) AS forged;
SELECT count(*) > 1000 AS many, count(*) FILTER (WHERE state = '00000') > 100 AS accepted, count(*) FILTER (WHERE state <> '00000') > 500 AS refused,
	array_agg(DISTINCT state ORDER BY state) AS states FROM credit;
SELECT what, count(*) > 100 AS some, array_agg(DISTINCT s ORDER BY s) AS states
FROM credit, state AS real, LATERAL (VALUES
	('final', state_of(format('SELECT channel_attribution_final(%L)::text', forged))),
	('sum with a real one', state_of(format('SELECT credit_sum(s)::text FROM (VALUES (%L::journey_tally), (%L)) q(s)', real.state, forged))),
	('of the other kind of paths', state_of(format('SELECT attribution_from_paths_final(%L)::text', forged)))) v(what, s)
WHERE credit.state = '00000' GROUP BY what ORDER BY what;
DROP AGGREGATE credit_state(journey, text, text), credit_sum(journey_tally);
DROP TABLE state, credit;

\echo == look-alikes on the search path
CREATE TABLE shop (id int, j journey);
INSERT INTO shop SELECT i, journey_agg('2026-03-01 09:00Z'::timestamptz + make_interval(hours => k * i), chr(96 + k), chr(118 + i % 4), k)
	FROM generate_series(1, 8) i, generate_series(1, 5) k GROUP BY i;
INSERT INTO shop SELECT i + 8, j FROM generate_series(1, 3) i, shop WHERE id = 1;
CREATE TABLE event AS SELECT id, t.* FROM shop, touchpoints(j) t;

-- One text that depends on most of the extension; everything in it is qualified.
CREATE FUNCTION answers() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT pg_catalog.concat_ws(' / ',
		(SELECT pg_catalog.string_agg(s::pg_catalog.text, ',' ORDER BY s.step)
			FROM pg_catalog.unnest((SELECT public.stage_funnel(j, 'a -> b -> e within 7 days') FROM public.shop)) s),
		(SELECT pg_catalog.string_agg(s::pg_catalog.text, ',' ORDER BY s.step)
			FROM pg_catalog.unnest((SELECT public.stage_funnel(id, at, event, 'a -> b -> e within 7 days') FROM public.event)) s),
		(SELECT pg_catalog.string_agg(s::pg_catalog.text, ',' ORDER BY s.label, s.step)
			FROM pg_catalog.unnest((SELECT public.stage_funnel((id, event), at, event, channel, value, 'a -> b? by channel') FROM public.event)) s),
		(SELECT public.session_summary(j)::pg_catalog.text FROM public.shop),
		(SELECT public.session_summary(j, '4 hours'::pg_catalog.interval)::pg_catalog.text FROM public.shop),
		(SELECT pg_catalog.string_agg(s::pg_catalog.text, ',' ORDER BY id, s.session) FROM public.shop, public.sessionize(j, '3 hours'::pg_catalog.interval) s),
		(SELECT pg_catalog.string_agg(q::pg_catalog.text, ',' ORDER BY id, at)
			FROM (SELECT id, at, public.sessionize(at, '3 hours'::pg_catalog.interval) OVER (PARTITION BY id ORDER BY at) AS session FROM public.event) q
			WHERE session OPERATOR(pg_catalog.<=) 3),
		(SELECT pg_catalog.string_agg(a::pg_catalog.text, ',' ORDER BY id, a.attempt) FROM public.shop, public.attempts(j, 'a -> (c|d)') a),
		(SELECT public.compare_rates(48, 80, 56, 70)::pg_catalog.text),
		(SELECT pg_catalog.string_agg(p::pg_catalog.text, ',') FROM public.pattern_steps('a -> !b -> c? within 1 day by week at "Europe/Paris"') p),
		(SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', public.reached(j, 'a -> e'), public.reached_at(j, 'a -> b'), public.count_matches(j, 'a'),
				public.length(j), public.started_at(j), public.ended_at(j), public.duration(j), public.duration_seconds(j), public.events(j), public.channels(j),
				public.total_value(j), public.event_path(j), public.channel_path(j), public.channel_switches(j), public.first_channel(j),
				public.last_channel(j), public.last_channel(j, '{w}'), public.idle_seconds(j), public.active_dates(j, 'Asia/Tokyo')), ',' ORDER BY id) FROM public.shop),
		(SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', public.slice(j, '2026-03-01 12:00Z', NULL), public.before(j, 'c'), public.after(j, 'c'), public.before(j, 'c', true), public.after(j, 'c', true), public.slice(j, 'a -> c'), public.replace_matches(j, 'a -> c', 'm'), public.channels_as_events(j),
				public.keep_touchpoints(j, 'a'), public.drop_touchpoints(j, 'a'), public.first_touchpoints(j, 2), public.last_touchpoints(j, 2),
				public.distinct_touchpoints(j), public.collapse(j), public.rename_events(j, '{"a": "z"}'), public.rename_channels(j, '{"*": "z"}'),
				j OPERATOR(public.||) '2026-03-01 09:00Z q'), ',' ORDER BY id) FROM public.shop),
		(SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', public.restage(j, 'x: a, c; y: b after a', 'keep'), public.furthest_stage(j, 'x: a, c; y: b after a'),
				public.current_stage(j, 'x: a, c; y: b after a'), public.stage_of('purchase', 'w', 'online'), public.stage_pattern('online'), public.stage_model('online')), ',' ORDER BY id) FROM public.shop),
		(SELECT pg_catalog.string_agg(s::pg_catalog.text, ',') FROM public.stage_models() s),
		(SELECT public.journey_map(j, 'x: a, c; y: b after a')::pg_catalog.text FROM public.shop),
		(SELECT public.journey_map(id, at, event, channel, value, score, 'x: a, c; y: b after a', 0)::pg_catalog.text FROM public.event),
		(SELECT public.pain_points(j, 'x: a, c; y: b after a')::pg_catalog.text FROM public.shop),
		(SELECT public.pain_points(id, at, event, channel, value, score, 'x: a, c; y: b after a', 0)::pg_catalog.text FROM public.event),
		(SELECT public.omnichannel_summary(j, '(c|d)@w')::pg_catalog.text FROM public.shop),
		(SELECT public.omnichannel_summary(id, at, event, channel, value, '(c|d)@w')::pg_catalog.text FROM public.event),
		(SELECT pg_catalog.concat_ws(' ', public.score_from_nps(7), public.score_from_csat(4, 5), public.score_from_ces(4, 5))),
		(SELECT pg_catalog.string_agg(r::pg_catalog.text, ',') FROM public.stage_model_rules('online') r),
		(SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', c, public.channel_kind(c), public.channel_direction(c)), ',' ORDER BY id) FROM public.shop, public.classify_channel('source', 'store') c),
		(SELECT pg_catalog.concat_ws(' ', public.nps(9), public.csat(4, 5), public.ces(id), public.nps_summary(9), public.csat_summary(4, 5), pg_catalog.md5(public.channel_rules())) FROM public.shop),
		(SELECT pg_catalog.count(*) FROM (SELECT DISTINCT j FROM public.shop) q),
		(SELECT pg_catalog.count(*) FROM public.shop a JOIN public.shop b ON a.j OPERATOR(public.=) b.j),
		(SELECT pg_catalog.count(*) FROM public.shop a JOIN public.shop b ON a.j OPERATOR(public.<) b.j),
		(SELECT pg_catalog.string_agg(id::pg_catalog.text, ',' ORDER BY j, id) FROM public.shop),
		(SELECT pg_catalog.count(*) FROM public.shop WHERE j OPERATOR(public.~) 'a -> b within 3 hours'),
		(SELECT pg_catalog.count(*) FROM public.shop WHERE j OPERATOR(public.!~) 'a -> b within 3 hours'),
		(SELECT public.journey_agg(j) FROM public.shop)::pg_catalog.jsonb::public.journey,
		(SELECT public.journey_agg(at, event, channel, value, score) FROM public.event WHERE id OPERATOR(pg_catalog.=) 3)));
END $$;
SELECT length(answers()) > 5000 AS answers, md5(answers()) AS before \gset
\echo :answers

CREATE SCHEMA lookalike;
DO $$
DECLARE
	r record;
	types text;
	made int := 0;
	trap CONSTANT text := 'LANGUAGE plpgsql IMMUTABLE AS ''BEGIN RAISE EXCEPTION ''''taken in''''; END''';
BEGIN
	-- Each function by its own name, and those of PostgreSQL that an extension in C might call by name.
	FOR r IN
		SELECT proname, prokind, proargtypes, pronargs, pronargdefaults
		FROM (SELECT * FROM routine UNION ALL SELECT * FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
				AND proname IN ('unnest', 'timezone', 'date_trunc', 'jsonb_in', 'texteq', 'bttextcmp', 'hashtext', 'timestamptz_in')) p
		WHERE NOT ARRAY['internal', 'cstring']::regtype[]::oid[] && proargtypes::oid[]
	LOOP
		SELECT string_agg(format_type(t, NULL) || CASE WHEN i > r.pronargs - r.pronargdefaults THEN ' DEFAULT NULL' ELSE '' END, ', ' ORDER BY i)
		INTO types FROM unnest(r.proargtypes::oid[]) WITH ORDINALITY a(t, i);
		IF r.prokind = 'a' THEN
			EXECUTE format('CREATE OR REPLACE FUNCTION lookalike.transition(text, %s) RETURNS text %s', types, trap);
			EXECUTE format('CREATE AGGREGATE lookalike.%I(%s) (SFUNC = lookalike.transition, STYPE = text)', r.proname, types);
		ELSIF r.prokind = 'w' THEN
			EXECUTE format('CREATE FUNCTION lookalike.%I(%s) RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE AS ''window_row_number''', r.proname, types);
		ELSE
			EXECUTE format('CREATE FUNCTION lookalike.%I(%s) RETURNS int %s', r.proname, types, trap);
		END IF;
		made := made + 1;
	END LOOP;
	-- Each operator, and PostgreSQL's own for the types of what the extension reads and compares.
	FOR r IN
		SELECT oprname, oprleft::regtype AS l, oprright::regtype AS r FROM object
		JOIN pg_operator o ON classid = 'pg_operator'::regclass AND objid = o.oid
		UNION ALL
		SELECT oprname, oprleft::regtype, oprright::regtype FROM pg_operator
		WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprleft <> 0
			AND ARRAY[oprleft, oprright] <@ ARRAY['text', 'timestamptz', 'interval', 'int4', 'int8', 'float8', 'jsonb', 'date']::regtype[]::oid[]
	LOOP
		EXECUTE format('CREATE OR REPLACE FUNCTION lookalike.trap(%s, %s) RETURNS bool %s', r.l, r.r, trap);
		EXECUTE format('CREATE OPERATOR lookalike.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = lookalike.trap)', r.oprname, r.l, r.r);
		made := made + 1;
	END LOOP;
	IF made < 150 THEN
		RAISE EXCEPTION 'only % look-alikes', made;
	END IF;
END $$;
CREATE DOMAIN lookalike.text AS int;
CREATE DOMAIN lookalike.timestamptz AS int;
CREATE DOMAIN lookalike.jsonb AS int;
CREATE DOMAIN lookalike.journey AS int;
CREATE DOMAIN lookalike.journey_tally AS int;
CREATE TYPE lookalike.funnel_stage AS (label int);
CREATE TYPE lookalike.session_stats AS (label int);

SET search_path = lookalike, pg_catalog, public;
\set VERBOSITY terse
\echo they are found first
SELECT reached('2026-03-01 09:00Z a'::public.journey, 'a'::pg_catalog.text);
SELECT j ~ 'a'::pg_catalog.text FROM shop;
SELECT started_at(j) < ended_at(j) FROM shop;
SELECT public.started_at(j) < public.ended_at(j) FROM shop;
SELECT stage_funnel(j, 'a'::pg_catalog.text) FROM shop;
SELECT stage_funnel(id, at, event, 'a'::pg_catalog.text) FROM event;
SELECT journey_agg(j) FROM shop;
SELECT sessionize(at, '1 day'::interval) OVER (ORDER BY at), public.sessionize(at, '1 day'::interval) OVER (ORDER BY at) FROM event
WHERE id OPERATOR(pg_catalog.=) 1 AND touchpoint OPERATOR(pg_catalog.<>) ALL ('{1,2}');
\echo and change no answer
SELECT pg_catalog.md5(public.answers()) OPERATOR(pg_catalog.=) :'before' AS same;
SET search_path = '';
SELECT pg_catalog.md5(public.answers()) OPERATOR(pg_catalog.=) :'before' AS same;
RESET search_path;
DROP SCHEMA lookalike CASCADE;
\set VERBOSITY default

\echo == row-level security
CREATE ROLE regress_journey_guest;
CREATE TABLE visits (owner text, id int, j journey, label text, pattern text);
INSERT INTO visits SELECT CASE WHEN id % 2 = 0 THEN 'regress_journey_guest' ELSE 'somebody else' END, id, j,
	CASE WHEN id % 2 = 0 THEN '2026-03-01 09:00Z a' ELSE 'a secret' END,
	CASE WHEN id % 2 = 0 THEN 'a -> b' ELSE 'another secret' END FROM shop ORDER BY id;
CREATE TABLE hits AS SELECT owner, id, at, event, channel, value FROM visits, touchpoints(j);
ALTER TABLE visits ENABLE ROW LEVEL SECURITY;
ALTER TABLE hits ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON visits USING (owner = current_user);
CREATE POLICY own ON hits USING (owner = current_user);
GRANT SELECT ON visits, hits TO regress_journey_guest;
\echo all of them, for the owner of the table
SELECT s.step, s.customers, s.touchpoints FROM unnest((SELECT stage_funnel(j, 'a -> e') FROM visits)) s;
SELECT s.step, s.customers, s.touchpoints FROM unnest((SELECT stage_funnel(id, at, event, 'a -> e') FROM hits)) s;
SET ROLE regress_journey_guest;
\echo only his own, for the guest
SELECT count(*), length(journey_agg(j)) FROM visits;
SELECT s.step, s.customers, s.touchpoints FROM unnest((SELECT stage_funnel(j, 'a -> e') FROM visits)) s;
SELECT s.step, s.customers, s.touchpoints FROM unnest((SELECT stage_funnel(id, at, event, 'a -> e') FROM hits)) s;
SELECT s.step, s.customers, s.touchpoints FROM unnest((SELECT stage_funnel(id, at, event, channel, value, 'a -> e') FROM hits)) s;
SELECT s.customers, s.sessions, s.touchpoints FROM unnest((SELECT session_summary(j) FROM visits)) s;
SELECT count(*), sum(length(j)) FROM (SELECT id, journey_agg(at, event, channel, value) FROM hits GROUP BY id) q(id, j);
SELECT count(*), max(session) FROM (SELECT sessionize(at, '1 day') OVER (PARTITION BY id ORDER BY at) FROM hits) q(session);
SELECT count(*), sum(s.touchpoints) FROM visits, sessionize(j, '1 day') s;
SELECT count(*) FROM visits WHERE j ~ 'a';
\echo what would raise an error that shows a hidden row does not see it, however cheap it is
SELECT count(*) FROM visits WHERE length(label::journey) = 1;
SELECT count(*) FROM visits WHERE reached(j, pattern) = 2;
SELECT count(*) FROM visits WHERE j ~ pattern;
SELECT count(*) FROM visits WHERE j !~ pattern;
RESET ROLE;
\echo the owner of the table meets it
SELECT count(*) FROM visits WHERE length(label::journey) = 1;
SELECT count(*) FROM visits WHERE reached(j, pattern) = 2;

\echo == views that are security barriers
\echo nothing of ours is said to leak nothing, operators included
SELECT count(*) > 60 AS some, bool_or(proleakproof) AS leakproof FROM routine;
SELECT count(*) > 5 AS some, bool_or(proleakproof) AS leakproof
FROM object JOIN pg_operator o ON classid = 'pg_operator'::regclass AND objid = o.oid JOIN pg_proc p ON p.oid = oprcode;
ALTER TABLE visits DISABLE ROW LEVEL SECURITY;
ALTER TABLE hits DISABLE ROW LEVEL SECURITY;
-- It tells what it is handed, and nothing is cheaper.
CREATE FUNCTION leak(what text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
	RAISE NOTICE '%', what;
	RETURN true;
END $$;
CREATE VIEW own_visits WITH (security_barrier) AS SELECT * FROM visits WHERE owner = 'regress_journey_guest';
CREATE VIEW own_hits WITH (security_barrier) AS SELECT * FROM hits WHERE owner = 'regress_journey_guest';
CREATE VIEW quick WITH (security_barrier) AS SELECT * FROM visits WHERE j ~ 'a -> e within 8 hours';
CREATE VIEW quick_open AS SELECT * FROM visits WHERE j ~ 'a -> e within 8 hours';
GRANT SELECT ON own_visits, own_hits, quick, quick_open TO regress_journey_guest;
REVOKE SELECT ON visits, hits FROM regress_journey_guest;
SET ROLE regress_journey_guest;
\echo our operators stay above the barrier
SELECT count(*) FROM own_visits WHERE j ~ pattern;
SELECT count(*) FROM own_visits WHERE j !~ pattern;
SELECT count(*) FROM own_visits WHERE length(label::journey) = 1;
SELECT count(*) FROM own_visits v JOIN own_visits w USING (j) WHERE v.j ~ w.pattern;
SELECT s.step, s.customers FROM unnest((SELECT stage_funnel(j, pattern) FROM own_visits)) s;
SELECT s.step, s.customers FROM unnest((SELECT stage_funnel(id, at, event, 'a -> e') FROM own_hits)) s;
SELECT s.customers, s.touchpoints FROM unnest((SELECT session_summary(j) FROM own_visits)) s;
SELECT length(journey_agg(j)) FROM own_visits;
SELECT max(session) FROM (SELECT sessionize(at, '1 day') OVER (PARTITION BY id ORDER BY at) FROM own_hits) q(session) WHERE session <= 3;
\echo and are one: only the rows that match are told
SET client_min_messages = notice;
SELECT id FROM quick WHERE leak(id || ' ' || event_path(j)) ORDER BY id;
\echo without the barrier, all rows are
SELECT id FROM quick_open WHERE leak(id::text) ORDER BY id;
SET client_min_messages = warning;
RESET ROLE;

\echo == rows with other columns than the library writes: altered, or of the SQL of another version
BEGIN;
ALTER TYPE funnel_stage ADD ATTRIBUTE more integer CASCADE;
SAVEPOINT altered;
SELECT stage_funnel('2026-03-01 09:00+00 a'::journey, 'a');
ROLLBACK TO altered;
SELECT stage_funnel(1, '2026-03-01 09:00+00', 'a', 'a');
ROLLBACK TO altered;
ALTER TYPE funnel_stage DROP ATTRIBUTE more CASCADE;
SELECT stage_funnel('2026-03-01 09:00+00 a'::journey, 'a');
ROLLBACK;
BEGIN;
ALTER TYPE session_stats ALTER ATTRIBUTE sessions TYPE integer CASCADE;
SELECT session_summary('2026-03-01 09:00+00 a'::journey);
ROLLBACK;
\echo each function that returns rows, as it was made, with a column fewer and one more, with another type and another name
CREATE FUNCTION redeclared(function regprocedure, columns text, call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	p pg_proc := (SELECT p FROM pg_proc p WHERE oid = function);
BEGIN
	EXECUTE format('CREATE FUNCTION pg_temp.other(%s) RETURNS %s AS ''$libdir/journey'', %L LANGUAGE C STRICT',
		concat_ws(', ', nullif(oidvectortypes(p.proargtypes), ''), columns), CASE WHEN p.proretset THEN 'SETOF record' ELSE 'record' END, p.prosrc);
	EXECUTE 'SELECT count(*)::text FROM pg_temp.other(' || call || ')' INTO call;
	DROP FUNCTION pg_temp.other;
	RETURN call;
EXCEPTION WHEN datatype_mismatch THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT oid::regprocedure AS function, redeclared(oid::regprocedure, array_to_string(c, ', '), call) AS as_made,
	redeclared(oid::regprocedure, array_to_string(c[:cardinality(c) - 1], ', '), call) ~ '^42804 function .* does not have the columns' AS fewer,
	redeclared(oid::regprocedure, array_to_string(c, ', ') || ', OUT more text', call) ~ '^42804 function .* does not have the columns' AS more,
	redeclared(oid::regprocedure, regexp_replace(array_to_string(c, ', '), '^(OUT \S+) [^,]*', '\1 bytea'), call)
		~ '^42804 function .* does not have the columns' AS other_type,
	redeclared(oid::regprocedure, regexp_replace(array_to_string(c, ', '), '^OUT \S+', 'OUT other_name'), call)
		~ '^42804 function .* does not have the columns' AS other_name
FROM routine, LATERAL (SELECT array_agg(format('OUT %I %s', a.name, a.type::regtype) ORDER BY n)
		FROM ROWS FROM (unnest(proargnames), unnest(proallargtypes), unnest(proargmodes)) WITH ORDINALITY a(name, type, mode, n)
		WHERE mode IN ('o', 't')) columns(c),
	LATERAL (SELECT CASE proname WHEN 'compare_rates' THEN '1, 2, 1, 2' WHEN 'pattern_steps' THEN '''a -> b''' WHEN 'stage_models' THEN '' WHEN 'stage_model_rules' THEN '''a: x''' ELSE
		'''2026-03-01 09:00+00 a''' || CASE proname WHEN 'attribute_touchpoints' THEN ', ''a'', ''last'', ''shared'', 3' WHEN 'attempts' THEN ', ''a''' WHEN 'sessionize' THEN ', ''1 day'', ''2 days''' ELSE '' END END) q(call)
WHERE c IS NOT NULL AND prokind = 'f' ORDER BY oid::regprocedure::text;

DROP VIEW own_visits, own_hits, quick, quick_open;
DROP TABLE visits, hits, shop, event, forgery, outcome;
DROP ROLE regress_journey_guest;
DROP FUNCTION answers, forge, redeclared, state_of, argument_lists, arguments, leak;
DROP TYPE pair, colour, short_text;
DROP VIEW routine, object;
