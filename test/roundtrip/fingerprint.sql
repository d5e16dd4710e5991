-- One line for each row of the sample: everything that must survive.  The size
-- and the binary form show that the bytes are the same, not only the meaning.
SELECT id, md5(j::text), md5(journey_send(j)), octet_length(journey_send(j)), length(j), depth
FROM shop
ORDER BY id;
SELECT id, md5(state::text), md5(journey_tally_send(state)), octet_length(journey_tally_send(state)), array_dims(several), md5(several::text),
    -- array_send would have an OID in it, which is another one elsewhere
    (SELECT md5(string_agg(coalesce(journey_send(one)::text, 'null'), ' ' ORDER BY n)) FROM unnest(several) WITH ORDINALITY AS u (one, n))
FROM shop
ORDER BY id;
SELECT * FROM report;
SELECT * FROM sessions_report;
SELECT md5(stage_funnel_final(state)::text) FROM shop WHERE id IN (3, 4, 5, 6, 120, 200) ORDER BY id;
-- Rows that an older server has stored need not be of the type that a newer one's FROM
-- unnest(f) asks for: 17.12 numbers the changes of a row type, and 18.6 does not.
SELECT (unnest(f)).* FROM stored_report;
SELECT count(*) FROM shop WHERE j ~ 'a -> b';
