/* Ratings of many: net promoter score, satisfaction, effort. */

CREATE FUNCTION nps_transition(bigint[], score double precision) RETURNS bigint[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION nps_transition(bigint[], double precision) IS 'transition function of nps and nps_summary';

CREATE FUNCTION nps_combine(bigint[], bigint[]) RETURNS bigint[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION nps_combine(bigint[], bigint[]) IS 'combine function of nps and nps_summary';

CREATE FUNCTION nps_final(bigint[]) RETURNS double precision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION nps_final(bigint[]) IS 'final function of nps';

CREATE AGGREGATE nps(score double precision) (
    SFUNC = nps_transition,
    STYPE = bigint[],
    INITCOND = '{0,0,0}',
    FINALFUNC = nps_final,
    COMBINEFUNC = nps_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE nps(double precision) IS
    'net promoter score of ratings from 0 to 10: per cent of 9 and 10, less per cent of 0 to 6';

CREATE TYPE nps_stats AS (
    responses bigint,
    promoters bigint,
    passives bigint,
    detractors bigint,
    nps double precision,
    low double precision,
    high double precision
);
COMMENT ON TYPE nps_stats IS 'a net promoter score and what it is made of, as returned by nps_summary';
COMMENT ON COLUMN nps_stats.responses IS 'ratings that are not null';
COMMENT ON COLUMN nps_stats.promoters IS 'ratings of 9 and 10';
COMMENT ON COLUMN nps_stats.passives IS 'ratings of 7 and 8';
COMMENT ON COLUMN nps_stats.detractors IS 'ratings of 0 to 6';
COMMENT ON COLUMN nps_stats.nps IS 'promoters less detractors, in per cent of responses: -100 to 100';
COMMENT ON COLUMN nps_stats.low IS 'lower end of the 95 % interval of nps';
COMMENT ON COLUMN nps_stats.high IS 'upper end of the 95 % interval of nps';

CREATE FUNCTION nps_summary_final(bigint[]) RETURNS nps_stats
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION nps_summary_final(bigint[]) IS 'final function of nps_summary';

CREATE AGGREGATE nps_summary(score double precision) (
    SFUNC = nps_transition,
    STYPE = bigint[],
    INITCOND = '{0,0,0}',
    FINALFUNC = nps_summary_final,
    COMBINEFUNC = nps_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE nps_summary(double precision) IS
    'net promoter score of ratings from 0 to 10, how many rated how, and a 95 % interval';

CREATE FUNCTION csat_transition(bigint[], score double precision, top integer) RETURNS bigint[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION csat_transition(bigint[], double precision, integer) IS
    'transition function of csat and csat_summary';

CREATE FUNCTION csat_combine(bigint[], bigint[]) RETURNS bigint[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION csat_combine(bigint[], bigint[]) IS 'combine function of csat and csat_summary';

CREATE FUNCTION csat_final(bigint[]) RETURNS double precision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION csat_final(bigint[]) IS 'final function of csat';

CREATE AGGREGATE csat(score double precision, top integer) (
    SFUNC = csat_transition,
    STYPE = bigint[],
    INITCOND = '{0,0,0}',
    FINALFUNC = csat_final,
    COMBINEFUNC = csat_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE csat(double precision, integer) IS
    'satisfaction: the share of the two best ratings among those from 1 to top';

CREATE TYPE csat_stats AS (
    responses bigint,
    satisfied bigint,
    csat double precision,
    low double precision,
    high double precision
);
COMMENT ON TYPE csat_stats IS 'satisfaction and what it is made of, as returned by csat_summary';
COMMENT ON COLUMN csat_stats.responses IS 'ratings that are not null';
COMMENT ON COLUMN csat_stats.satisfied IS 'ratings that are one of the two best';
COMMENT ON COLUMN csat_stats.csat IS 'satisfied, as a fraction of responses';
COMMENT ON COLUMN csat_stats.low IS 'lower end of the 95 % interval of csat';
COMMENT ON COLUMN csat_stats.high IS 'upper end of the 95 % interval of csat';

CREATE FUNCTION csat_summary_final(bigint[]) RETURNS csat_stats
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION csat_summary_final(bigint[]) IS 'final function of csat_summary';

CREATE AGGREGATE csat_summary(score double precision, top integer) (
    SFUNC = csat_transition,
    STYPE = bigint[],
    INITCOND = '{0,0,0}',
    FINALFUNC = csat_summary_final,
    COMBINEFUNC = csat_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE csat_summary(double precision, integer) IS
    'satisfaction, how many rated and were satisfied, and a 95 % interval';

CREATE FUNCTION ces_transition(double precision[], score double precision) RETURNS double precision[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ces_transition(double precision[], double precision) IS 'transition function of ces';

CREATE AGGREGATE ces(score double precision) (
    SFUNC = ces_transition,
    STYPE = double precision[],
    INITCOND = '{0,0,0}',
    FINALFUNC = float8_avg,
    COMBINEFUNC = float8_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ces(double precision) IS 'customer effort score: the mean of the ratings';
