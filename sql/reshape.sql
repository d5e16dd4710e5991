/* From journey to journey. */

CREATE FUNCTION slice(journey, since timestamptz, until timestamptz) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_slice' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION slice(journey, timestamptz, timestamptz) IS
    'touchpoints from "since" on and before "until"; null is an open end';

CREATE FUNCTION before(journey, pattern text) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_before' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 60;
COMMENT ON FUNCTION before(journey, text) IS
    'touchpoints earlier than the reported chain of a pattern; null if the pattern was not completed';

CREATE FUNCTION after(journey, pattern text) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_after' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 60;
COMMENT ON FUNCTION after(journey, text) IS
    'touchpoints later than the reported chain of a pattern; null if the pattern was not completed';

CREATE FUNCTION before(journey, pattern text, including boolean) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_before' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 60;
COMMENT ON FUNCTION before(journey, text, boolean) IS
    'touchpoints earlier than the reported chain of a pattern, "including" those at the instant of its first one or not';

CREATE FUNCTION after(journey, pattern text, including boolean) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_after' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 60;
COMMENT ON FUNCTION after(journey, text, boolean) IS
    'touchpoints later than the reported chain of a pattern, "including" those at the instant of its last one or not';

CREATE FUNCTION slice(journey, pattern text) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_slice_pattern' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 60;
COMMENT ON FUNCTION slice(journey, text) IS
    'touchpoints from the first to the last instant of the reported chain of a pattern; null if the pattern was not completed';

CREATE FUNCTION replace_matches(journey, pattern text, event text) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_replace_matches' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 80;
COMMENT ON FUNCTION replace_matches(journey, text, text) IS
    'the touchpoints of each completed chain, and what lies between them, as one touchpoint';

CREATE FUNCTION keep_touchpoints(journey, term text) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_keep_touchpoints' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 60;
COMMENT ON FUNCTION keep_touchpoints(journey, text) IS 'touchpoints that match a term of the pattern language';

CREATE FUNCTION drop_touchpoints(journey, term text) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_drop_touchpoints' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 60;
COMMENT ON FUNCTION drop_touchpoints(journey, text) IS
    'touchpoints that do not match a term of the pattern language';

CREATE FUNCTION first_touchpoints(journey, n integer) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_first_touchpoints' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION first_touchpoints(journey, integer) IS 'the first n touchpoints';

CREATE FUNCTION last_touchpoints(journey, n integer) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_last_touchpoints' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION last_touchpoints(journey, integer) IS 'the last n touchpoints';

CREATE FUNCTION distinct_touchpoints(journey) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_distinct_touchpoints' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION distinct_touchpoints(journey) IS 'each touchpoint once';

CREATE FUNCTION collapse(journey) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_collapse' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION collapse(journey) IS
    'runs of the same event and channel as their first touchpoint, with the sum of their values';
