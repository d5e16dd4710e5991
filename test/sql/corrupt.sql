-- What only hostile input reaches: bytes that no writer made, numbers at the
-- end of their range, and messages about both.
SET timezone = 'UTC';
SET datestyle = 'ISO';

CREATE CAST (journey AS bytea) WITHOUT FUNCTION;
CREATE CAST (bytea AS journey) WITHOUT FUNCTION;
CREATE FUNCTION try(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text; detail text;
BEGIN
	EXECUTE 'SELECT (' || sql || ')::text' INTO result;
	RETURN coalesce(result, 'null');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ' ' || SQLERRM || coalesce('. ' || nullif(detail, ''), '');
END $$;

\echo version, flags, count, first time, span, labels, size of the dictionary, dictionary, codes, differences
SELECT '2026-03-01 09:00:00+00 a, 2026-03-01 09:00:01+00 b, 2026-03-01 09:00:03+00 b'::journey::bytea;
\echo each of these differs from it
SELECT name, try(format('%L::bytea::journey', bytes)) FROM (VALUES
	('unchanged', '\x0100030044bc76f1ee02000302040161016206'::bytea || '\x0102'),
	('a time that falls: the last difference goes round', '\x0102030044bc76f1ee0200030204016101620604ffffffffffffffffff01'),
	('first time beyond the end of time', '\x010003ffffffffffffff7f030204016101620601'::bytea || '\x02'),
	('first time before the beginning', '\x010003000000000000008003020401610162060102'),
	('last time beyond the end of time', '\x0100030044bc76f1ee0200ffffffffffffffff7f02040161016206'::bytea || '\x0102'),
	('last time differs', '\x0100030044bc76f1ee0200040204016101620601'::bytea || '\x02'),
	('a label that is not there', '\x0100030044bc76f1ee02000303060161016201630d0102'),
	('a label of no length', '\x0100030044bc76f1ee0200030204006101620601'::bytea || '\x02'),
	('a dictionary larger than the value', '\x0100030044bc76f1ee02000302400161016206'::bytea || '\x0102'),
	('a dictionary of no labels', '\x0100030044bc76f1ee02000300040161016206'::bytea || '\x0102'),
	('more labels than its size allows', '\x0100030044bc76f1ee02000303040161016206'::bytea || '\x0102'),
	('a varint of eleven bytes', '\x0100ffffffffffffffffffffff01'),
	('a varint of 65 bits', '\x0100838080808080808080020044bc76f1ee02000302040161016206'::bytea || '\x0102'),
	('a label whose length takes ten bytes', '\x0100030044bc76f1ee020003020d818080808080808080006101620601'::bytea || '\x02'),
	('empty, with flags', '\x010400'),
	('empty, with something behind', '\x01000000'),
	('raw values, but no values', '\x0120030044bc76f1ee02000302040161016206'::bytea || '\x0102'),
	('raw scores, but no scores', '\x0140030044bc76f1ee02000302040161016206'::bytea || '\x0102'),
	('a column of numbers of unknown form', '\x0108030044bc76f1ee02000302040161016206'::bytea || '\x010202000000'),
	('numbers of unknown scale', '\x0108030044bc76f1ee02000302040161016206'::bytea || '\x01020010000000'),
	('an impossible count', '\x01008080808010'),
	('an impossible number of labels', '\x0100030044bc76f1ee02000380808080100401610162'::bytea || '\x060102'),
	('the last byte is missing', '\x0100030044bc76f1ee0200030204016101620601'),
	('a difference that never ends', '\x0100030044bc76f1ee0200030204016101620601ff'),
	('an unknown unit', '\x0103030044bc76f1ee02000302040161016206'::bytea || '\x0102'),
	('a reserved flag', '\x0180030044bc76f1ee02000302040161016206'::bytea || '\x0102'),
	('values that are not there', '\x0108030044bc76f1ee02000302040161016206'::bytea || '\x0102')) v(name, bytes);
\echo what reads only the header is as careful
SELECT try(format('length(%L::bytea::journey)', b)), try(format('events(%L::bytea::journey)', b)),
	try(format('%L::bytea::journey = ''''', b))
FROM (VALUES ('\x010003ffffffffffffff7f03020401610162060102'::bytea), ('\x'), ('\x0100')) v(b);
\echo labels are walked as they were read, whatever their lengths look like
SELECT try(format('octet_length((events(%L::bytea::journey))[1])', b)), try(format('(events(%L::bytea::journey))[2]', b))
FROM (VALUES ('\x0100010044bc76f1ee02000002128680808080808080800061c0843d6161016200'::bytea)) v(b);
\echo numbers that no double precision holds, one by one and added up
SELECT try($$(SELECT journey_agg(now(), 'a', 'b', 'NaN'))$$), try($$(SELECT journey_agg(now(), 'a', 'b', 1, '-Infinity'))$$);
SELECT try($$(SELECT count(*) FROM attempts('2026-03-01 09:00:00+00 a =1.7e308, 2026-03-01 10:00:00+00 b =1.7e308', 'a -> b'))$$);
SELECT try($$total_value('2026-03-01 09:00:00+00 a =1.7e308, 2026-03-01 10:00:00+00 b =1.7e308')$$);
SELECT try($$total_value('2026-03-01 09:00Z a =1.7976931348623157e308, 2026-03-01 09:01Z a =9e291, 2026-03-01 09:02Z a =9e291, 2026-03-01 09:03Z a =9e291')$$);

\echo intervals at the end of their range
SELECT left(p, 60) AS pattern, try(format('pattern_steps(%L)', p)) FROM (VALUES
	('a -> b within 106751991 days 4 hours'),
	('a -> b within 106751991 days 5 hours'),
	('a -> b within 106751992 days'),
	('a -> b within 106751991.9 days'),
	('a -> b within 15250284.4523 weeks'),
	('a -> b within 9223372036854775807 microseconds'),
	('a -> b within 9223372036854 s 775806 us'),
	('a -> b within 9223372036854 s 775807 us'),
	('a -> b within 99999999999999999999999 days'),
	('a -> b within 0.00000000000000000000001 days'),
	('a -> b by week at -> c within 1 day'),
	('a -> b by week at "no such zone" within 1 day'),
	('a -> b ' || repeat('ä', 300))) v(p);
\echo the last days of time: no window has closed
SELECT s.label, s.step, s.customers, s.complete
FROM unnest((SELECT stage_funnel('+294276-12-31 23:00:00Z a, +294276-12-31 23:00:01Z b'::journey, 'a -> b within 1 day by month'))) s;

\echo a lone star is a name of no bytes, for events and for channels
SELECT reached('2026-03-01 09:00:00Z a, 2026-03-01 09:00:01Z b@c', '* -> *@*'),
	reached('2026-03-01 09:00:00Z a, 2026-03-01 09:00:01Z b', '* -> *@*');
\echo from first, and what else stands at that instant
SELECT reached_at('2026-03-01 09:00:00Z a, 2026-03-01 09:00:00Z b, 2026-03-02 09:00:00Z a, 2026-03-02 09:00:00Z b', 'a -> b -> a from first');
SELECT reached_at('2026-03-01 09:00:00Z x, 2026-03-02 09:00:00Z a, 2026-03-02 09:00:00Z b, 2026-03-03 09:00:00Z a, 2026-03-03 09:00:00Z b', '(a|b) -> (a|b) -> (a|b) -> c from first');

\echo a reader forgets its labels when there are very many, and reads on
SELECT count(*), sum(length(event_path(j, ''))), count(DISTINCT event_path(j)) FROM (
	SELECT (format('2026-03-01T09:00:00Z %s%s', i, repeat('x', 2000000)))::journey AS j FROM generate_series(1, 40) i OFFSET 0) q;
\echo a remark lists no more terms than one can read
SELECT count(*) FROM unnest((SELECT stage_funnel('2026-03-01 09:00:00Z a'::journey,
	(SELECT string_agg('a_rather_long_label_that_nobody_ever_used_' || i, ' -> ' ORDER BY i) FROM generate_series(1, 60) i)))) s;

\echo stored tallies of another format, by their size and by its number
CREATE CAST (path AS journey_tally) WITHOUT FUNCTION;
SELECT points, try(format('stage_funnel_final(%L::path::journey_tally)', p)),
	try(format('%L::path::journey_tally', p))
FROM (SELECT points, rtrim(repeat('(0,0),', points), ',') AS p FROM (VALUES (1), (10), (100)) v(points)) q;
DROP CAST (path AS journey_tally);

DROP FUNCTION try(text);
DROP CAST (journey AS bytea);
DROP CAST (bytea AS journey);
