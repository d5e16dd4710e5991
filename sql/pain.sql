/* Where in the stages of a model customers leave or rate low. */

CREATE TYPE pain_point AS (
    stage text,
    event text,
    channel text,
    customers bigint,
    touchpoints bigint,
    left_here bigint,
    scored bigint,
    low bigint,
    average_score double precision,
    pain double precision
);
COMMENT ON TYPE pain_point IS 'an event of a stage and channel, and who left there, as returned by pain_points';
COMMENT ON COLUMN pain_point.stage IS 'the stage of the model';
COMMENT ON COLUMN pain_point.event IS 'the event';
COMMENT ON COLUMN pain_point.channel IS 'the channel; null of touchpoints without one';
COMMENT ON COLUMN pain_point.customers IS 'customers with such a touchpoint';
COMMENT ON COLUMN pain_point.touchpoints IS 'such touchpoints';
COMMENT ON COLUMN pain_point.left_here IS 'customers whose last touchpoint with a stage it was, short of the goal';
COMMENT ON COLUMN pain_point.scored IS 'touchpoints with a score';
COMMENT ON COLUMN pain_point.low IS 'scores below low';
COMMENT ON COLUMN pain_point.average_score IS 'average of the scores';
COMMENT ON COLUMN pain_point.pain IS 'customers who left here or rated low / customers';

CREATE POPULATION AGGREGATE pain_points(model text, low double precision USUALLY) RETURNS pain_point STATE 32768 FROM channel, score AS 'what made customers leave or rate low, by stage, event and channel, worst first; scores below low, usually 0, are low';
