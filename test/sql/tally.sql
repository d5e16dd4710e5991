-- journey_tally: the state of the aggregates over many customers.
SET timezone = 'UTC';

-- The state itself, and the sum of states: what parallel plans do out of sight.
CREATE AGGREGATE funnel_state(journey, text) (
    SFUNC = stage_funnel_transition, STYPE = journey_tally,
    COMBINEFUNC = journey_tally_combine, PARALLEL = SAFE);
CREATE AGGREGATE state_sum(journey_tally) (
    SFUNC = journey_tally_combine, STYPE = journey_tally,
    COMBINEFUNC = journey_tally_combine, PARALLEL = SAFE);

CREATE TABLE shop (customer text, journey journey);
INSERT INTO shop VALUES
    ('ann', '2026-03-02 09:00:00+00 visit@web, 2026-03-02 10:00:00+00 cart@web =19.5'),
    ('bob', '2026-03-03 09:00:00+00 visit@"the ""ads"""'),
    ('cid', '2026-03-10 09:00:00+00 visit, 2026-03-18 10:00:00+00 cart =7'),
    ('eve', '');
CREATE TABLE states AS
    SELECT customer, funnel_state(journey, 'visit -> cart by channel') AS state FROM shop GROUP BY customer;

\echo 'text: who counts what, which types the slots are, then their contents; the latest touchpoint is 18 March'
SELECT funnel_state(journey, 'visit -> cart') FROM shop;
\echo one row a label, in the order of labels
SELECT state_sum(state) FROM states;
SELECT state_sum(state ORDER BY customer DESC)::text = state_sum(state ORDER BY customer)::text AS same FROM states;
\echo a state tells which alternatives its own rows matched, whatever those of other groups did
SELECT g, regexp_replace(s::text, '.*\] \((.*?)\) \[.*', '\1') AS latest_and_terms FROM (
    SELECT g, funnel_state(j, '(visit|view|@web) -> cart') AS s FROM (VALUES
        (1, '2026-03-02 09:00:00+00 visit'::journey), (2, '2026-03-02 09:00:00+00 view@web'), (1, '2026-03-02 09:00:00+00 cart'),
        (3, '2026-03-02 09:00:00+00 visit')) v(g, j) GROUP BY g) q ORDER BY g;
\echo a state without rows
SELECT state FROM states WHERE customer = 'eve';

\echo text reads back to an equal state, of which the same report is made
SELECT customer, state::text::journey_tally::text = state::text AS same FROM states ORDER BY 1;
SELECT label, step, customers, touchpoints, median_seconds, step_value FROM unnest((
    SELECT stage_funnel_final(state_sum(state::text::journey_tally)) FROM states)) f;
SELECT (SELECT stage_funnel_final(state_sum(state)) FROM states) =
       (SELECT stage_funnel(journey, 'visit -> cart by channel') FROM shop) AS same;

\echo combining: nothing with nothing, with something, and what does not fit
SELECT state_sum(s) FROM (VALUES (NULL::journey_tally), (NULL)) v(s);
SELECT count(DISTINCT f::text) FROM (
    SELECT state_sum(s ORDER BY n) AS f FROM (
        SELECT g, n, CASE WHEN n = g THEN (SELECT state FROM states WHERE customer = 'ann') END AS s
        FROM generate_series(1, 3) g, generate_series(1, 3) n) v GROUP BY g) q;
SELECT state_sum(s ORDER BY s::text) FROM (
    SELECT state FROM states UNION ALL SELECT funnel_state(journey, 'visit -> help') FROM shop) v(s);
SELECT journey_tally_combine(state, state) FROM states;
\set other '''tally 1 "other" 7 ["x"] [] [count] () []'''
SELECT state_sum(s) FROM (SELECT state FROM states WHERE customer = 'ann' UNION ALL SELECT :other) v(s);
SELECT stage_funnel_final(:other);
SELECT stage_funnel_final('tally 1 "stage_funnel" 1 ["visit"] [] [count] () []');
SELECT stage_funnel_final('tally 1 "stage_funnel" 1 ["visit", "x"] [] [count] () []');
SELECT stage_funnel_final('tally 1 "stage_funnel" 1 ["visit" "x"] [] [count] () []');
SELECT stage_funnel_final('tally 1 "stage_funnel" 1 ["visit -> "] [] [count] () []');
\echo an aggregate that begins with a forged state is no way in either
CREATE AGGREGATE forged(journey, text) (SFUNC = stage_funnel_transition, STYPE = journey_tally,
    INITCOND = 'tally 1 "stage_funnel" 1 ["visit"] [] [count] () []');
SELECT forged(journey, 'visit') FROM shop;
DROP AGGREGATE forged(journey, text);

\echo 'every type of slot, at its limits'
\set all '''tally 1 "x" 0 [] [count latest latest] [count duration sum distribution] (9223372036854775807 none -9223372036854775807) [("a ""b"" é" 0 (9223372036854775807 170141183460469231731687303715884105727) (3 -1.7976931348623157e+308 5e-324) [(1 0 0) (2 63 63) (3 64 64) (9223372036854775801 18446744073709551614 18446744073709551615)]) (null 1 (0 0) (0 0 0) [])]'''
SELECT :all::journey_tally;
SELECT :all::journey_tally::text = :all AS same;
\echo spaces and the order of rows do not matter
SELECT E'\ttally\n1 "x" 0[][ ] [ count ]( )[(null 2)("b" 1)("a" 0)] '::journey_tally;

\echo sums that do not fit
SELECT state_sum(s) FROM (VALUES ('tally 1 "x" 0 [] [] [count] () [("a" 9223372036854775807)]'::journey_tally),
    ('tally 1 "x" 0 [] [] [count] () [("a" 1)]')) v(s);
SELECT state_sum(s) FROM (VALUES ('tally 1 "x" 0 [] [] [duration] () [("a" (1 170141183460469231731687303715884105727))]'::journey_tally),
    ('tally 1 "x" 0 [] [] [duration] () [("a" (1 1))]')) v(s);
SELECT state_sum(s) FROM (VALUES ('tally 1 "x" 0 [] [] [sum] () [("a" (1 1.7e308 0))]'::journey_tally),
    ('tally 1 "x" 0 [] [] [sum] () [("a" (1 1.7e308 0))]')) v(s);
SELECT state_sum(s) FROM (VALUES ('tally 1 "x" 0 [] [] [distribution] () [("a" [(9223372036854775807 5 5)])]'::journey_tally),
    ('tally 1 "x" 0 [] [] [distribution] () [("a" [(1 5 5)])]')) v(s);
SELECT 'tally 1 "x" 0 [] [] [distribution] () [("a" [(9223372036854775807 5 5) (1 6 6)])]'::journey_tally;
\echo and just fit
SELECT state_sum(s) FROM (VALUES
    ('tally 1 "x" 0 [] [latest] [duration distribution] (3) [("a" (1 18446744073709551615) [(1 128 128) (1 4096 4096)])]'::journey_tally),
    ('tally 1 "x" 0 [] [latest] [duration distribution] (none) [("a" (1 1) [(2 129 129)]) ("b" (1 1) [])]')) v(s);

\echo malformed text, at each place of the grammar
SELECT ''::journey_tally;
SELECT 'tallys 1'::journey_tally;
SELECT 'tally 2 "x" 0 [] [] [] () []'::journey_tally;
SELECT 'tally 1 x 0 [] [] [] () []'::journey_tally;
SELECT 'tally 1 "x 0 [] [] [] () []'::journey_tally;
SELECT 'tally 1 "x" -1 [] [] [] () []'::journey_tally;
SELECT 'tally 1 "x" 2147483648 [] [] [] () []'::journey_tally;
SELECT 'tally 1 "x" 0 [null] [] [] () []'::journey_tally;
SELECT 'tally 1 "x" 0 ["a" [] [] () []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [number] [] () []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [distribution] [] () []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [count] [] () []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [count] [] (-1) []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [count] [] (9223372036854775808) []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [count] [] (1.5) []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [count] [] (1 1) []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [count] [] (99999999999999999999999999999999999999999999) []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [latest] [] (never) []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [latest] [] (-9223372036854775809) []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [duration] [] ((1 170141183460469231731687303715884105728)) []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [duration] [] ((0 1)) []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [duration] [] ((1 -1)) []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [sum] [] ((1 NaN 0)) []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [sum] [] ((1 1 Infinity)) []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [sum] [] ((1 1e999 0)) []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [sum] [] ((1 0x10 0)) []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [sum] [] ((1 1.7e308 1.7e308)) []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [sum] [] ((0 1 0)) []'::journey_tally;
SELECT 'tally 1 "x" 0 [] [] [] () [null]'::journey_tally;
SELECT 'tally 1 "x" 0 [] [] [] () [(a)]'::journey_tally;
SELECT 'tally 1 "x" 0 [] [] [] () [("a") ("b") ("a")]'::journey_tally;
SELECT 'tally 1 "x" 0 [] [] [] () [(null) (null)]'::journey_tally;
SELECT 'tally 1 "x" 0 [] [] [] () [("a" 1)]'::journey_tally;
SELECT 'tally 1 "x" 0 [] [] [distribution] () [("a" [(0 5 5)])]'::journey_tally;
SELECT 'tally 1 "x" 0 [] [] [distribution] () [("a" [(1 5 6)])]'::journey_tally;
SELECT 'tally 1 "x" 0 [] [] [distribution] () [("a" [(2 128 130)])]'::journey_tally;
SELECT 'tally 1 "x" 0 [] [] [distribution] () [("a" [(2 129 128)])]'::journey_tally;
SELECT 'tally 1 "x" 0 [] [] [distribution] () [("a" [(2 200 200) (1 100 100)])]'::journey_tally;
SELECT 'tally 1 "x" 0 [] [] [distribution] () [("a" [(2 128 128) (1 129 129)])]'::journey_tally;
SELECT 'tally 1 "x" 0 [] [] [] () [("a")'::journey_tally;
SELECT 'tally 1 "x" 0 [] [] [] () [] x'::journey_tally;

-- Text cut off anywhere, and any byte replaced, is refused or is a state that
-- reads back and of which a report can be made.
CREATE FUNCTION tried(forged text, outcome OUT text) LANGUAGE plpgsql AS $$
DECLARE
    state journey_tally;
BEGIN
    state := forged;
    IF state::text::journey_tally::text <> state::text THEN
        outcome := 'differs';
        RETURN;
    END IF;
    PERFORM stage_funnel_final(state);
    outcome := 'reported';
EXCEPTION
    WHEN invalid_text_representation THEN outcome := 'not read';
    WHEN invalid_parameter_value OR syntax_error OR numeric_value_out_of_range THEN outcome := 'not reported';
END $$;
SET client_min_messages = warning;
SELECT outcome, count(*) > 10 AS many FROM (
    SELECT state_sum(state)::text AS t FROM states) s,
    LATERAL (SELECT left(t, n) AS forged FROM generate_series(0, length(t) - 1) n
        UNION ALL
        SELECT overlay(t PLACING c FROM n) FROM generate_series(1, length(t)) n,
            unnest(ARRAY['', '9', '-', '"', '(', ']', ' ', 'x', '1e9']) c) f,
    tried(forged) GROUP BY outcome ORDER BY outcome;
RESET client_min_messages;

-- The binary form, by way of COPY.
CREATE TABLE received (state journey_tally);
CREATE FUNCTION receive(message bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    sent bytea := '\x5047434f50590aff0d0a00' || int4send(0) || int4send(0) || int2send(1::int2) ||
                  int4send(length(message)) || message || int2send(-1::int2);
    octal text;
BEGIN
    SELECT string_agg('\' || (b >> 6)::text || (b >> 3 & 7)::text || (b & 7)::text, '' ORDER BY i) INTO octal
    FROM (SELECT i, get_byte(sent, i) AS b FROM generate_series(0, length(sent) - 1) i) bytes;
    TRUNCATE received;
    EXECUTE format('COPY received FROM PROGRAM %L (FORMAT binary)', 'printf ''' || octal || '''');
    RETURN (SELECT state::text FROM received);
EXCEPTION
    WHEN invalid_binary_representation OR protocol_violation OR character_not_in_repertoire THEN
        RETURN 'refused: ' || SQLERRM;
END $$;
\echo binary reads back to an equal state
SELECT receive(journey_tally_send(:all)) = :all AS same;
SELECT customer, receive(journey_tally_send(state)) = state::text AS same FROM states ORDER BY 1;
\echo messages cut off
SELECT left(receive(substring(m FOR n)), 7) AS outcome, count(*) FROM
    (SELECT journey_tally_send(state_sum(state)) AS m FROM states) s, generate_series(0, length(m) - 1, 17) n GROUP BY 1;
\echo 'format, lengths, counts, types and numbers that lie'
\set head '\'\\x0000000000000001' '00000001' '78' '0000000000000000\''
SELECT receive(:head::bytea || '\x00000000' || '\x00000000' || '\x00000000' || '\x00000000');
SELECT receive('\x0000000000000002');
SELECT receive('\x0000000000000001ffffffff');
SELECT receive('\x00000000000000017fffffff');
SELECT receive('\x000000000000000100000001ff');
SELECT receive('\x00000000000000010000000100');
SELECT receive(:head::bytea || '\xffffffff');
SELECT receive(:head::bytea || '\x00000000' || '\x7fffffff');
SELECT receive(:head::bytea || '\x00000000' || '\x0000000105');
SELECT receive(:head::bytea || '\x00000000' || '\x0000000104');
SELECT receive(:head::bytea || '\x00000000' || '\x0000000100' || '\x00000000' || '\x8000000000000000');
SELECT receive(:head::bytea || '\x00000000' || '\x0000000102' || '\x00000000' || '\x0000000000000001' || '\xffffffffffffffff' || '\x0000000000000000');
SELECT receive(:head::bytea || '\x00000000' || '\x0000000103' || '\x00000000' || '\x0000000000000001' || '\x7ff8000000000000' || '\x0000000000000000');
SELECT receive(:head::bytea || '\x00000000' || '\x00000000' || '\x0000000104' || '\x00000001' || '\xffffffff' || '\x7fffffff');

-- Kept in a table: compressed, out of line, and back.
CREATE TABLE kept (state journey_tally);
INSERT INTO kept SELECT funnel_state(format('2026-01-01 00:00:00+00 a@c%s, 2026-01-01 00:00:00.%s+00 b', i, lpad(i::text, 5, '0'))::journey, 'a -> b by channel')
FROM generate_series(1, 3000) i;
SELECT pg_column_size(state) < octet_length(state::text) AS compressed,
       octet_length(state::text) > 100000 AS large FROM kept;
SELECT count(*), sum(customers), max(median_seconds) FROM unnest((SELECT stage_funnel_final(state_sum(state)) FROM kept)) f;
SELECT state_sum(state)::text = (SELECT state::text FROM kept) AS same FROM (
    SELECT state FROM kept UNION ALL SELECT NULL) s;
SELECT customers FROM unnest((SELECT stage_funnel_final(state_sum(state)) FROM (SELECT state FROM kept UNION ALL SELECT state FROM kept) s)) OFFSET 5999;

DROP TABLE shop, states, received, kept;
DROP FUNCTION tried, receive;
DROP AGGREGATE funnel_state(journey, text), state_sum(journey_tally);
