/* The state of the aggregates over many customers. */

CREATE TYPE journey_tally;

CREATE FUNCTION journey_tally_in(cstring) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_tally_in(cstring) IS 'I/O';

CREATE FUNCTION journey_tally_out(journey_tally) RETURNS cstring
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_tally_out(journey_tally) IS 'I/O';

CREATE FUNCTION journey_tally_recv(internal) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_tally_recv(internal) IS 'I/O';

CREATE FUNCTION journey_tally_send(journey_tally) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_tally_send(journey_tally) IS 'I/O';

CREATE TYPE journey_tally (
    INPUT = journey_tally_in,
    OUTPUT = journey_tally_out,
    RECEIVE = journey_tally_recv,
    SEND = journey_tally_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE journey_tally IS 'state of an aggregate over many customers: counters that merge';

CREATE FUNCTION journey_tally_combine(journey_tally, journey_tally) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION journey_tally_combine(journey_tally, journey_tally) IS
    'aggregate combine function: adds up two states of the same aggregate';
