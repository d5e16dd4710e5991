/* The journey map: what customers do, feel and wait for in each stage; ratings on one scale. */

CREATE TYPE journey_map_stage AS (
    position integer,
    stage text,
    phase text,
    customers bigint,
    share double precision,
    reached bigint,
    skipped bigint,
    exits bigint,
    exit_rate double precision,
    touchpoints bigint,
    touchpoints_per_customer double precision,
    channels bigint,
    top_channel text,
    top_channel_share double precision,
    top_event text,
    scored bigint,
    average_score double precision,
    low_share double precision,
    p10_score double precision,
    p90_score double precision,
    score_change double precision,
    median_seconds_to_next double precision,
    p90_seconds_to_next double precision,
    returns bigint,
    value double precision
);
COMMENT ON TYPE journey_map_stage IS 'a stage of a journey map, as returned by journey_map';
COMMENT ON COLUMN journey_map_stage.position IS 'number of the stage in the model, from 1';
COMMENT ON COLUMN journey_map_stage.stage IS 'its name';
COMMENT ON COLUMN journey_map_stage.phase IS 'before, during or after a purchase; null if the model does not say';
COMMENT ON COLUMN journey_map_stage.customers IS 'customers with a touchpoint in the stage';
COMMENT ON COLUMN journey_map_stage.share IS 'customers / customers with any stage';
COMMENT ON COLUMN journey_map_stage.reached IS 'customers with a touchpoint in the stage or a later one';
COMMENT ON COLUMN journey_map_stage.skipped IS 'customers with a touchpoint in a later stage, but none in this one';
COMMENT ON COLUMN journey_map_stage.exits IS 'customers who came to this stage and no further; 0 for the last stage';
COMMENT ON COLUMN journey_map_stage.exit_rate IS 'exits / reached';
COMMENT ON COLUMN journey_map_stage.touchpoints IS 'touchpoints in the stage';
COMMENT ON COLUMN journey_map_stage.touchpoints_per_customer IS 'touchpoints / customers';
COMMENT ON COLUMN journey_map_stage.channels IS 'different channels of its touchpoints';
COMMENT ON COLUMN journey_map_stage.top_channel IS 'the channel with most of its touchpoints';
COMMENT ON COLUMN journey_map_stage.top_channel_share IS 'touchpoints of the top channel / touchpoints';
COMMENT ON COLUMN journey_map_stage.top_event IS 'the event with most of its touchpoints';
COMMENT ON COLUMN journey_map_stage.scored IS 'touchpoints with a score';
COMMENT ON COLUMN journey_map_stage.average_score IS 'average of the scores';
COMMENT ON COLUMN journey_map_stage.low_share IS 'scores below low / scored';
COMMENT ON COLUMN journey_map_stage.p10_score IS 'scores: 10th percentile';
COMMENT ON COLUMN journey_map_stage.p90_score IS 'scores: 90th percentile';
COMMENT ON COLUMN journey_map_stage.score_change IS 'average_score less that of the last stage before with scores';
COMMENT ON COLUMN journey_map_stage.median_seconds_to_next IS 'first touchpoint in the stage to the next one in a later stage: median';
COMMENT ON COLUMN journey_map_stage.p90_seconds_to_next IS 'first touchpoint in the stage to the next one in a later stage: 90th percentile';
COMMENT ON COLUMN journey_map_stage.returns IS 'customers with a touchpoint in the stage after one in a later stage';
COMMENT ON COLUMN journey_map_stage.value IS 'sum of the values of its touchpoints; null if none has one';

CREATE POPULATION AGGREGATE journey_map(model text, low double precision USUALLY) RETURNS journey_map_stage STATE 32768 FROM channel, score AS 'the journey map of many customers, a row for each stage of a model; scores below low, usually 0, are low';

CREATE FUNCTION score_from_nps(rating double precision) RETURNS double precision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION score_from_nps(double precision) IS 'a rating from 0 to 10 on the scale from -1 to 1';

CREATE FUNCTION score_from_csat(rating double precision, top double precision) RETURNS double precision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION score_from_csat(double precision, double precision) IS 'a satisfaction from 1 to top on the scale from -1 to 1';

CREATE FUNCTION score_from_ces(rating double precision, top double precision) RETURNS double precision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION score_from_ces(double precision, double precision) IS 'an ease from 1 to top on the scale from -1 to 1';
