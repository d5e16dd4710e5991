/* Which touches and which channels earned the conversions. */

CREATE FUNCTION attribute_touchpoints(journey, conversion text, model text DEFAULT 'linear',
    scope text DEFAULT 'shared', max_touchpoints integer DEFAULT NULL,
    OUT model text, OUT conversion integer, OUT converted_at timestamptz,
    OUT conversion_value double precision, OUT touchpoint integer, OUT touchpoints integer,
    OUT touched_at timestamptz, OUT event text, OUT channel text,
    OUT credit double precision, OUT attributed_value double precision)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100 ROWS 10;
COMMENT ON FUNCTION attribute_touchpoints(journey, text, text, text, integer) IS
    'the touches of each conversion of a journey, with the credit that a model gives them';

CREATE TYPE channel_credit AS (
    model text,
    channel text,
    touchpoints bigint,
    customers bigint,
    attributed_conversions double precision,
    attributed_value double precision,
    share double precision,
    first_touches bigint,
    last_touches bigint,
    only_touches bigint,
    assists bigint,
    removal_effect double precision
);
COMMENT ON TYPE channel_credit IS 'a channel''s part in the conversions by one model, as returned by channel_attribution';
COMMENT ON COLUMN channel_credit.model IS 'the model, as it was written';
COMMENT ON COLUMN channel_credit.channel IS 'channel, (none) of touches without one; null for conversions without a touch';
COMMENT ON COLUMN channel_credit.touchpoints IS 'touches, once for each conversion they belong to';
COMMENT ON COLUMN channel_credit.customers IS 'distinct customers with such a touch';
COMMENT ON COLUMN channel_credit.attributed_conversions IS 'conversions that the model gives to the channel';
COMMENT ON COLUMN channel_credit.attributed_value IS 'value of conversions that it gives; null if none of them had one';
COMMENT ON COLUMN channel_credit.share IS 'attributed_conversions / those of all rows of the model';
COMMENT ON COLUMN channel_credit.first_touches IS 'conversions whose first touch was of the channel';
COMMENT ON COLUMN channel_credit.last_touches IS 'conversions whose last touch was of the channel';
COMMENT ON COLUMN channel_credit.only_touches IS 'conversions whose only touch was of the channel';
COMMENT ON COLUMN channel_credit.assists IS 'conversions that the channel touched, but not last';
COMMENT ON COLUMN channel_credit.removal_effect IS 'markov: part of the conversions that would be lost without the channel';

CREATE POPULATION AGGREGATE channel_attribution(conversion text, model text) RETURNS channel_credit STATE 8192 FROM channel, value AS 'what each channel earned of the conversions, by one model or several';

CREATE FUNCTION attribution_from_paths_transition(journey_tally, text, bigint, double precision, bigint, text)
    RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION attribution_from_paths_transition(journey_tally, text, bigint, double precision, bigint, text) IS
    'aggregate transition function of attribution_from_paths';

CREATE FUNCTION attribution_from_paths_final(journey_tally) RETURNS channel_credit[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION attribution_from_paths_final(journey_tally) IS 'aggregate final function of attribution_from_paths';

CREATE AGGREGATE attribution_from_paths(path text, conversions bigint, value double precision, nulls bigint, model text) (
    SFUNC = attribution_from_paths_transition,
    STYPE = journey_tally,
    SSPACE = 8192,
    FINALFUNC = attribution_from_paths_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE attribution_from_paths(text, bigint, double precision, bigint, text) IS
    'what each channel earned, from paths such as ''a > b > c'' that are counted already';
