\echo Use "CREATE EXTENSION journey" to load this file. \quit

-- the type

CREATE TYPE journey;

CREATE FUNCTION journey_in(cstring) RETURNS journey
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_in(cstring) IS 'I/O';

CREATE FUNCTION journey_out(journey) RETURNS cstring
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_out(journey) IS 'I/O';

CREATE FUNCTION journey_recv(internal) RETURNS journey
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_recv(internal) IS 'I/O';

CREATE FUNCTION journey_send(journey) RETURNS bytea
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_send(journey) IS 'I/O';

-- Collatable, though only bytes decide: postgres_fdw ships an operator or aggregate of a
-- text, such as j ~ 'visit', only if that text's collation is one of a column's, too.

CREATE TYPE journey (
	INPUT = journey_in,
	OUTPUT = journey_out,
	RECEIVE = journey_recv,
	SEND = journey_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended,
	COLLATABLE = true
);
COMMENT ON TYPE journey IS
	'the touchpoints of one customer in time order: at, event, channel, value, score';

-- comparison, of touchpoints whatever their stored format; the C functions without
-- "content" in their names are those of version 0.1.0

CREATE FUNCTION journey_eq(journey, journey) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_eq(journey, journey) IS 'implementation of = operator';

CREATE FUNCTION journey_ne(journey, journey) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_ne(journey, journey) IS 'implementation of <> operator';

CREATE FUNCTION journey_lt(journey, journey) RETURNS boolean
	AS 'MODULE_PATHNAME', 'journey_content_lt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_lt(journey, journey) IS 'implementation of < operator';

CREATE FUNCTION journey_le(journey, journey) RETURNS boolean
	AS 'MODULE_PATHNAME', 'journey_content_le' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_le(journey, journey) IS 'implementation of <= operator';

CREATE FUNCTION journey_gt(journey, journey) RETURNS boolean
	AS 'MODULE_PATHNAME', 'journey_content_gt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_gt(journey, journey) IS 'implementation of > operator';

CREATE FUNCTION journey_ge(journey, journey) RETURNS boolean
	AS 'MODULE_PATHNAME', 'journey_content_ge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_ge(journey, journey) IS 'implementation of >= operator';

CREATE FUNCTION journey_cmp(journey, journey) RETURNS integer
	AS 'MODULE_PATHNAME', 'journey_content_cmp' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_cmp(journey, journey) IS 'less-equal-greater';

CREATE FUNCTION journey_hash(journey) RETURNS integer
	AS 'MODULE_PATHNAME', 'journey_content_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_hash(journey) IS 'hash';

CREATE FUNCTION journey_hash_extended(journey, bigint) RETURNS bigint
	AS 'MODULE_PATHNAME', 'journey_content_hash_extended' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_hash_extended(journey, bigint) IS 'hash with a seed';

CREATE OPERATOR = (
	LEFTARG = journey, RIGHTARG = journey, FUNCTION = journey_eq,
	COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR = (journey, journey) IS 'the same touchpoints';

CREATE OPERATOR <> (
	LEFTARG = journey, RIGHTARG = journey, FUNCTION = journey_ne,
	COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (journey, journey) IS 'not the same touchpoints';

CREATE OPERATOR < (
	LEFTARG = journey, RIGHTARG = journey, FUNCTION = journey_lt,
	COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (journey, journey) IS 'less than, by start, end, length, then touchpoints';

CREATE OPERATOR <= (
	LEFTARG = journey, RIGHTARG = journey, FUNCTION = journey_le,
	COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (journey, journey) IS 'less than or equal, by start, end, length, then touchpoints';

CREATE OPERATOR > (
	LEFTARG = journey, RIGHTARG = journey, FUNCTION = journey_gt,
	COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (journey, journey) IS 'greater than, by start, end, length, then touchpoints';

CREATE OPERATOR >= (
	LEFTARG = journey, RIGHTARG = journey, FUNCTION = journey_ge,
	COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (journey, journey) IS 'greater than or equal, by start, end, length, then touchpoints';

CREATE OPERATOR CLASS journey_ops DEFAULT FOR TYPE journey USING btree AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 journey_cmp(journey, journey);
COMMENT ON OPERATOR CLASS journey_ops USING btree IS 'by start, end, length, then touchpoints';
COMMENT ON OPERATOR FAMILY journey_ops USING btree IS 'by start, end, length, then touchpoints';

CREATE OPERATOR CLASS journey_ops DEFAULT FOR TYPE journey USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 journey_hash(journey),
	FUNCTION 2 journey_hash_extended(journey, bigint);
COMMENT ON OPERATOR CLASS journey_ops USING hash IS 'equality of journeys';
COMMENT ON OPERATOR FAMILY journey_ops USING hash IS 'equality of journeys';

-- merging

CREATE FUNCTION journey_concat(journey, journey) RETURNS journey
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION journey_concat(journey, journey) IS 'implementation of || operator';

CREATE OPERATOR || (
	LEFTARG = journey, RIGHTARG = journey, FUNCTION = journey_concat, COMMUTATOR = ||
);
COMMENT ON OPERATOR || (journey, journey) IS 'the touchpoints of both';

CREATE FUNCTION journey_concat_text(journey, text) RETURNS journey
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_concat_text(journey, text) IS 'always an error, instead of text';

CREATE FUNCTION journey_concat_text(text, journey) RETURNS journey
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_concat_text(text, journey) IS 'always an error, instead of text';

CREATE OPERATOR || (LEFTARG = journey, RIGHTARG = text, FUNCTION = journey_concat_text);
COMMENT ON OPERATOR || (journey, text) IS 'always an error, instead of text';

CREATE OPERATOR || (LEFTARG = text, RIGHTARG = journey, FUNCTION = journey_concat_text);
COMMENT ON OPERATOR || (text, journey) IS 'always an error, instead of text';

-- casts

CREATE FUNCTION journey_to_jsonb(journey) RETURNS jsonb
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION journey_to_jsonb(journey) IS 'an array of objects with at, event, channel, value, score';

CREATE FUNCTION jsonb_to_journey(jsonb) RETURNS journey
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION jsonb_to_journey(jsonb) IS 'from an array of objects with at, event, channel, value, score';

CREATE CAST (journey AS jsonb) WITH FUNCTION journey_to_jsonb(journey);
COMMENT ON CAST (journey AS jsonb) IS 'an array of objects with at, event, channel, value, score';

CREATE CAST (jsonb AS journey) WITH FUNCTION jsonb_to_journey(jsonb);
COMMENT ON CAST (jsonb AS journey) IS 'from an array of objects with at, event, channel, value, score';

-- to_json, to_jsonb, json_agg and the like look for this one

CREATE FUNCTION journey_to_json(journey) RETURNS json
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION journey_to_json(journey) IS 'an array of objects with at, event, channel, value, score';

CREATE CAST (journey AS json) WITH FUNCTION journey_to_json(journey);
COMMENT ON CAST (journey AS json) IS 'an array of objects with at, event, channel, value, score';

-- accessors; down to channels() they read only the beginning of a toasted value

CREATE FUNCTION length(journey) RETURNS integer
	AS 'MODULE_PATHNAME', 'journey_length' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION length(journey) IS 'number of touchpoints';

CREATE FUNCTION started_at(journey) RETURNS timestamptz
	AS 'MODULE_PATHNAME', 'journey_started_at' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION started_at(journey) IS 'time of the first touchpoint';

CREATE FUNCTION ended_at(journey) RETURNS timestamptz
	AS 'MODULE_PATHNAME', 'journey_ended_at' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ended_at(journey) IS 'time of the last touchpoint';

CREATE FUNCTION duration(journey) RETURNS interval
	AS 'MODULE_PATHNAME', 'journey_duration' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION duration(journey) IS 'from the first to the last touchpoint';

CREATE FUNCTION duration_seconds(journey) RETURNS double precision
	AS 'MODULE_PATHNAME', 'journey_duration_seconds' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION duration_seconds(journey) IS 'from the first to the last touchpoint, in seconds';

CREATE FUNCTION events(journey) RETURNS text[]
	AS 'MODULE_PATHNAME', 'journey_events' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION events(journey) IS 'distinct events in order of first appearance';

CREATE FUNCTION channels(journey) RETURNS text[]
	AS 'MODULE_PATHNAME', 'journey_channels' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION channels(journey) IS 'distinct channels in order of first appearance';

CREATE FUNCTION total_value(journey) RETURNS double precision
	AS 'MODULE_PATHNAME', 'journey_total_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION total_value(journey) IS 'sum of the values of all touchpoints';

CREATE FUNCTION event_path(journey, separator text DEFAULT ' > ') RETURNS text
	AS 'MODULE_PATHNAME', 'journey_event_path' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION event_path(journey, text) IS 'all events in time order, joined by the separator';

CREATE FUNCTION channel_path(journey, separator text DEFAULT ' > ') RETURNS text
	AS 'MODULE_PATHNAME', 'journey_channel_path' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION channel_path(journey, text) IS 'all channels in time order, joined by the separator';

CREATE FUNCTION touchpoints(journey)
	RETURNS TABLE (touchpoint integer, at timestamptz, event text, channel text,
				   value double precision, score double precision)
	AS 'MODULE_PATHNAME', 'journey_touchpoints' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	COST 50 ROWS 20;
COMMENT ON FUNCTION touchpoints(journey) IS 'one row a touchpoint, in time order';
