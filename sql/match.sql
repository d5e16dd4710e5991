
-- patterns on single journeys

CREATE FUNCTION reached(journey, pattern text) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION reached(journey, text) IS
	'the furthest step of a pattern that this journey reached; 0 if none';

CREATE FUNCTION reached_at(journey, pattern text) RETURNS timestamptz[]
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 30;
COMMENT ON FUNCTION reached_at(journey, text) IS
	'when this journey reached each step of a pattern, up to the furthest; null for a skipped step';

CREATE FUNCTION journey_matches(journey, text) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION journey_matches(journey, text) IS 'implementation of ~ operator';

CREATE FUNCTION journey_matches_not(journey, text) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION journey_matches_not(journey, text) IS 'implementation of !~ operator';

CREATE OPERATOR ~ (
	LEFTARG = journey,
	RIGHTARG = text,
	FUNCTION = journey_matches,
	NEGATOR = !~,
	RESTRICT = matchingsel,
	JOIN = matchingjoinsel
);
COMMENT ON OPERATOR ~ (journey, text) IS 'did this journey reach all required steps of the pattern?';

CREATE OPERATOR !~ (
	LEFTARG = journey,
	RIGHTARG = text,
	FUNCTION = journey_matches_not,
	NEGATOR = ~
);
COMMENT ON OPERATOR !~ (journey, text) IS
	'did this journey fail to reach all required steps of the pattern?';

CREATE FUNCTION attempts(journey, pattern text,
	OUT attempt integer, OUT started_at timestamptz, OUT ended_at timestamptz,
	OUT reached integer, OUT completed boolean, OUT entry_channel text,
	OUT seconds double precision, OUT value double precision, OUT journey journey)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50 ROWS 2;
COMMENT ON FUNCTION attempts(journey, text) IS
	'each completed chain of a pattern, and last the furthest unfinished one';

CREATE FUNCTION count_matches(journey, pattern text) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 40;
COMMENT ON FUNCTION count_matches(journey, text) IS
	'how many times this journey completed a pattern, one time after another';

CREATE FUNCTION pattern_steps(pattern text,
	OUT step integer, OUT kind text, OUT stage text, OUT arrow text, OUT matches text,
	OUT at_most interval)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 5;
COMMENT ON FUNCTION pattern_steps(text) IS
	'how a pattern is read: its steps, exclusions and clauses';
