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
