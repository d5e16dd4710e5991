/* What comes after what: flows by position, paths, transitions. */

CREATE TYPE flow_link AS (
    step integer,
    source text,
    target text,
    source_event text,
    target_event text,
    journeys bigint,
    share_of_source double precision,
    share_of_start double precision,
    median_seconds double precision
);
COMMENT ON TYPE flow_link IS 'journeys that go from one event to the next at some position, as returned by journey_flow';
COMMENT ON COLUMN flow_link.step IS 'position of the source: from 1, or from the end from -1 backwards';
COMMENT ON COLUMN flow_link.source IS 'position and event, (other) or (start)';
COMMENT ON COLUMN flow_link.target IS 'the next position and its event, (other) or (end)';
COMMENT ON COLUMN flow_link.source_event IS 'event of the source; null for (other) and (start)';
COMMENT ON COLUMN flow_link.target_event IS 'event of the target; null for (other) and (end)';
COMMENT ON COLUMN flow_link.journeys IS 'journeys that go this way';
COMMENT ON COLUMN flow_link.share_of_source IS 'journeys / all that are at the source';
COMMENT ON COLUMN flow_link.share_of_start IS 'journeys / all that are not empty';
COMMENT ON COLUMN flow_link.median_seconds IS 'between the two touchpoints; null beside (start) and (end)';

CREATE POPULATION AGGREGATE journey_flow(steps integer USUALLY, top integer USUALLY) RETURNS flow_link STATE 131072 FROM event AS 'which event follows which, by position from the start or the end of journeys';

CREATE TYPE path_count AS (
    path text,
    length integer,
    journeys bigint,
    share double precision,
    coverage double precision,
    median_seconds double precision,
    value double precision
);
COMMENT ON TYPE path_count IS 'a path that journeys have in common, as returned by journey_paths';
COMMENT ON COLUMN path_count.path IS 'its events, joined by ''>''; (other) for all paths that have no row';
COMMENT ON COLUMN path_count.length IS 'how many events; null for (other)';
COMMENT ON COLUMN path_count.journeys IS 'journeys that have it';
COMMENT ON COLUMN path_count.share IS 'journeys / all that are not empty';
COMMENT ON COLUMN path_count.coverage IS 'share of this row and those before it';
COMMENT ON COLUMN path_count.median_seconds IS 'from the first to the last touchpoint of the path';
COMMENT ON COLUMN path_count.value IS 'sum of the values of these journeys; null if there are none';

CREATE POPULATION AGGREGATE journey_paths(steps integer USUALLY, top integer USUALLY) RETURNS path_count STATE 131072 FROM event AS 'the most frequent paths: whole journeys, or their first or last events';

CREATE TYPE transition AS (
    from_event text,
    to_event text,
    transitions bigint,
    journeys bigint,
    probability double precision,
    median_seconds double precision
);
COMMENT ON TYPE transition IS 'how often one event follows another, as returned by journey_transitions';
COMMENT ON COLUMN transition.from_event IS 'event before; null for the start of a journey';
COMMENT ON COLUMN transition.to_event IS 'event after; null for the end of a journey';
COMMENT ON COLUMN transition.transitions IS 'how often the one follows the other';
COMMENT ON COLUMN transition.journeys IS 'journeys in which it does';
COMMENT ON COLUMN transition.probability IS 'transitions / all with the same from_event';
COMMENT ON COLUMN transition.median_seconds IS 'between the two touchpoints; null at the start and the end';

CREATE POPULATION AGGREGATE journey_transitions() RETURNS transition STATE 262144 FROM event AS 'how often each event follows each other, wherever in the journey';
