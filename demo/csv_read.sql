-- Makes the table events of the view field: texts, with the line they stand in and
-- what is wrong with it as a line.  Run by demo/run, which sets :file, :at_name,
-- :value_name, :dates, :decimal and :skip_bad.

-- A time has one reading or none.  Unix times are those from 2001-09-09 to
-- 2033-05-18, whose digits begin with 1: so neither 2026030209 nor 202603020900 is one.  All
-- else is ISO 8601 or, if :dates says so, has its date in that order.
CREATE FUNCTION pg_temp.read_time(t text, dates text) RETURNS timestamptz STRICT LANGUAGE plpgsql AS $$
BEGIN
	IF t ~ '^1[0-9]{9}([.][0-9]{1,9}|[0-9]{3}|[0-9]{6}|[0-9]{9})?$' THEN
		RETURN 'epoch'::timestamptz + rpad(left(replace(t, '.', ''), 16), 16, '0')::bigint * interval '1 microsecond';
	ELSIF t ~* '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?(Z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?))?)?$'
		OR t ~* '^[0-9]{8}(T[0-9]{4}([0-9]{2}([.,][0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?$' THEN
		RETURN replace(t, ',', '.')::timestamptz;
	ELSIF dates = '' THEN
		RETURN NULL;
	END IF;
	t := CASE dates
		WHEN 'dmy' THEN regexp_replace(t, '^([0-9]{1,2})([-./])([0-9]{1,2})\2([0-9]{4}),?(?![0-9])', '\4-\3-\1')
		WHEN 'mdy' THEN regexp_replace(t, '^([0-9]{1,2})([-./])([0-9]{1,2})\2([0-9]{4}),?(?![0-9])', '\4-\1-\3')
		WHEN 'ymd' THEN regexp_replace(t, '^([0-9]{4})([-./])([0-9]{1,2})\2([0-9]{1,2}),?(?![0-9])', '\1-\3-\4')
	END;
	IF t ~* '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?[AP]M)?( ?(Z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?))?)?$' THEN
		RETURN replace(t, ',', '.')::timestamptz;
	END IF;
	RETURN NULL;
EXCEPTION WHEN data_exception THEN
	RETURN NULL;
END
$$;

CREATE FUNCTION pg_temp.about_time(t text, dates text) RETURNS text LANGUAGE sql AS $$
	SELECT CASE
		WHEN t ~ '^[0-9]{1,2}([-./])[0-9]{1,2}\1[0-9]{4}(?![0-9])' AND dates NOT IN ('dmy', 'mdy')
			THEN 'day and month can be taken for each other; say which comes first, DATES=dmy or DATES=mdy'
		WHEN t ~ '^[0-9]{1,2}([-./])[0-9]{1,2}\1[0-9]{2}(?![0-9])' THEN 'its year needs four digits'
		WHEN t ~ '^[0-9]{4}([-./])[0-9]{1,2}\1[0-9]{1,2}(?![0-9])' AND t !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}' AND dates <> 'ymd'
			THEN 'it is not ISO 8601; DATES=ymd reads it'
		WHEN t ~ '^[0-9]+([.][0-9]+)?$'
			THEN 'digits alone are Unix seconds, milliseconds, microseconds or nanoseconds between 2001-09-09 and 2033-05-18, or a date like 20260301'
		WHEN t ~* '^[0-9]+[-./][0-9]+[-./][0-9].*:[0-9.,]+ ?(?!((Z|UTC|GMT|[AP]M)$))[A-Z]'
			THEN 'its time zone is not an offset; write +01:00, or Z for UTC'
		WHEN t ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{1,2}:[0-9]{2}(:[0-9.,]+)?( ?(Z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?))?)?$'
			THEN 'there is no such day or hour'
		WHEN dates <> '' THEN 'it is not a date and time of DATES=' || dates
		ELSE 'it is not ISO 8601; write 2026-03-01 09:00, 2026-03-01T09:00:00Z or 2026-03-01 09:00+01:00, or Unix time'
	END
$$;

-- Numbers have no thousands separators, and neither NaN nor infinity among them.
CREATE FUNCTION pg_temp.read_number(t text, decimal_mark text) RETURNS double precision STRICT LANGUAGE plpgsql AS $$
BEGIN
	IF decimal_mark = 'comma' THEN
		t := translate(t, ',.', '.,');
	END IF;
	RETURN CASE WHEN t ~ '^[+-]?([0-9]{1,50}([.][0-9]{0,50})?|[.][0-9]{1,50})([eE][+-]?[0-9]{1,2})?$' THEN t::double precision END;
END
$$;

CREATE FUNCTION pg_temp.about_number(t text, decimal_mark text) RETURNS text LANGUAGE sql AS $$
	SELECT CASE
		WHEN t ~ '[.].*,|,.*[.]|[0-9][ ''’]+[0-9]' THEN 'write it without a thousands separator'
		WHEN t ~ ',' AND decimal_mark = 'point' THEN 'DECIMAL=comma reads it, if that is a decimal comma'
		WHEN t ~ '[.]' AND decimal_mark = 'comma' THEN 'DECIMAL=comma stands for numbers like 1234,50'
		ELSE 'write it like ' || CASE decimal_mark WHEN 'comma' THEN '1234,50' ELSE '1234.50' END
	END
$$;

CREATE TEMP TABLE reading AS
SELECT line, customer, r.at, event, channel, r.value,
       CASE WHEN malformed IS NOT NULL THEN format('%s, line %s: %s', :'file', line, malformed)
            WHEN f.at IS NOT NULL AND r.at IS NULL
                THEN format('%s, line %s, column "%s": cannot read "%s" as a time: %s',
                            :'file', line, :'at_name', left(f.at, 60), pg_temp.about_time(f.at, :'dates'))
            WHEN f.value IS NOT NULL AND r.value IS NULL
                THEN format('%s, line %s, column "%s": cannot read "%s" as a number: %s',
                            :'file', line, :'value_name', left(f.value, 60), pg_temp.about_number(f.value, :'decimal'))
       END AS complaint
FROM field AS f
CROSS JOIN LATERAL (SELECT pg_temp.read_time(f.at, :'dates') AS at, pg_temp.read_number(f.value, :'decimal') AS value OFFSET 0) AS r;

SELECT count(*) AS lines, count(complaint) AS bad, count(complaint) > 0 AS any_bad, count(complaint) = count(*) AS all_bad, count(complaint) > 10 AS many_bad,
       (array_agg(complaint ORDER BY line) FILTER (WHERE complaint IS NOT NULL))[1] AS complaint
FROM reading \gset
\if :any_bad
	\if :skip_bad
		\echo SKIP_BAD=1 leaves out :bad of :lines 'lines:'
		\pset tuples_only on
		\pset format unaligned
		SELECT complaint FROM reading WHERE complaint IS NOT NULL ORDER BY line LIMIT 10;
		\pset tuples_only off
		\pset format aligned
		\if :many_bad
			\echo ...
		\endif
	\else
		\warn :complaint
		\if :all_bad
			\warn None of its :lines lines can be read.
		\else
			\warn Of its :lines lines, :bad cannot be read. 'SKIP_BAD=1 leaves them out, and shows them.'
		\endif
		\quit
	\endif
\endif

SELECT count(*) AS missing, count(*) > 0 AS any_missing
FROM reading
WHERE complaint IS NULL AND (customer IS NULL OR at IS NULL OR event IS NULL) \gset
\if :any_missing
	\echo Left out, without a customer, a time or an event: :missing of :lines lines
\endif

SELECT :lines - :bad - :missing = 0 AS nothing_left \gset
\if :nothing_left
	\warn :file holds no event
	\quit
\endif
CREATE TABLE events AS
SELECT customer, at, event, channel, value
FROM reading
WHERE complaint IS NULL AND customer IS NOT NULL AND at IS NOT NULL AND event IS NOT NULL;
VACUUM ANALYZE events;
