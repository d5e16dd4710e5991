/* From journey to journey: other labels. */

CREATE FUNCTION rename_events(journey, names jsonb) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_rename_events' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION rename_events(journey, jsonb) IS 'events renamed as an object {"old": "new", "prefix*": "new"} says';

CREATE FUNCTION rename_channels(journey, names jsonb) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_rename_channels' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION rename_channels(journey, jsonb) IS 'channels renamed as an object {"old": "new", "prefix*": "new"} says';

CREATE FUNCTION channels_as_events(journey) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_channels_as_events' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 60;
COMMENT ON FUNCTION channels_as_events(journey) IS 'channels in the place of events; touchpoints without one are left out';
