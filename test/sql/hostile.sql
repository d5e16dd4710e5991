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
	AND NOT EXISTS (SELECT FROM pg_aggregate a WHERE routine.oid IN (aggtransfn, aggcombinefn, aggfinalfn));

\echo names that PostgreSQL keeps for itself, operators that drivers take for parameters, procedures, triggers: none
SELECT pg_describe_object(classid, objid, 0) FROM object WHERE pg_describe_object(classid, objid, 0) ~ '\mpg_|operator [^(]*\?';
SELECT oid::regprocedure FROM routine WHERE prokind = 'p' OR prorettype IN ('trigger'::regtype, 'event_trigger'::regtype);

\echo operator classes are whole
SELECT count(*) > 1 AS some, bool_and(amvalidate(objid)) AS whole FROM object WHERE classid = 'pg_opclass'::regclass;

\echo == every function with NULL, the ordinary and the extreme in every position
-- What an argument of a type is given, the most telling first.
CREATE FUNCTION arguments(t regtype) RETURNS text[] LANGUAGE sql AS $$
	SELECT CASE t::text
		WHEN 'journey' THEN ARRAY['NULL', '''2026-03-01 09:00Z a@w =1.5 *2, 2026-03-02 09:00Z b''', '''''',
			'''-4713-11-24 00:00:00Z a, +294276-12-31 23:59:59.999999Z b@c =-1.7976931348623157e308 *5e-324''']
		WHEN 'journey_tally' THEN ARRAY['NULL', '''tally 1 "stage_funnel" 1 ["a -> b"] [] [count] () []''',
			'''tally 1 "x" 0 [] [count latest] [sum] (9223372036854775807 none) [("a" 0 (3 1e308 0))]''']
		WHEN 'text' THEN ARRAY['NULL', '''a -> b within 7 days''', '''''', '''"''', 'repeat(''a->'', 400)', '''Europe/Paris''', 'E''\x7f''']
		WHEN 'text[]' THEN ARRAY['NULL', '''{a,b}''', '''{}''', '''{NULL}''', '''{{a,b},{c,d}}''']
		WHEN 'cstring' THEN ARRAY['NULL', '''2026-03-01 09:00Z a''', '''''', '''tally''']
		WHEN 'timestamp with time zone' THEN ARRAY['NULL', '''2026-03-01 09:00Z''', '''infinity''', '''-infinity''',
			'''4714-11-24 00:00Z BC''', '''294276-12-31 23:59:59.999999Z''']
		WHEN 'interval' THEN ARRAY['NULL', '''30 minutes''', '''0''', '''-1 day''', '''1 month''', '''178000000 years''']
		WHEN 'double precision' THEN ARRAY['NULL', '1.5', '''NaN''', '''-Infinity''', '-1.7976931348623157e308', '5e-324']
		WHEN 'integer' THEN ARRAY['NULL', '1', '0', '-1', '2147483647', '(-2147483648)']
		WHEN 'bigint' THEN ARRAY['NULL', '1', '0', '-1', '9223372036854775807', '(-9223372036854775808)']
		WHEN 'boolean' THEN ARRAY['NULL', 'true', 'false']
		WHEN 'jsonb' THEN ARRAY['NULL', '''[{"at": "2026-03-01 09:00Z", "event": "a"}]''', '''null''', '''{}''', '''[[]]''', '''[{"at": 1}]''']
		WHEN 'bytea' THEN ARRAY['NULL', '''\x''', '''\x00''', '''\xffffffffffffffff''']
		WHEN 'anyelement' THEN ARRAY['NULL', '1', '-1']
		ELSE ARRAY['NULL']
	END
$$;

-- All combinations of arguments, as argument lists; of long ones fewer.
CREATE FUNCTION argument_lists(types oidvector) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	lists text[] := ARRAY[''];
	kept int := CASE WHEN cardinality(types) > 6 THEN 2 WHEN cardinality(types) > 3 THEN 3 ELSE 7 END;
	t regtype;
BEGIN
	FOREACH t IN ARRAY types::oid[] LOOP
		SELECT array_agg(concat_ws(', ', nullif(l, ''), v || '::' || CASE t::text WHEN 'anyelement' THEN 'int' ELSE t::text END))
		INTO lists FROM unnest(lists) l, unnest((arguments(t))[:kept]) v;
	END LOOP;
	RETURN QUERY SELECT unnest(lists);
END $$;

-- Runs a statement; returns its SQLSTATE.  A connection that is lost ends the test.
CREATE FUNCTION state_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN '00000';
EXCEPTION WHEN OTHERS THEN
	IF SQLSTATE ~ '^(XX|58|42)' AND SQLSTATE NOT IN ('42501', '42601', '42804', '42846') THEN
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
\echo a strict function answers NULL to any NULL, and does not look at the rest
SELECT routine, statement, state FROM outcome JOIN pg_proc p ON p.oid = routine
WHERE prokind = 'f' AND proisstrict AND statement ~ '[( ]NULL::' AND state <> '00000'
	AND 'cstring'::regtype <> ALL (proargtypes::oid[]);

\echo nobody can hand a state of type internal to what expects one
SELECT count(*) > 8 AS some, count(*) FILTER (WHERE state NOT IN ('0A000', '42846')) AS accepted
FROM routine, LATERAL (SELECT state_of(format('SELECT %s(%s)', oid::regproc,
	(SELECT string_agg('NULL::' || t::regtype, ', ') FROM unnest(proargtypes::oid[]) t))) AS state) s
WHERE 'internal'::regtype = ANY (proargtypes::oid[]) AND prokind = 'f';

\echo == forged states
CREATE FUNCTION forge(state text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT left(state, i - 1) || v || substr(state, i + 1)
	FROM generate_series(1, length(state)) i, unnest(ARRAY['', '0', '9', '-', '"', '(', ']', ' ', 'e', 'none']) v
$$;
CREATE AGGREGATE funnel_state(journey, text) (SFUNC = stage_funnel_transition, STYPE = journey_tally);
CREATE AGGREGATE state_sum(journey_tally) (
	SFUNC = journey_tally_combine, STYPE = journey_tally, FINALFUNC = stage_funnel_final);

CREATE TABLE real AS
	SELECT funnel_state(j, 'a -> c? -> b within 7 days by channel') AS state
	FROM (VALUES ('2026-03-01 09:00Z a@w =1.5, 2026-03-02 09:00Z b@"x ""y"""'::journey), ('2026-03-03 09:00Z a@v')) v(j);
CREATE TABLE forgery AS
	SELECT forged, state_of(format('SELECT %L::journey_tally', forged)) AS state
	FROM real, forge(state::text) AS forged;
SELECT count(*) > 2000 AS many, count(*) FILTER (WHERE state = '00000') > 100 AS accepted, count(*) FILTER (WHERE state <> '00000') > 1000 AS refused,
	array_agg(DISTINCT state ORDER BY state) AS states
FROM forgery;
\echo what was accepted reads back, and then gives an answer or an error
SELECT count(*) FROM forgery WHERE state = '00000' AND forged::journey_tally::text::journey_tally::text <> forged::journey_tally::text;
-- Goes on from a forged state, which only an aggregate that starts with it can.
CREATE FUNCTION go_on(state text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	result := state_of(format('CREATE AGGREGATE forged_state(journey, text) (
		SFUNC = stage_funnel_transition, STYPE = journey_tally, FINALFUNC = stage_funnel_final, INITCOND = %L)', state));
	IF result = '00000' THEN
		result := state_of('SELECT forged_state(''2026-03-01 09:00Z a@w, 2026-03-02 09:00Z b''::journey,
			''a -> c? -> b within 7 days by channel'')::text');
		DROP AGGREGATE forged_state(journey, text);
	END IF;
	RETURN result;
END $$;
SELECT what, count(*) > 100 AS some, bool_or(s = '00000') AS answers, bool_or(s <> '00000') AS errors, array_agg(DISTINCT s ORDER BY s) AS states
FROM forgery, LATERAL (VALUES
	('final', state_of(format('SELECT stage_funnel_final(%L)::text', forged))),
	('sum with itself', state_of(format('SELECT state_sum(%L)::text FROM generate_series(1, 2)', forged))),
	('sum with a real one', state_of(format('SELECT state_sum(s)::text FROM (SELECT state FROM real UNION ALL SELECT %L) q(s)', forged))),
	('one more customer', go_on(forged))) v(what, s)
WHERE state = '00000'
GROUP BY what ORDER BY what;
DROP FUNCTION go_on;
DROP AGGREGATE funnel_state(journey, text), state_sum(journey_tally);
DROP TABLE real;

\echo == look-alikes on the search path
CREATE TABLE shop (id int, j journey);
INSERT INTO shop SELECT i, journey_agg('2026-03-01 09:00Z'::timestamptz + make_interval(hours => k * i), chr(96 + k), chr(118 + i % 4), k)
	FROM generate_series(1, 8) i, generate_series(1, 5) k GROUP BY i;
INSERT INTO shop SELECT i + 8, j FROM generate_series(1, 3) i, shop WHERE id = 1;

-- One text that depends on most of the extension; everything in it is qualified.
CREATE FUNCTION answers() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT pg_catalog.concat(
		(SELECT pg_catalog.string_agg(s::pg_catalog.text, ',' ORDER BY s.step)
			FROM pg_catalog.unnest((SELECT public.stage_funnel(j, 'a -> b -> e within 7 days') FROM public.shop)) s),
		(SELECT pg_catalog.count(*) FROM (SELECT DISTINCT j FROM public.shop) q),
		(SELECT pg_catalog.count(*) FROM public.shop a JOIN public.shop b ON a.j OPERATOR(public.=) b.j),
		(SELECT pg_catalog.string_agg(id::pg_catalog.text, ',' ORDER BY j, id) FROM public.shop),
		(SELECT pg_catalog.count(*) FROM public.shop WHERE j OPERATOR(public.~) 'a -> b within 3 hours'),
		(SELECT pg_catalog.sum(public.count_matches(j, 'a')) FROM public.shop),
		(SELECT public.journey_agg(j) FROM public.shop)::pg_catalog.jsonb::public.journey,
		(SELECT pg_catalog.string_agg(t::pg_catalog.text, ',') FROM public.shop, public.touchpoints(j) t WHERE id OPERATOR(pg_catalog.=) 2),
		(SELECT public.journey_agg(at, event, channel) FROM public.touchpoints((SELECT j FROM public.shop WHERE id OPERATOR(pg_catalog.=) 3)))));
END $$;
SELECT length(answers()) > 2000 AS answers, md5(answers()) AS before \gset
\echo :answers

CREATE SCHEMA lookalike;
DO $$
DECLARE
	r record;
	made int := 0;
BEGIN
	-- Each function by its own name, and those of PostgreSQL that an extension in C might call by name.
	FOR r IN
		SELECT proname, pg_get_function_identity_arguments(oid) AS arguments, prorettype::regtype::text AS result
		FROM (SELECT * FROM routine UNION ALL SELECT * FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
				AND proname IN ('unnest', 'timezone', 'date_trunc', 'jsonb_in', 'texteq', 'bttextcmp', 'hashtext', 'timestamptz_in')) p
		WHERE prokind = 'f' AND NOT ARRAY['internal', 'cstring', 'anyarray']::regtype[]::oid[] && (proargtypes::oid[] || prorettype)
	LOOP
		BEGIN
			EXECUTE format('CREATE FUNCTION lookalike.%I(%s) RETURNS %s LANGUAGE plpgsql IMMUTABLE AS ''BEGIN RAISE EXCEPTION ''''taken in''''; END''',
				r.proname, r.arguments, r.result);
			made := made + 1;
		EXCEPTION WHEN OTHERS THEN
			NULL;			-- OUT parameters and the like
		END;
	END LOOP;
	FOR r IN
		SELECT oprname, oprleft::regtype AS l, oprright::regtype AS r, proname AS f FROM object
		JOIN pg_operator o ON classid = 'pg_operator'::regclass AND objid = o.oid JOIN pg_proc p ON p.oid = oprcode
	LOOP
		EXECUTE format('CREATE OPERATOR lookalike.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = lookalike.%s)', r.oprname, r.l, r.r, r.f);
	END LOOP;
	IF made < 20 THEN
		RAISE EXCEPTION 'only % look-alikes', made;
	END IF;
END $$;
CREATE DOMAIN lookalike.text AS int;
CREATE DOMAIN lookalike.timestamptz AS int;
CREATE DOMAIN lookalike.jsonb AS int;
CREATE DOMAIN lookalike.journey AS int;
CREATE TYPE lookalike.funnel_stage AS (label int);

SET search_path = lookalike, pg_catalog, public;
\echo they are found first
SELECT reached('2026-03-01 09:00Z a'::public.journey, 'a'::pg_catalog.text);
SELECT j ~ 'a'::pg_catalog.text FROM shop;
\echo and change no answer
SELECT md5(public.answers()) = :'before' AS same;
SET search_path = '';
SELECT pg_catalog.md5(public.answers()) OPERATOR(pg_catalog.=) :'before' AS same;
RESET search_path;
DROP SCHEMA lookalike CASCADE;

\echo == row-level security
CREATE ROLE regress_journey_guest;
CREATE TABLE visits (owner text, j journey, label text, pattern text);
INSERT INTO visits SELECT CASE WHEN id % 2 = 0 THEN 'regress_journey_guest' ELSE 'somebody else' END, j,
	CASE WHEN id % 2 = 0 THEN '2026-03-01 09:00Z a' ELSE 'a secret' END,
	CASE WHEN id % 2 = 0 THEN 'a -> b' ELSE 'another secret' END FROM shop;
ALTER TABLE visits ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON visits USING (owner = current_user);
GRANT SELECT ON visits TO regress_journey_guest;
\echo all of them, for the owner of the table
SELECT s.step, s.customers, s.touchpoints FROM unnest((SELECT stage_funnel(j, 'a -> e') FROM visits)) s;
SET ROLE regress_journey_guest;
\echo only his own, for the guest
SELECT count(*), length(journey_agg(j)) FROM visits;
SELECT s.step, s.customers, s.touchpoints FROM unnest((SELECT stage_funnel(j, 'a -> e') FROM visits)) s;
SELECT count(*) FROM visits WHERE j ~ 'a';
\echo what would raise an error that shows a hidden row does not see it, however cheap it is
SELECT count(*) FROM visits WHERE length(label::journey) = 1;
SELECT count(*) FROM visits WHERE reached(j, pattern) = 2;
RESET ROLE;
\echo the owner of the table meets it
SELECT count(*) FROM visits WHERE length(label::journey) = 1;
SELECT count(*) FROM visits WHERE reached(j, pattern) = 2;

DROP TABLE visits, shop, forgery, outcome;
DROP ROLE regress_journey_guest;
DROP FUNCTION answers, forge, state_of, argument_lists, arguments;
DROP VIEW routine, object;
