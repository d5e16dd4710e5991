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

CREATE POPULATION AGGREGATE session_summary(gap interval USUALLY) RETURNS session_stats STATE 1024 FROM event, value AS 'sessions of many customers summed up; a longer gap, usually 30 minutes, ends a session';
