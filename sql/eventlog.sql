/* The state of aggregates over rows of an events table, on its way between processes. */

CREATE FUNCTION journey_eventlog_combine(internal, internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION journey_eventlog_combine(internal, internal) IS
    'aggregate combine function: appends the touchpoints of another process';

CREATE FUNCTION journey_eventlog_serial(internal) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION journey_eventlog_serial(internal) IS
    'aggregate serialization function';

CREATE FUNCTION journey_eventlog_deserial(bytea, internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION journey_eventlog_deserial(bytea, internal) IS
    'aggregate deserialization function';
