/* The stages of the customer journey, as a text says which touchpoints belong to them. */

CREATE FUNCTION stage_model(name text) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION stage_model(text) IS 'the text of a stage model that is shipped, to copy and change';

CREATE FUNCTION stage_models(OUT model text, OUT stages text, OUT description text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 4;
COMMENT ON FUNCTION stage_models() IS 'the stage models that are shipped';

CREATE FUNCTION stage_model_rules(model text, OUT "position" integer, OUT stage text, OUT phase text,
    OUT rule integer, OUT matches text, OUT after text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100 ROWS 30;
COMMENT ON FUNCTION stage_model_rules(text) IS 'the rules of a stage model, one by one, as they are read';

CREATE FUNCTION stage_pattern(model text) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION stage_pattern(text) IS 'the pattern of a stage model''s stages in order, all optional';

CREATE FUNCTION stage_of(event text, channel text, model text) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION stage_of(text, text, text) IS
    'the stage of a touchpoint of which nothing earlier is known; null if it has none';

CREATE FUNCTION restage(journey, model text, unmapped text DEFAULT 'drop') RETURNS journey
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION restage(journey, text, text) IS
    'touchpoints with their stages as events; those without a stage are dropped, kept or an error';

CREATE FUNCTION furthest_stage(journey, model text) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION furthest_stage(journey, text) IS 'the last stage, in the model''s order, that a journey has been in';

CREATE FUNCTION current_stage(journey, model text) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION current_stage(journey, text) IS 'the stage of a journey''s last touchpoint that has one';
