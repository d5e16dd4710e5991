-- Makes the table events of the view field, whose columns are texts.  Run by
-- demo/run, which sets :file, :header_lines, :at_name and :value_name.

-- Times are Unix seconds or milliseconds, or what PostgreSQL reads, except
-- dates that mean one thing in Boston and another in Berlin.
CREATE FUNCTION pg_temp.read_time(t text) RETURNS timestamptz STRICT LANGUAGE plpgsql AS $$
BEGIN
	IF t ~ '^[0-9]{9,10}([.][0-9]+)?$' THEN
		RETURN to_timestamp(t::double precision);
	ELSIF t ~ '^[0-9]{12,13}$' THEN
		RETURN to_timestamp(t::double precision / 1000);
	ELSIF t ~ '^[0-9]{1,2}[-/. ]' OR NOT isfinite(t::timestamptz) THEN
		RAISE invalid_datetime_format;
	END IF;
	RETURN t::timestamptz;
END
$$;

CREATE FUNCTION pg_temp.read_number(t text) RETURNS double precision STRICT LANGUAGE plpgsql AS $$
BEGIN
	IF t::double precision IN ('NaN', 'Infinity', '-Infinity') THEN
		RAISE numeric_value_out_of_range;
	END IF;
	RETURN t::double precision;
END
$$;

CREATE TEMP TABLE unreadable (record bigint, what text, value text);

-- Should a value be unreadable, a second look finds out where it is.
DO $$
DECLARE
	r record;
	what text;
BEGIN
	CREATE TABLE events AS
	SELECT customer, pg_temp.read_time(at) AS at, event, channel, pg_temp.read_number(value) AS value
	FROM field;
EXCEPTION WHEN data_exception THEN
	FOR r IN SELECT * FROM field ORDER BY record LOOP
		BEGIN
			what := 'at';
			PERFORM pg_temp.read_time(r.at);
			what := 'value';
			PERFORM pg_temp.read_number(r.value);
		EXCEPTION WHEN data_exception THEN
			INSERT INTO unreadable VALUES (r.record, what, CASE what WHEN 'at' THEN r.at ELSE r.value END);
			EXIT;
		END;
	END LOOP;
END
$$;

SELECT count(*) > 0 AS any_unreadable FROM unreadable \gset
\if :any_unreadable
-- A record may hold line breaks, within quotes.
SELECT format('%s, line %s, column "%s": cannot read "%s" as a %s', :'file',
              :header_lines + record
              + (SELECT coalesce(sum(length(raw::text) - length(replace(raw::text, E'\n', ''))), 0)
                 FROM raw WHERE raw.record < unreadable.record),
              CASE what WHEN 'at' THEN :'at_name' ELSE :'value_name' END, left(value, 60),
              CASE WHEN what = 'value' THEN 'number: write it like 1234.50'
                   WHEN value ~ '^[0-9]{1,2}[-/.]' THEN 'time, since day and month can be taken for each other: write dates as yyyy-mm-dd'
                   ELSE 'time: write it like 2026-03-01 09:00, or as Unix seconds' END) AS complaint
FROM unreadable \gset
\warn :complaint
\quit
\endif

WITH gone AS (DELETE FROM events WHERE customer IS NULL OR at IS NULL OR event IS NULL RETURNING 1)
SELECT count(*) > 0 AS any_skipped,
       CASE count(*) WHEN 1 THEN '1 row' ELSE count(*) || ' rows' END || ' without a customer, a time or an event left out' AS skipped
FROM gone \gset
\if :any_skipped
\echo :skipped
\endif
VACUUM ANALYZE events;
