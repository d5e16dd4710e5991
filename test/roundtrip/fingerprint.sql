-- One line for each row of the sample: everything that must survive.  The size
-- and the binary form show that the bytes are the same, not only the meaning.
SELECT id, md5(j::text), md5(journey_send(j)), octet_length(journey_send(j)), length(j), depth
FROM shop
ORDER BY id;
SELECT * FROM report;
SELECT (unnest(f)).* FROM stored_report;
SELECT count(*) FROM shop WHERE j ~ 'a -> b';
