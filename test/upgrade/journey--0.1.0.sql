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

CREATE TYPE journey (
	INPUT = journey_in,
	OUTPUT = journey_out,
	RECEIVE = journey_recv,
	SEND = journey_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE journey IS
	'the touchpoints of one customer in time order: at, event, channel, value, score';

-- comparison; equal journeys have equal bytes

CREATE FUNCTION journey_eq(journey, journey) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_eq(journey, journey) IS 'implementation of = operator';

CREATE FUNCTION journey_ne(journey, journey) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_ne(journey, journey) IS 'implementation of <> operator';

CREATE FUNCTION journey_lt(journey, journey) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_lt(journey, journey) IS 'implementation of < operator';

CREATE FUNCTION journey_le(journey, journey) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_le(journey, journey) IS 'implementation of <= operator';

CREATE FUNCTION journey_gt(journey, journey) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_gt(journey, journey) IS 'implementation of > operator';

CREATE FUNCTION journey_ge(journey, journey) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_ge(journey, journey) IS 'implementation of >= operator';

CREATE FUNCTION journey_cmp(journey, journey) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_cmp(journey, journey) IS 'less-equal-greater';

CREATE FUNCTION journey_hash(journey) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION journey_hash(journey) IS 'hash';

CREATE FUNCTION journey_hash_extended(journey, bigint) RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
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
COMMENT ON OPERATOR < (journey, journey) IS 'less than, by start, end, length, then arbitrary';

CREATE OPERATOR <= (
	LEFTARG = journey, RIGHTARG = journey, FUNCTION = journey_le,
	COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (journey, journey) IS 'less than or equal, by start, end, length, then arbitrary';

CREATE OPERATOR > (
	LEFTARG = journey, RIGHTARG = journey, FUNCTION = journey_gt,
	COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (journey, journey) IS 'greater than, by start, end, length, then arbitrary';

CREATE OPERATOR >= (
	LEFTARG = journey, RIGHTARG = journey, FUNCTION = journey_ge,
	COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (journey, journey) IS 'greater than or equal, by start, end, length, then arbitrary';

CREATE OPERATOR CLASS journey_ops DEFAULT FOR TYPE journey USING btree AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 journey_cmp(journey, journey);
COMMENT ON OPERATOR CLASS journey_ops USING btree IS 'by start, end, length, then arbitrary';
COMMENT ON OPERATOR FAMILY journey_ops USING btree IS 'by start, end, length, then arbitrary';

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
-- journey_agg: from rows, or from journeys, to one journey

CREATE FUNCTION journey_agg_transfn(internal, timestamptz, text) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 3;
COMMENT ON FUNCTION journey_agg_transfn(internal, timestamptz, text) IS 'transition function of journey_agg';

CREATE FUNCTION journey_agg_transfn(internal, timestamptz, text, text) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 3;
COMMENT ON FUNCTION journey_agg_transfn(internal, timestamptz, text, text) IS 'transition function of journey_agg';

CREATE FUNCTION journey_agg_transfn(internal, timestamptz, text, text, double precision) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 3;
COMMENT ON FUNCTION journey_agg_transfn(internal, timestamptz, text, text, double precision) IS 'transition function of journey_agg';

CREATE FUNCTION journey_agg_transfn(internal, timestamptz, text, text, double precision, double precision) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 3;
COMMENT ON FUNCTION journey_agg_transfn(internal, timestamptz, text, text, double precision, double precision) IS 'transition function of journey_agg';

CREATE FUNCTION journey_agg_merge_transfn(internal, journey) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION journey_agg_merge_transfn(internal, journey) IS 'transition function of journey_agg';

CREATE FUNCTION journey_agg_combinefn(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION journey_agg_combinefn(internal, internal) IS 'combine function of journey_agg';

CREATE FUNCTION journey_agg_serialfn(internal) RETURNS bytea
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION journey_agg_serialfn(internal) IS 'serialization function of journey_agg';

CREATE FUNCTION journey_agg_deserialfn(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION journey_agg_deserialfn(bytea, internal) IS 'deserialization function of journey_agg';

CREATE FUNCTION journey_agg_finalfn(internal) RETURNS journey
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION journey_agg_finalfn(internal) IS 'final function of journey_agg';

-- A state with the 22 touchpoints of an average customer takes about 700 bytes.

CREATE AGGREGATE journey_agg(at timestamptz, event text) (
	SFUNC = journey_agg_transfn,
	STYPE = internal,
	SSPACE = 700,
	FINALFUNC = journey_agg_finalfn,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = journey_agg_combinefn,
	SERIALFUNC = journey_agg_serialfn,
	DESERIALFUNC = journey_agg_deserialfn,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_agg(timestamptz, text) IS 'the journey of these touchpoints';

CREATE AGGREGATE journey_agg(at timestamptz, event text, channel text) (
	SFUNC = journey_agg_transfn,
	STYPE = internal,
	SSPACE = 700,
	FINALFUNC = journey_agg_finalfn,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = journey_agg_combinefn,
	SERIALFUNC = journey_agg_serialfn,
	DESERIALFUNC = journey_agg_deserialfn,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_agg(timestamptz, text, text) IS 'the journey of these touchpoints';

CREATE AGGREGATE journey_agg(at timestamptz, event text, channel text, value double precision) (
	SFUNC = journey_agg_transfn,
	STYPE = internal,
	SSPACE = 700,
	FINALFUNC = journey_agg_finalfn,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = journey_agg_combinefn,
	SERIALFUNC = journey_agg_serialfn,
	DESERIALFUNC = journey_agg_deserialfn,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_agg(timestamptz, text, text, double precision) IS 'the journey of these touchpoints';

CREATE AGGREGATE journey_agg(at timestamptz, event text, channel text, value double precision, score double precision) (
	SFUNC = journey_agg_transfn,
	STYPE = internal,
	SSPACE = 700,
	FINALFUNC = journey_agg_finalfn,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = journey_agg_combinefn,
	SERIALFUNC = journey_agg_serialfn,
	DESERIALFUNC = journey_agg_deserialfn,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_agg(timestamptz, text, text, double precision, double precision) IS 'the journey of these touchpoints';

CREATE AGGREGATE journey_agg(journey) (
	SFUNC = journey_agg_merge_transfn,
	STYPE = internal,
	SSPACE = 700,
	FINALFUNC = journey_agg_finalfn,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = journey_agg_combinefn,
	SERIALFUNC = journey_agg_serialfn,
	DESERIALFUNC = journey_agg_deserialfn,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_agg(journey) IS 'the touchpoints of all journeys';

-- patterns on single journeys

CREATE FUNCTION reached(journey, pattern text) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION reached(journey, text) IS
	'the furthest step of a pattern that this journey reached; 0 if none';

CREATE FUNCTION reached_at(journey, pattern text) RETURNS timestamptz[]
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 30;
COMMENT ON FUNCTION reached_at(journey, text) IS
	'when this journey reached each step of a pattern, up to the furthest; null for a skipped step';

CREATE FUNCTION journey_matches(journey, text) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION journey_matches(journey, text) IS 'implementation of ~ operator';

CREATE FUNCTION journey_matches_not(journey, text) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION journey_matches_not(journey, text) IS 'implementation of !~ operator';

CREATE OPERATOR ~ (
	LEFTARG = journey,
	RIGHTARG = text,
	FUNCTION = journey_matches,
	NEGATOR = !~,
	RESTRICT = matchingsel,
	JOIN = matchingjoinsel
);
COMMENT ON OPERATOR ~ (journey, text) IS 'did this journey reach all required steps of the pattern?';

CREATE OPERATOR !~ (
	LEFTARG = journey,
	RIGHTARG = text,
	FUNCTION = journey_matches_not,
	NEGATOR = ~
);
COMMENT ON OPERATOR !~ (journey, text) IS
	'did this journey fail to reach all required steps of the pattern?';

CREATE FUNCTION attempts(journey, pattern text,
	OUT attempt integer, OUT started_at timestamptz, OUT ended_at timestamptz,
	OUT reached integer, OUT completed boolean, OUT entry_channel text,
	OUT seconds double precision, OUT value double precision)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50 ROWS 2;
COMMENT ON FUNCTION attempts(journey, text) IS
	'each completed chain of a pattern, and last the furthest unfinished one';

CREATE FUNCTION count_matches(journey, pattern text) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 40;
COMMENT ON FUNCTION count_matches(journey, text) IS
	'how many times this journey completed a pattern, one time after another';

CREATE FUNCTION pattern_steps(pattern text,
	OUT step integer, OUT kind text, OUT stage text, OUT arrow text, OUT matches text,
	OUT at_most interval)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 5;
COMMENT ON FUNCTION pattern_steps(text) IS
	'how a pattern is read: its steps, exclusions and clauses';
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
/* Funnels over stages. */

CREATE TYPE funnel_stage AS (
    label text,
    step integer,
    stage text,
    customers bigint,
    conversion_from_start double precision,
    conversion_from_previous double precision,
    drop_off bigint,
    drop_off_rate double precision,
    skipped bigint,
    touchpoints bigint,
    avg_seconds double precision,
    median_seconds double precision,
    p90_seconds double precision,
    median_seconds_from_start double precision,
    step_value double precision,
    conversion_low double precision,
    conversion_high double precision,
    complete boolean
);
COMMENT ON TYPE funnel_stage IS 'one step of a funnel, as returned by stage_funnel';
COMMENT ON COLUMN funnel_stage.label IS 'what the pattern''s "by" split the report by';
COMMENT ON COLUMN funnel_stage.step IS 'position of the step, from 1';
COMMENT ON COLUMN funnel_stage.stage IS 'name of the step';
COMMENT ON COLUMN funnel_stage.customers IS 'customers who reached this step or a later one';
COMMENT ON COLUMN funnel_stage.conversion_from_start IS 'customers, as a fraction of those of step 1';
COMMENT ON COLUMN funnel_stage.conversion_from_previous IS 'customers, as a fraction of those of the step before';
COMMENT ON COLUMN funnel_stage.drop_off IS 'customers who reached the step before and came no further';
COMMENT ON COLUMN funnel_stage.drop_off_rate IS 'drop_off, as a fraction of the customers of the step before';
COMMENT ON COLUMN funnel_stage.skipped IS 'customers counted here who skipped this optional step';
COMMENT ON COLUMN funnel_stage.touchpoints IS 'touchpoints that match the step, in a chain or not';
COMMENT ON COLUMN funnel_stage.avg_seconds IS 'time since the step reached before: average';
COMMENT ON COLUMN funnel_stage.median_seconds IS 'time since the step reached before: median';
COMMENT ON COLUMN funnel_stage.p90_seconds IS 'time since the step reached before: 90th percentile';
COMMENT ON COLUMN funnel_stage.median_seconds_from_start IS 'time since the first step reached: median';
COMMENT ON COLUMN funnel_stage.step_value IS 'sum of the values of the touchpoints that reached the step';
COMMENT ON COLUMN funnel_stage.conversion_low IS 'conversion_from_start: lower end of the 95 % confidence interval';
COMMENT ON COLUMN funnel_stage.conversion_high IS 'conversion_from_start: upper end of the 95 % confidence interval';
COMMENT ON COLUMN funnel_stage.complete IS 'by a time: can no customer of this label come further any more?';

/* Reads a whole journey and finds a chain in it: some 300 ns. */
CREATE FUNCTION stage_funnel_transition(journey_tally, journey, pattern text) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION stage_funnel_transition(journey_tally, journey, text) IS
    'aggregate transition function of stage_funnel';

CREATE FUNCTION stage_funnel_final(journey_tally) RETURNS funnel_stage[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION stage_funnel_final(journey_tally) IS
    'aggregate final function of stage_funnel';

CREATE AGGREGATE stage_funnel(journey, pattern text) (
    SFUNC = stage_funnel_transition,
    STYPE = journey_tally,
    SSPACE = 4096,
    FINALFUNC = stage_funnel_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE stage_funnel(journey, text) IS
    'how many customers reached each step of a pattern, with times, values and drop-off';

/* The keyed form: straight from rows of an events table. */

/* Looks two labels up and appends a record, which is sorted in the end. */
CREATE FUNCTION stage_funnel_keyed_transition(internal, anyelement, timestamptz, text, pattern text) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION stage_funnel_keyed_transition(internal, anyelement, timestamptz, text, text) IS
    'aggregate transition function of stage_funnel';

CREATE FUNCTION stage_funnel_keyed_transition(internal, anyelement, timestamptz, text, text, pattern text) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION stage_funnel_keyed_transition(internal, anyelement, timestamptz, text, text, text) IS
    'aggregate transition function of stage_funnel';

CREATE FUNCTION stage_funnel_keyed_transition(internal, anyelement, timestamptz, text, text, double precision, pattern text) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION stage_funnel_keyed_transition(internal, anyelement, timestamptz, text, text, double precision, text) IS
    'aggregate transition function of stage_funnel';

CREATE FUNCTION stage_funnel_keyed_final(internal) RETURNS funnel_stage[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION stage_funnel_keyed_final(internal) IS
    'aggregate final function of stage_funnel';

CREATE AGGREGATE stage_funnel(customer anyelement, at timestamptz, event text, pattern text) (
    SFUNC = stage_funnel_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = stage_funnel_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    COMBINEFUNC = journey_eventlog_combine,
    SERIALFUNC = journey_eventlog_serial,
    DESERIALFUNC = journey_eventlog_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE stage_funnel(anyelement, timestamptz, text, text) IS
    'how many customers reached each step of a pattern, straight from rows of an events table';

CREATE AGGREGATE stage_funnel(customer anyelement, at timestamptz, event text, channel text, pattern text) (
    SFUNC = stage_funnel_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = stage_funnel_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    COMBINEFUNC = journey_eventlog_combine,
    SERIALFUNC = journey_eventlog_serial,
    DESERIALFUNC = journey_eventlog_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE stage_funnel(anyelement, timestamptz, text, text, text) IS
    'how many customers reached each step of a pattern, straight from rows of an events table';

CREATE AGGREGATE stage_funnel(customer anyelement, at timestamptz, event text, channel text, value double precision, pattern text) (
    SFUNC = stage_funnel_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = stage_funnel_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    COMBINEFUNC = journey_eventlog_combine,
    SERIALFUNC = journey_eventlog_serial,
    DESERIALFUNC = journey_eventlog_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE stage_funnel(anyelement, timestamptz, text, text, double precision, text) IS
    'how many customers reached each step of a pattern, straight from rows of an events table';

CREATE FUNCTION compare_rates(
    converted_a bigint, total_a bigint, converted_b bigint, total_b bigint,
    OUT difference double precision, OUT low double precision, OUT high double precision,
    OUT p_value double precision
)
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION compare_rates(bigint, bigint, bigint, bigint) IS
    'difference of two conversion rates (b - a), its 95 % confidence interval and the p-value of no difference';
/* Sessions, numbered row by row, as rows of a journey, and summed up. */

CREATE FUNCTION sessionize_support(internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sessionize_support(internal) IS 'planner support for sessionize';

CREATE FUNCTION sessionize(at timestamptz, gap interval DEFAULT '30 minutes',
    max_length interval DEFAULT NULL, start_new boolean DEFAULT false) RETURNS bigint
    AS 'MODULE_PATHNAME' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE SUPPORT sessionize_support;
COMMENT ON FUNCTION sessionize(timestamptz, interval, interval, boolean) IS
    'number of the session within the partition, in order of time';

CREATE FUNCTION sessionize(journey, gap interval DEFAULT '30 minutes', max_length interval DEFAULT NULL,
    OUT session integer, OUT started_at timestamptz, OUT ended_at timestamptz,
    OUT seconds double precision, OUT touchpoints integer, OUT entry_event text,
    OUT exit_event text, OUT entry_channel text, OUT channels integer,
    OUT value double precision, OUT bounced boolean, OUT journey journey)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'sessionize_journey' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100 ROWS 5;
COMMENT ON FUNCTION sessionize(journey, interval, interval) IS
    'the sessions of a journey, one row each';

CREATE TYPE session_stats AS (
    customers bigint,
    sessions bigint,
    sessions_per_customer double precision,
    touchpoints bigint,
    avg_touchpoints double precision,
    median_touchpoints double precision,
    p90_touchpoints double precision,
    avg_seconds double precision,
    median_seconds double precision,
    p90_seconds double precision,
    bounced bigint,
    bounce_rate double precision,
    value double precision
);
COMMENT ON TYPE session_stats IS 'sessions of many customers summed up, as returned by session_summary';
COMMENT ON COLUMN session_stats.customers IS 'customers with a session';
COMMENT ON COLUMN session_stats.sessions IS 'sessions of all customers';
COMMENT ON COLUMN session_stats.sessions_per_customer IS 'sessions, divided by customers';
COMMENT ON COLUMN session_stats.touchpoints IS 'touchpoints of all sessions';
COMMENT ON COLUMN session_stats.avg_touchpoints IS 'touchpoints of a session: average';
COMMENT ON COLUMN session_stats.median_touchpoints IS 'touchpoints of a session: median';
COMMENT ON COLUMN session_stats.p90_touchpoints IS 'touchpoints of a session: 90th percentile';
COMMENT ON COLUMN session_stats.avg_seconds IS 'first to last touchpoint of a session: average';
COMMENT ON COLUMN session_stats.median_seconds IS 'first to last touchpoint of a session: median';
COMMENT ON COLUMN session_stats.p90_seconds IS 'first to last touchpoint of a session: 90th percentile';
COMMENT ON COLUMN session_stats.bounced IS 'sessions of a single touchpoint';
COMMENT ON COLUMN session_stats.bounce_rate IS 'bounced, as a fraction of sessions';
COMMENT ON COLUMN session_stats.value IS 'sum of the values of all touchpoints';

CREATE FUNCTION session_summary_transition(journey_tally, journey) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION session_summary_transition(journey_tally, journey) IS
    'aggregate transition function of session_summary';

CREATE FUNCTION session_summary_transition(journey_tally, journey, gap interval) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION session_summary_transition(journey_tally, journey, interval) IS
    'aggregate transition function of session_summary';

CREATE FUNCTION session_summary_final(journey_tally) RETURNS session_stats[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION session_summary_final(journey_tally) IS
    'aggregate final function of session_summary';

CREATE AGGREGATE session_summary(journey) (
    SFUNC = session_summary_transition,
    STYPE = journey_tally,
    SSPACE = 4096,
    FINALFUNC = session_summary_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE session_summary(journey) IS
    'sessions of many customers summed up; a gap of more than 30 minutes ends a session';

CREATE AGGREGATE session_summary(journey, gap interval) (
    SFUNC = session_summary_transition,
    STYPE = journey_tally,
    SSPACE = 4096,
    FINALFUNC = session_summary_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE session_summary(journey, interval) IS
    'sessions of many customers summed up; a longer gap ends a session';
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

CREATE FUNCTION rename_events(journey, names jsonb) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_rename_events' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION rename_events(journey, jsonb) IS 'events renamed as an object {"old": "new", "prefix*": "new"} says';

CREATE FUNCTION rename_channels(journey, names jsonb) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_rename_channels' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION rename_channels(journey, jsonb) IS 'channels renamed as an object {"old": "new", "prefix*": "new"} says';
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
