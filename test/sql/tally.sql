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

\echo 'text: who counts what, the shapes of rows with their slots, then the rows; the latest touchpoint is 18 March'
SELECT funnel_state(journey, 'visit -> cart') FROM shop;
\echo one row a label, in the order of labels
SELECT state_sum(state) FROM states;
SELECT state_sum(state ORDER BY customer DESC)::text = state_sum(state ORDER BY customer)::text AS same FROM states;
\echo a state tells which alternatives its own rows matched, whatever those of other groups did
SELECT g, substring(s::text FROM '\("all" \[\] (.*?)\)') AS latest_and_terms FROM (
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
\set other '''tally 2 "other" 7 ["arg" "x"] [("row" 1 ["a" count])] []'''
SELECT state_sum(s) FROM (SELECT state FROM states WHERE customer = 'ann' UNION ALL SELECT :other) v(s);
SELECT stage_funnel_final(:other);
SELECT stage_funnel_final('tally 2 "stage_funnel" 1 ["pattern" "visit"] [("row" 1 ["a" count])] []');
SELECT stage_funnel_final('tally 2 "stage_funnel" 1 ["pattern" "visit", "other" "x"] [("row" 1 ["a" count])] []');
SELECT stage_funnel_final('tally 2 "stage_funnel" 1 ["pattern" "visit" "other" "x"] [("row" 1 ["a" count])] []');
SELECT stage_funnel_final('tally 2 "stage_funnel" 1 ["pattern" "visit -> "] [("row" 1 ["a" count])] []');
\echo an aggregate that begins with a forged state is no way in either
CREATE AGGREGATE forged(journey, text) (SFUNC = stage_funnel_transition, STYPE = journey_tally,
    INITCOND = 'tally 2 "stage_funnel" 1 ["pattern" "visit"] [("row" 1 ["a" count])] []');
SELECT forged(journey, 'visit') FROM shop;
DROP AGGREGATE forged(journey, text);

\echo 'slots and shapes that are added later need no new version: a state without them has counted nothing there'
SELECT step, stage, customers, touchpoints, median_seconds, step_value FROM unnest(stage_funnel_final(
    'tally 2 "stage_funnel" 1 ["pattern" "visit"] [("label" 1 [] 1 ["touchpoints" count "ended" count])] [("label" [null] 5 2)]'));
\echo one without any of the slots that repeat, too
SELECT step, stage, customers, touchpoints FROM unnest(stage_funnel_final(
    'tally 2 "stage_funnel" 1 ["pattern" "visit -> cart within 7 days by day"] [("label" 1 ["until" latest])] [("label" ["2026-03-02"] 825811200000000)]'));
CREATE TABLE older AS SELECT customer, regexp_replace(regexp_replace(state::text, '"skipped" count ', '', 'g'),
    '(\("label" \[[^]]*\] \S+ \S+) \S+ (\S+ \([^[]*\[[^]]*\] \[[^]]*\] \S+) \S+', '\1 \2', 'g')::journey_tally AS state FROM states WHERE customer <> 'eve';
SELECT customer, state::text ~ 'skipped' AS skipped FROM older ORDER BY 1;
SELECT state_sum(s)::text = (SELECT state_sum(state)::text FROM states) AS same FROM (
    SELECT state FROM older UNION ALL SELECT state FROM states WHERE customer = 'eve') v(s);
SELECT state_sum(s ORDER BY s::text DESC)::text = (SELECT state_sum(state)::text FROM states) AS same FROM (
    SELECT state FROM older WHERE customer <> 'ann' UNION ALL SELECT state FROM states WHERE customer IN ('eve', 'ann')) v(s);
DROP TABLE older;
\echo slots that a version does not have, or of another type, and versions that are newer
SELECT stage_funnel_final('tally 2 "stage_funnel" 1 ["pattern" "visit"] [("label" 1 [] 2 ["ended" count])] []');
SELECT stage_funnel_final('tally 2 "stage_funnel" 1 ["pattern" "visit"] [("label" 1 [] 1 ["ended" sum])] []');
SELECT stage_funnel_final('tally 2 "stage_funnel" 1 ["pattern" "visit"] [("label" 2 [] 1 ["ended" count])] []');
SELECT stage_funnel_final('tally 2 "stage_funnel" 1 ["pattern" "visit"] [("label" 1 ["ended" count])] []');
SELECT stage_funnel_final('tally 2 "stage_funnel" 1 ["pattern" "visit"] [("labels" 1 [])] []');
SELECT stage_funnel_final('tally 2 "stage_funnel" 2 ["pattern" "visit"] [] []');
SELECT stage_funnel_final('tally 2 "stage_funnel" 0 ["pattern" "visit"] [] []');
SELECT stage_funnel_final('tally 2 "stage_funnel" 1 [] [] []');
SELECT session_summary_final('tally 2 "session_summary" 1 [] [] []');
SELECT session_summary_final('tally 2 "session_summary" 1 ["gap" "0 s"] [] []');
SELECT session_summary_final('tally 2 "session_summary" 1 ["gap" "1800 s"] [] []');
SELECT session_summary_final('tally 2 "session_summary" 1 ["gap" "-1 s"] [] []');
SELECT session_summary_final('tally 2 "session_summary" 1 ["gap" "1000000 us"] [] []');
SELECT session_summary_final('tally 2 "session_summary" 1 ["gap" "01 s"] [] []');
SELECT session_summary_final('tally 2 "session_summary" 1 ["gap" "9223372036855 s"] [] []');
SELECT session_summary_final('tally 2 "session_summary" 1 ["gap" "99999999999999999999 us"] [] []');

\echo 'every type of slot, at its limits'
\set all '''tally 2 "x" 0 ["a" "1" "b" "2"] [("all" 0 ["a" count "b" latest "c" latest "d" earliest "e" earliest]) ("row" 1 ["a ""b"" é" count "b" duration "c" sum "d" durations "e" numbers]) ("none" 0 []) ("pair" 2 ["n" count]) ("path" any ["n" count]) ("repeats" 0 ["a" count] 2 ["b" latest "c" count])] [("all" [] 9223372036854775807 none -9223372036854775807 none 9223372036854775807) ("row" ["a ""b"" é"] 0 (9223372036854775807 170141183460469231731687303715884105727) (3 -1.7976931348623157e+308 5e-324) [(1 0 0) (2 63 63) (3 64 64) (9223372036854775801 18446744073709551614 18446744073709551615)] [(2 -1.7976931348623157e+308 -1.7976931348623155e+308) (1 -5e-324 -5e-324) (4 0 0) (1 5e-324 5e-324) (3 1.5 1.5)]) ("row" [null] 1 (0 0) (0 0 0) [] []) ("none" []) ("pair" ["a" "b"] 1) ("pair" ["a" "c"] 2) ("pair" ["a" null] 3) ("pair" [null "a"] 4) ("path" [] 5) ("path" ["a"] 6) ("path" ["a" "a"] 7) ("path" ["a" "b"] 8) ("path" ["ab"] 9) ("path" [null] 10) ("repeats" [] 1 none 2 3 4)]'''
SELECT :all::journey_tally;
SELECT :all::journey_tally::text = :all AS same;
\echo zero is one number in a sum
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" sum])] [("all" [] (1 -0 -0))]'::journey_tally;
\echo spaces and the order of rows do not matter
SELECT E'\ttally\n2 "x" 0[][ ("row"1 [ "n"count ])]\n[("row"[null]2)("row"["b"]1)("row" [ "a" ] 0)] '::journey_tally;
\echo 'many shapes, of which each has a row, or one has them all'
SELECT count(*) AS states, bool_and(t::journey_tally::text = t) AS same FROM (
    SELECT 'tally 2 "x" 0 [] [' || string_agg(format('("s%s" 0 ["n" count])', i), ' ') || '] [' ||
        string_agg(format('("s%s" [] %s)', i, i), ' ') || ']' AS t FROM generate_series(1001, 3000) i
    UNION ALL
    SELECT 'tally 2 "x" 0 [] [' || string_agg(format('("s%s" 1 ["n" count])', i), ' ') || '] [' ||
        string_agg(format('("s3000" ["%s"] %s)', i, i), ' ') || ']' FROM generate_series(1001, 3000) i) s;
\echo a shape without labels has its row whether it is there or not
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" count "b" latest])] []'::journey_tally;

\echo sums that do not fit
SELECT state_sum(s) FROM (VALUES ('tally 2 "x" 0 [] [("row" 1 ["a" count])] [("row" ["a"] 9223372036854775807)]'::journey_tally),
    ('tally 2 "x" 0 [] [("row" 1 ["a" count])] [("row" ["a"] 1)]')) v(s);
SELECT state_sum(s) FROM (VALUES ('tally 2 "x" 0 [] [("row" 1 ["a" duration])] [("row" ["a"] (1 170141183460469231731687303715884105727))]'::journey_tally),
    ('tally 2 "x" 0 [] [("row" 1 ["a" duration])] [("row" ["a"] (1 1))]')) v(s);
SELECT state_sum(s) FROM (VALUES ('tally 2 "x" 0 [] [("row" 1 ["a" sum])] [("row" ["a"] (1 1.7e308 0))]'::journey_tally),
    ('tally 2 "x" 0 [] [("row" 1 ["a" sum])] [("row" ["a"] (1 1.7e308 0))]')) v(s);
SELECT state_sum(s) FROM (VALUES ('tally 2 "x" 0 [] [("row" 1 ["a" durations])] [("row" ["a"] [(9223372036854775807 5 5)])]'::journey_tally),
    ('tally 2 "x" 0 [] [("row" 1 ["a" durations])] [("row" ["a"] [(1 5 5)])]')) v(s);
SELECT 'tally 2 "x" 0 [] [("row" 1 ["a" durations])] [("row" ["a"] [(9223372036854775807 5 5) (1 6 6)])]'::journey_tally;
\echo and just fit
SELECT state_sum(s) FROM (VALUES
    ('tally 2 "x" 0 [] [("all" 0 ["a" latest]) ("row" 1 ["a" duration "b" durations])] [("all" [] 3) ("row" ["a"] (1 18446744073709551615) [(1 128 128) (1 4096 4096)])]'::journey_tally),
    ('tally 2 "x" 0 [] [("all" 0 ["a" latest]) ("row" 1 ["a" duration "b" durations])] [("all" [] none) ("row" ["a"] (1 1) [(2 129 129)]) ("row" ["b"] (1 1) [])]')) v(s);

\echo malformed text, at each place of the grammar
SELECT ''::journey_tally;
SELECT 'tallys 1'::journey_tally;
SELECT 'tally 1 "x" 0 [] [] []'::journey_tally;
SELECT 'tally 2 x 0 [] [] []'::journey_tally;
SELECT 'tally 2 "x 0 [] [] []'::journey_tally;
SELECT 'tally 2 "x" -1 [] [] []'::journey_tally;
SELECT 'tally 2 "x" 2147483648 [] [] []'::journey_tally;
SELECT 'tally 2 "x" 0 ["arg" null] [] []'::journey_tally;
SELECT 'tally 2 "x" 0 ["a" "b" [] []'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" number])] [("all" [] )]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" durations])] [("all" [] 1)]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" count])] [("all" [] )]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" count])] [("all" [] -1)]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" count])] [("all" [] 9223372036854775808)]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" count])] [("all" [] 1.5)]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" count])] [("all" [] 1 1)]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" count])] [("all" [] 99999999999999999999999999999999999999999999)]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" latest])] [("all" [] never)]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" latest])] [("all" [] -9223372036854775809)]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" duration])] [("all" [] (1 170141183460469231731687303715884105728))]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" duration])] [("all" [] (0 1))]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" duration])] [("all" [] (1 -1))]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" sum])] [("all" [] (1 NaN 0))]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" sum])] [("all" [] (1 1 Infinity))]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" sum])] [("all" [] (1 1e999 0))]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" sum])] [("all" [] (1 0x10 0))]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" sum])] [("all" [] (1 1.7e308 1.7e308))]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" sum])] [("all" [] (0 1 0))]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("row" 1 [])] [null]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("row" 1 [])] [("row" [a])]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("row" 1 [])] [("row" ["a"]) ("row" ["b"]) ("row" ["a"])]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("row" 1 [])] [("row" [null]) ("row" [null])]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("row" 1 [])] [("row" ["a"] 1)]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("row" 1 ["a" durations])] [("row" ["a"] [(0 5 5)])]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("row" 1 ["a" durations])] [("row" ["a"] [(1 5 6)])]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("row" 1 ["a" durations])] [("row" ["a"] [(2 128 130)])]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("row" 1 ["a" durations])] [("row" ["a"] [(2 129 128)])]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("row" 1 ["a" durations])] [("row" ["a"] [(2 200 200) (1 100 100)])]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("row" 1 ["a" durations])] [("row" ["a"] [(2 128 128) (1 129 129)])]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("row" 1 [])] [("row" ["a"])'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" numbers])] [("all" [] [(1 NaN NaN)])]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" numbers])] [("all" [] [(2 0 5e-324)])]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" numbers])] [("all" [] [(1 2 2) (1 1 1)])]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" earliest])] [("all" [] nothing)]'::journey_tally;
SELECT 'tally 2 "" 0 [] [] []'::journey_tally;
SELECT 'tally 2 "x" 0 ["a"] [] []'::journey_tally;
SELECT 'tally 2 "x" 0 ["" "a"] [] []'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" -1 [])] []'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" some [])] []'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 4294967295 [])] []'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a"])] []'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 [count])] []'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 [] 0 [])] []'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 [] 0 ["a" count])] []'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 [] 2 [])] []'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 [] -1 ["a" count])] []'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 [] 2147483648 ["a" count])] []'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 [] 2147483647 ["a" count])] []'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 [] 2 ["a" count] 1)] []'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["c" latest] 2 ["a" count "b" sum])] [("all" [] none 1 (0 0 0) 2)]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 []) ("row" 1 [])] [("other" [])]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 []) ("row" 1 [])] [("row" [])]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 []) ("row" 1 [])] [("row" ["a" "b"])]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 []) ("row" 1 [])] [("all" ["a"])]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("all" 0 ["a" count])] [("all" [] 1) ("all" [] 1)]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("path" any [])] [("path" []) ("path" [])]'::journey_tally;
SELECT 'tally 2 "x" 0 [] [] [] x'::journey_tally;
\echo names of shapes, and of the slots of one, are there once: rows and slots are found by them
SELECT 'tally 2 "x" 0 [] [("row" 1 []) ("all" 0 []) ("row" 2 [])] []'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("row" 1 ["b" count "a" count "b" sum])] []'::journey_tally;
SELECT 'tally 2 "x" 0 [] [("row" 1 ["a" count]) ("row " 1 ["a" count])] []'::journey_tally;

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
\set head '\'\\x0000000000000002' '00000001' '78' '0000000000000000\''
\set no_arguments '\'\\x00000000\''
\set no_repeats '\'\\x0000000000000000' '00000000\''
\set shape '\'\\x00000001' '00000001' '61\''
SELECT receive(:head::bytea || :no_arguments || '\x00000000' || '\x00000000');
SELECT receive('\x0000000000000001');
SELECT receive('\x0000000000000002ffffffff');
SELECT receive('\x00000000000000027fffffff');
SELECT receive('\x000000000000000200000001ff');
SELECT receive('\x00000000000000020000000100');
SELECT receive('\x000000000000000200000000');
SELECT receive(:head::bytea || '\xffffffff');
SELECT receive(:head::bytea || :no_arguments || '\x7fffffff');
SELECT receive(:head::bytea || :no_arguments || :shape || '\x00000000' || '\x7fffffff');
SELECT receive(:head::bytea || :no_arguments || :shape || '\x00000000' || '\x00000001' || '\x0000000161' || '\x07');
SELECT receive(:head::bytea || :no_arguments || :shape || '\x00000000' || '\x00000000' || '\x0000000080000000' || '\x00000001' || '\x0000000161' || '\x00');
SELECT receive(:head::bytea || :no_arguments || '\x00000002' || '\x0000000161' || '\x00000001' || '\x00000000' || :no_repeats || '\x0000000161' || '\x00000002' || '\x00000000' || :no_repeats || '\x00000000');
SELECT receive(:head::bytea || :no_arguments || :shape || '\x00000000' || '\x00000002' || '\x0000000161' || '\x00' || '\x0000000161' || '\x01' || :no_repeats || '\x00000000');
\echo a row of a shape that is none, with labels that are none, and with too many of them
SELECT receive(:head::bytea || :no_arguments || :shape || '\x00000000' || '\x00000000' || :no_repeats || '\x00000001' || '\x00000001' || '\x00000000');
SELECT receive(:head::bytea || :no_arguments || :shape || '\xffffffff' || '\x00000000' || :no_repeats || '\x00000001' || '\x00000000' || '\x7fffffff');
SELECT receive(:head::bytea || :no_arguments || :shape || '\x00000001' || '\x00000000' || :no_repeats || '\x00000001' || '\x00000000' || '\x00000001' || '\xfffffffe');
\echo 'slots: a count, a duration, a sum, durations'
SELECT receive(:head::bytea || :no_arguments || :shape || '\x00000000' || '\x00000001' || '\x0000000161' || '\x00' || :no_repeats || '\x00000001' || '\x00000000' || '\x00000000' || '\x8000000000000000');
SELECT receive(:head::bytea || :no_arguments || :shape || '\x00000000' || '\x00000001' || '\x0000000161' || '\x03' || :no_repeats || '\x00000001' || '\x00000000' || '\x00000000' || '\x0000000000000001' || '\xffffffffffffffff' || '\x0000000000000000');
SELECT receive(:head::bytea || :no_arguments || :shape || '\x00000000' || '\x00000001' || '\x0000000161' || '\x04' || :no_repeats || '\x00000001' || '\x00000000' || '\x00000000' || '\x0000000000000001' || '\x7ff8000000000000' || '\x0000000000000000');
SELECT receive(:head::bytea || :no_arguments || :shape || '\x00000000' || '\x00000001' || '\x0000000161' || '\x05' || :no_repeats || '\x00000001' || '\x00000000' || '\x00000000' || '\x7fffffff');

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
