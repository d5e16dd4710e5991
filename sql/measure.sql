/* Measures of one journey. */

CREATE FUNCTION channel_switches(journey) RETURNS integer
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION channel_switches(journey) IS
    'how many times the channel changes; touchpoints without one are passed over';

CREATE FUNCTION first_channel(journey) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION first_channel(journey) IS 'channel of the first touchpoint that has one';

CREATE FUNCTION last_channel(journey) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION last_channel(journey) IS 'channel of the last touchpoint that has one';

CREATE FUNCTION last_channel(journey, ignore text[]) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 30;
COMMENT ON FUNCTION last_channel(journey, text[]) IS
    'the last channel that is none of these, such as the last one but "direct"';

CREATE FUNCTION idle_seconds(journey, gap interval DEFAULT '30 minutes') RETURNS double precision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION idle_seconds(journey, interval) IS 'sum of the gaps that are longer than this: the time between sessions';

CREATE FUNCTION active_dates(journey, time_zone text DEFAULT 'UTC') RETURNS date[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION active_dates(journey, text) IS 'the days with a touchpoint in a time zone, in order';
