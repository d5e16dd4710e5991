/* Transitions from event to event. */

CREATE TYPE event_pair AS (
    from_event text,
    to_event text,
    transitions bigint,
    first_at timestamptz,
    median_seconds double precision,
    median_score double precision,
    conversion double precision
);
COMMENT ON TYPE event_pair IS 'how often one event follows another, as returned by transition_count';

CREATE POPULATION AGGREGATE transition_count(conversion text, minimum integer USUALLY, likely double precision USUALLY, top integer USUALLY) RETURNS event_pair STATE 16384 FROM event, score AS 'how often one event follows another, and how likely it leads to a conversion';
