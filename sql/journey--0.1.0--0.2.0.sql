\echo Use "ALTER EXTENSION journey UPDATE TO '0.2.0'" to load this file. \quit

-- Order and hash of content.  Tables that are partitioned by them would have rows in the
-- wrong partition, where no query looks for them, and an update cannot move rows:
-- triggers would run as the superuser.  With 0.1.0 they go on working.

DO LANGUAGE plpgsql $$
DECLARE
	names text;
BEGIN
	SELECT string_agg(DISTINCT p.partrelid::regclass::text, ', ') INTO names
	FROM pg_catalog.pg_partitioned_table p CROSS JOIN unnest(p.partclass) class(oid)
		JOIN pg_catalog.pg_opclass c USING (oid)
	WHERE p.partstrat IN ('h', 'r') AND c.opcintype = 'journey'::regtype;
	IF names IS NOT NULL THEN
		RAISE EXCEPTION 'cannot update the extension while tables are partitioned by a journey'
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'These are: ' || names || '.',
				HINT = 'Dump and drop them, update, and restore them; or partition them by something else.';
	END IF;
END $$;

CREATE OR REPLACE FUNCTION journey_lt(journey, journey) RETURNS boolean
	AS 'MODULE_PATHNAME', 'journey_content_lt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE OR REPLACE FUNCTION journey_le(journey, journey) RETURNS boolean
	AS 'MODULE_PATHNAME', 'journey_content_le' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE OR REPLACE FUNCTION journey_gt(journey, journey) RETURNS boolean
	AS 'MODULE_PATHNAME', 'journey_content_gt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE OR REPLACE FUNCTION journey_ge(journey, journey) RETURNS boolean
	AS 'MODULE_PATHNAME', 'journey_content_ge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE OR REPLACE FUNCTION journey_cmp(journey, journey) RETURNS integer
	AS 'MODULE_PATHNAME', 'journey_content_cmp' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE OR REPLACE FUNCTION journey_hash(journey) RETURNS integer
	AS 'MODULE_PATHNAME', 'journey_content_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE OR REPLACE FUNCTION journey_hash_extended(journey, bigint) RETURNS bigint
	AS 'MODULE_PATHNAME', 'journey_content_hash_extended' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON OPERATOR < (journey, journey) IS 'less than, by start, end, length, then touchpoints';
COMMENT ON OPERATOR <= (journey, journey) IS 'less than or equal, by start, end, length, then touchpoints';
COMMENT ON OPERATOR > (journey, journey) IS 'greater than, by start, end, length, then touchpoints';
COMMENT ON OPERATOR >= (journey, journey) IS 'greater than or equal, by start, end, length, then touchpoints';
COMMENT ON OPERATOR CLASS journey_ops USING btree IS 'by start, end, length, then touchpoints';
COMMENT ON OPERATOR FAMILY journey_ops USING btree IS 'by start, end, length, then touchpoints';

-- The type is collatable.  There is no ALTER TYPE for that, and none for what copies of
-- it there are: arrays and domains, columns of tables, views, composite types and
-- indexes, and keys of indexes and partitioned tables.  (citext once did the same.)
-- 100 is the collation "default", which is pinned and so needs no dependencies.
--
-- Then the indexes that rely on the order or the hash are built anew: those of a type that
-- has a journey in it, and those whose expressions or predicates compare journeys.  An
-- index with an expression or a predicate on a journey is named besides: it is right,
-- but stored without the collation, so that a query written from now on does not match it.

DO LANGUAGE plpgsql $$
DECLARE
	collated oid[];				-- types that are collatable now
	holding oid[];				-- types with a journey somewhere in them
	key record;
	index regclass;
	names text;
BEGIN
	WITH RECURSIVE types(oid) AS (
		VALUES ('journey'::regtype::oid)
		UNION
		SELECT t.oid FROM pg_catalog.pg_type t JOIN types ON t.typelem = types.oid OR t.typbasetype = types.oid)
	SELECT array_agg(oid) INTO collated FROM types;
	WITH RECURSIVE types(oid) AS (
		VALUES ('journey'::regtype::oid)
		UNION
		SELECT t.oid FROM types CROSS JOIN LATERAL (
			SELECT oid FROM pg_catalog.pg_type WHERE typelem = types.oid OR typbasetype = types.oid
			UNION ALL
			SELECT reltype FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute ON attrelid = c.oid
			WHERE atttypid = types.oid AND reltype <> 0
			UNION ALL
			SELECT r.oid FROM pg_catalog.pg_range CROSS JOIN unnest(ARRAY[rngtypid, rngmultitypid]) r(oid)
			WHERE rngsubtype = types.oid) t)
	SELECT array_agg(oid) INTO holding FROM types;

	UPDATE pg_catalog.pg_type SET typcollation = 100 WHERE oid = ANY (collated) AND typcollation = 0;
	UPDATE pg_catalog.pg_attribute SET attcollation = 100
	WHERE atttypid = ANY (collated) AND attcollation = 0
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_index WHERE indexrelid = attrelid);

	-- Keys of indexes.  The columns of a hash index are integers, whatever they are hashes of.
	FOR key IN
		SELECT i.indexrelid AS index, bool_or(type = ANY (collated)) AS is_collated,
			string_agg(CASE WHEN type = ANY (collated) AND was.oid = 0 THEN '100' ELSE was.oid::text END, ' ' ORDER BY n) AS collations,
			array_agg(n) FILTER (WHERE type = ANY (collated) AND was.oid = 0) AS numbers
		FROM pg_catalog.pg_index i CROSS JOIN unnest(i.indcollation) WITH ORDINALITY was(oid, n)
			JOIN pg_catalog.pg_opclass c ON c.oid = i.indclass[n - 1]
			JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indexrelid AND a.attnum = n
			LEFT JOIN pg_catalog.pg_attribute t ON t.attrelid = i.indrelid AND t.attnum = i.indkey[n - 1]
			CROSS JOIN LATERAL (SELECT CASE WHEN c.opcintype = ANY (collated) THEN c.opcintype ELSE coalesce(t.atttypid, a.atttypid) END) k(type)
		GROUP BY i.indexrelid HAVING bool_or(type = ANY (holding))
	LOOP
		UPDATE pg_catalog.pg_index SET indcollation = key.collations::oidvector WHERE indexrelid = key.index AND key.is_collated;
		UPDATE pg_catalog.pg_attribute SET attcollation = 100 WHERE attrelid = key.index AND attnum = ANY (key.numbers);
	END LOOP;
	UPDATE pg_catalog.pg_partitioned_table p SET partcollation = fixed.collations::oidvector
	FROM (
		SELECT partrelid AS parent, bool_or(atttypid = ANY (collated)) AS is_collated,
			string_agg(CASE WHEN atttypid = ANY (collated) AND was.oid = 0 THEN '100' ELSE was.oid::text END, ' ' ORDER BY n) AS collations
		FROM pg_catalog.pg_partitioned_table CROSS JOIN unnest(partcollation) WITH ORDINALITY was(oid, n)
			LEFT JOIN pg_catalog.pg_attribute ON attrelid = partrelid AND attnum = partattrs[n - 1] AND attnum > 0
		GROUP BY partrelid) fixed
	WHERE partrelid = parent AND is_collated;

	FOR index IN
		SELECT c.oid
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
		WHERE c.relkind = 'i' AND NOT pg_is_other_temp_schema(c.relnamespace) AND (
			EXISTS (SELECT FROM pg_catalog.pg_opclass WHERE oid = ANY (i.indclass) AND opcintype = ANY (holding))
			OR EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE atttypid = ANY (holding)
				AND (attrelid = c.oid OR attrelid = i.indrelid AND attnum = ANY (i.indkey)))
			OR EXISTS (SELECT FROM pg_catalog.pg_depend d
				WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
					AND (d.refclassid = 'pg_catalog.pg_operator'::regclass AND d.refobjid IN (
							SELECT oid FROM pg_catalog.pg_operator WHERE oprleft = 'journey'::regtype AND oprright = 'journey'::regtype)
						OR d.refclassid = 'pg_catalog.pg_proc'::regclass AND d.refobjid IN (
							SELECT oid FROM pg_catalog.pg_proc WHERE prosrc LIKE 'journey\_content\_%' AND 'journey'::regtype = ANY (proargtypes)))))
		ORDER BY c.oid
	LOOP
		EXECUTE 'REINDEX INDEX ' || index;
	END LOOP;

	SELECT string_agg(DISTINCT i.indexrelid::regclass::text, ', ') INTO names
	FROM pg_catalog.pg_index i
		JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid
		JOIN pg_catalog.pg_depend e ON e.classid = d.refclassid AND e.objid = d.refobjid AND e.deptype = 'e'
		JOIN pg_catalog.pg_extension x ON e.refclassid = 'pg_catalog.pg_extension'::regclass AND x.oid = e.refobjid
	WHERE x.extname = 'journey' AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
		AND d.refclassid IN ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_operator'::regclass);
	IF names IS NOT NULL THEN
		RAISE WARNING 'indexes with expressions or predicates on journeys are not used until they are created anew'
			USING DETAIL = 'These are: ' || names || '.',
				HINT = 'Drop them and create them as they were, and replace the views that shall use them.';
	END IF;
END $$;

-- One process works off the rows of an events table.  Replaced aggregates keep what depends on
-- them; the functions that combined their states have nothing left that does.

CREATE OR REPLACE AGGREGATE stage_funnel(customer anyelement, at timestamptz, event text, pattern text) (
    SFUNC = stage_funnel_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = stage_funnel_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    PARALLEL = SAFE
);
CREATE OR REPLACE AGGREGATE stage_funnel(customer anyelement, at timestamptz, event text, channel text, pattern text) (
    SFUNC = stage_funnel_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = stage_funnel_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    PARALLEL = SAFE
);
CREATE OR REPLACE AGGREGATE stage_funnel(customer anyelement, at timestamptz, event text, channel text, value double precision, pattern text) (
    SFUNC = stage_funnel_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = stage_funnel_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    PARALLEL = SAFE
);
DROP FUNCTION journey_eventlog_combine(internal, internal);
DROP FUNCTION journey_eventlog_serial(internal);
DROP FUNCTION journey_eventlog_deserial(bytea, internal);

-- PostgreSQL plans with what states take.

CREATE OR REPLACE AGGREGATE stage_funnel(journey, pattern text) (
    SFUNC = stage_funnel_transition,
    STYPE = journey_tally,
    SSPACE = 8192,
    FINALFUNC = stage_funnel_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
CREATE OR REPLACE AGGREGATE session_summary(journey) (
    SFUNC = session_summary_transition,
    STYPE = journey_tally,
    SSPACE = 1024,
    FINALFUNC = session_summary_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
CREATE OR REPLACE AGGREGATE session_summary(journey, gap interval) (
    SFUNC = session_summary_transition,
    STYPE = journey_tally,
    SSPACE = 1024,
    FINALFUNC = session_summary_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);

-- Comments of the two forms, and session_summary straight from rows of an events table.

COMMENT ON AGGREGATE stage_funnel(customer anyelement, at timestamptz, event text, pattern text) IS
    'how many customers reached each step of a pattern, with times, values and drop-off, straight from rows of an events table';
COMMENT ON AGGREGATE stage_funnel(customer anyelement, at timestamptz, event text, channel text, pattern text) IS
    'how many customers reached each step of a pattern, with times, values and drop-off, straight from rows of an events table';
COMMENT ON AGGREGATE stage_funnel(customer anyelement, at timestamptz, event text, channel text, value double precision, pattern text) IS
    'how many customers reached each step of a pattern, with times, values and drop-off, straight from rows of an events table';
COMMENT ON AGGREGATE session_summary(journey) IS
    'sessions of many customers summed up; a longer gap, usually 30 minutes, ends a session';
COMMENT ON AGGREGATE session_summary(journey, gap interval) IS
    'sessions of many customers summed up; a longer gap, usually 30 minutes, ends a session';

CREATE FUNCTION session_summary_keyed_final(internal) RETURNS session_stats[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION session_summary_keyed_final(internal) IS 'aggregate final function of session_summary';

CREATE FUNCTION session_summary_keyed_transition(internal, anyelement, timestamptz, text, gap interval) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION session_summary_keyed_transition(internal, anyelement, timestamptz, text, gap interval) IS 'aggregate transition function of session_summary';

CREATE AGGREGATE session_summary(customer anyelement, at timestamptz, event text, gap interval) (
    SFUNC = session_summary_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = session_summary_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE session_summary(customer anyelement, at timestamptz, event text, gap interval) IS
    'sessions of many customers summed up; a longer gap, usually 30 minutes, ends a session, straight from rows of an events table';

CREATE FUNCTION session_summary_keyed_transition(internal, anyelement, timestamptz, text, text, double precision, gap interval) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION session_summary_keyed_transition(internal, anyelement, timestamptz, text, text, double precision, gap interval) IS 'aggregate transition function of session_summary';

CREATE AGGREGATE session_summary(customer anyelement, at timestamptz, event text, channel text, value double precision, gap interval) (
    SFUNC = session_summary_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = session_summary_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE session_summary(customer anyelement, at timestamptz, event text, channel text, value double precision, gap interval) IS
    'sessions of many customers summed up; a longer gap, usually 30 minutes, ends a session, straight from rows of an events table';

CREATE FUNCTION journey_to_json(journey) RETURNS json
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION journey_to_json(journey) IS 'an array of objects with at, event, channel, value, score';

CREATE CAST (journey AS json) WITH FUNCTION journey_to_json(journey);
COMMENT ON CAST (journey AS json) IS 'an array of objects with at, event, channel, value, score';

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

CREATE FUNCTION channel_attribution_final(journey_tally) RETURNS channel_credit[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION channel_attribution_final(journey_tally) IS 'aggregate final function of channel_attribution';

CREATE FUNCTION channel_attribution_transition(journey_tally, journey, conversion text, model text) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION channel_attribution_transition(journey_tally, journey, conversion text, model text) IS 'aggregate transition function of channel_attribution';

CREATE AGGREGATE channel_attribution(journey, conversion text, model text) (
    SFUNC = channel_attribution_transition,
    STYPE = journey_tally,
    SSPACE = 8192,
    FINALFUNC = channel_attribution_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE channel_attribution(journey, conversion text, model text) IS
    'what each channel earned of the conversions, by one model or several';

CREATE FUNCTION channel_attribution_keyed_final(internal) RETURNS channel_credit[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION channel_attribution_keyed_final(internal) IS 'aggregate final function of channel_attribution';

CREATE FUNCTION channel_attribution_keyed_transition(internal, anyelement, timestamptz, text, text, conversion text, model text) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION channel_attribution_keyed_transition(internal, anyelement, timestamptz, text, text, conversion text, model text) IS 'aggregate transition function of channel_attribution';

CREATE AGGREGATE channel_attribution(customer anyelement, at timestamptz, event text, channel text, conversion text, model text) (
    SFUNC = channel_attribution_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = channel_attribution_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE channel_attribution(customer anyelement, at timestamptz, event text, channel text, conversion text, model text) IS
    'what each channel earned of the conversions, by one model or several, straight from rows of an events table';

CREATE FUNCTION channel_attribution_keyed_transition(internal, anyelement, timestamptz, text, text, double precision, conversion text, model text) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION channel_attribution_keyed_transition(internal, anyelement, timestamptz, text, text, double precision, conversion text, model text) IS 'aggregate transition function of channel_attribution';

CREATE AGGREGATE channel_attribution(customer anyelement, at timestamptz, event text, channel text, value double precision, conversion text, model text) (
    SFUNC = channel_attribution_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = channel_attribution_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE channel_attribution(customer anyelement, at timestamptz, event text, channel text, value double precision, conversion text, model text) IS
    'what each channel earned of the conversions, by one model or several, straight from rows of an events table';


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

CREATE FUNCTION journey_map_final(journey_tally) RETURNS journey_map_stage[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION journey_map_final(journey_tally) IS 'aggregate final function of journey_map';

CREATE FUNCTION journey_map_transition(journey_tally, journey, model text) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION journey_map_transition(journey_tally, journey, model text) IS 'aggregate transition function of journey_map';

CREATE AGGREGATE journey_map(journey, model text) (
    SFUNC = journey_map_transition,
    STYPE = journey_tally,
    SSPACE = 32768,
    FINALFUNC = journey_map_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_map(journey, model text) IS
    'the journey map of many customers, a row for each stage of a model; scores below low, usually 0, are low';

CREATE FUNCTION journey_map_transition(journey_tally, journey, model text, low double precision) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION journey_map_transition(journey_tally, journey, model text, low double precision) IS 'aggregate transition function of journey_map';

CREATE AGGREGATE journey_map(journey, model text, low double precision) (
    SFUNC = journey_map_transition,
    STYPE = journey_tally,
    SSPACE = 32768,
    FINALFUNC = journey_map_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_map(journey, model text, low double precision) IS
    'the journey map of many customers, a row for each stage of a model; scores below low, usually 0, are low';

CREATE FUNCTION journey_map_keyed_final(internal) RETURNS journey_map_stage[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION journey_map_keyed_final(internal) IS 'aggregate final function of journey_map';

CREATE FUNCTION journey_map_keyed_transition(internal, anyelement, timestamptz, text, text, model text, low double precision) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION journey_map_keyed_transition(internal, anyelement, timestamptz, text, text, model text, low double precision) IS 'aggregate transition function of journey_map';

CREATE AGGREGATE journey_map(customer anyelement, at timestamptz, event text, channel text, model text, low double precision) (
    SFUNC = journey_map_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = journey_map_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_map(customer anyelement, at timestamptz, event text, channel text, model text, low double precision) IS
    'the journey map of many customers, a row for each stage of a model; scores below low, usually 0, are low, straight from rows of an events table';

CREATE FUNCTION journey_map_keyed_transition(internal, anyelement, timestamptz, text, text, double precision, double precision, model text, low double precision) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION journey_map_keyed_transition(internal, anyelement, timestamptz, text, text, double precision, double precision, model text, low double precision) IS 'aggregate transition function of journey_map';

CREATE AGGREGATE journey_map(customer anyelement, at timestamptz, event text, channel text, value double precision, score double precision, model text, low double precision) (
    SFUNC = journey_map_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = journey_map_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_map(customer anyelement, at timestamptz, event text, channel text, value double precision, score double precision, model text, low double precision) IS
    'the journey map of many customers, a row for each stage of a model; scores below low, usually 0, are low, straight from rows of an events table';


CREATE FUNCTION score_from_nps(rating double precision) RETURNS double precision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION score_from_nps(double precision) IS 'a rating from 0 to 10 on the scale from -1 to 1';

CREATE FUNCTION score_from_csat(rating double precision, top double precision) RETURNS double precision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION score_from_csat(double precision, double precision) IS 'a satisfaction from 1 to top on the scale from -1 to 1';

CREATE FUNCTION score_from_ces(rating double precision, top double precision) RETURNS double precision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION score_from_ces(double precision, double precision) IS 'an ease from 1 to top on the scale from -1 to 1';

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

CREATE FUNCTION pain_points_final(journey_tally) RETURNS pain_point[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION pain_points_final(journey_tally) IS 'aggregate final function of pain_points';

CREATE FUNCTION pain_points_transition(journey_tally, journey, model text) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION pain_points_transition(journey_tally, journey, model text) IS 'aggregate transition function of pain_points';

CREATE AGGREGATE pain_points(journey, model text) (
    SFUNC = pain_points_transition,
    STYPE = journey_tally,
    SSPACE = 32768,
    FINALFUNC = pain_points_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE pain_points(journey, model text) IS
    'what made customers leave or rate low, by stage, event and channel, worst first; scores below low, usually 0, are low';

CREATE FUNCTION pain_points_transition(journey_tally, journey, model text, low double precision) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION pain_points_transition(journey_tally, journey, model text, low double precision) IS 'aggregate transition function of pain_points';

CREATE AGGREGATE pain_points(journey, model text, low double precision) (
    SFUNC = pain_points_transition,
    STYPE = journey_tally,
    SSPACE = 32768,
    FINALFUNC = pain_points_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE pain_points(journey, model text, low double precision) IS
    'what made customers leave or rate low, by stage, event and channel, worst first; scores below low, usually 0, are low';

CREATE FUNCTION pain_points_keyed_final(internal) RETURNS pain_point[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION pain_points_keyed_final(internal) IS 'aggregate final function of pain_points';

CREATE FUNCTION pain_points_keyed_transition(internal, anyelement, timestamptz, text, text, model text, low double precision) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION pain_points_keyed_transition(internal, anyelement, timestamptz, text, text, model text, low double precision) IS 'aggregate transition function of pain_points';

CREATE AGGREGATE pain_points(customer anyelement, at timestamptz, event text, channel text, model text, low double precision) (
    SFUNC = pain_points_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = pain_points_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE pain_points(customer anyelement, at timestamptz, event text, channel text, model text, low double precision) IS
    'what made customers leave or rate low, by stage, event and channel, worst first; scores below low, usually 0, are low, straight from rows of an events table';

CREATE FUNCTION pain_points_keyed_transition(internal, anyelement, timestamptz, text, text, double precision, double precision, model text, low double precision) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION pain_points_keyed_transition(internal, anyelement, timestamptz, text, text, double precision, double precision, model text, low double precision) IS 'aggregate transition function of pain_points';

CREATE AGGREGATE pain_points(customer anyelement, at timestamptz, event text, channel text, value double precision, score double precision, model text, low double precision) (
    SFUNC = pain_points_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = pain_points_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE pain_points(customer anyelement, at timestamptz, event text, channel text, value double precision, score double precision, model text, low double precision) IS
    'what made customers leave or rate low, by stage, event and channel, worst first; scores below low, usually 0, are low, straight from rows of an events table';


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

CREATE FUNCTION journey_flow_final(journey_tally) RETURNS flow_link[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION journey_flow_final(journey_tally) IS 'aggregate final function of journey_flow';

CREATE FUNCTION journey_flow_transition(journey_tally, journey) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION journey_flow_transition(journey_tally, journey) IS 'aggregate transition function of journey_flow';

CREATE AGGREGATE journey_flow(journey) (
    SFUNC = journey_flow_transition,
    STYPE = journey_tally,
    SSPACE = 131072,
    FINALFUNC = journey_flow_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_flow(journey) IS
    'which event follows which, by position from the start or the end of journeys';

CREATE FUNCTION journey_flow_transition(journey_tally, journey, steps integer) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION journey_flow_transition(journey_tally, journey, steps integer) IS 'aggregate transition function of journey_flow';

CREATE AGGREGATE journey_flow(journey, steps integer) (
    SFUNC = journey_flow_transition,
    STYPE = journey_tally,
    SSPACE = 131072,
    FINALFUNC = journey_flow_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_flow(journey, steps integer) IS
    'which event follows which, by position from the start or the end of journeys';

CREATE FUNCTION journey_flow_transition(journey_tally, journey, steps integer, top integer) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION journey_flow_transition(journey_tally, journey, steps integer, top integer) IS 'aggregate transition function of journey_flow';

CREATE AGGREGATE journey_flow(journey, steps integer, top integer) (
    SFUNC = journey_flow_transition,
    STYPE = journey_tally,
    SSPACE = 131072,
    FINALFUNC = journey_flow_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_flow(journey, steps integer, top integer) IS
    'which event follows which, by position from the start or the end of journeys';

CREATE FUNCTION journey_flow_keyed_final(internal) RETURNS flow_link[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION journey_flow_keyed_final(internal) IS 'aggregate final function of journey_flow';

CREATE FUNCTION journey_flow_keyed_transition(internal, anyelement, timestamptz, text, steps integer, top integer) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION journey_flow_keyed_transition(internal, anyelement, timestamptz, text, steps integer, top integer) IS 'aggregate transition function of journey_flow';

CREATE AGGREGATE journey_flow(customer anyelement, at timestamptz, event text, steps integer, top integer) (
    SFUNC = journey_flow_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = journey_flow_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_flow(customer anyelement, at timestamptz, event text, steps integer, top integer) IS
    'which event follows which, by position from the start or the end of journeys, straight from rows of an events table';

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

CREATE FUNCTION journey_paths_final(journey_tally) RETURNS path_count[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION journey_paths_final(journey_tally) IS 'aggregate final function of journey_paths';

CREATE FUNCTION journey_paths_transition(journey_tally, journey) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION journey_paths_transition(journey_tally, journey) IS 'aggregate transition function of journey_paths';

CREATE AGGREGATE journey_paths(journey) (
    SFUNC = journey_paths_transition,
    STYPE = journey_tally,
    SSPACE = 131072,
    FINALFUNC = journey_paths_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_paths(journey) IS
    'the most frequent paths: whole journeys, or their first or last events';

CREATE FUNCTION journey_paths_transition(journey_tally, journey, steps integer) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION journey_paths_transition(journey_tally, journey, steps integer) IS 'aggregate transition function of journey_paths';

CREATE AGGREGATE journey_paths(journey, steps integer) (
    SFUNC = journey_paths_transition,
    STYPE = journey_tally,
    SSPACE = 131072,
    FINALFUNC = journey_paths_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_paths(journey, steps integer) IS
    'the most frequent paths: whole journeys, or their first or last events';

CREATE FUNCTION journey_paths_transition(journey_tally, journey, steps integer, top integer) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION journey_paths_transition(journey_tally, journey, steps integer, top integer) IS 'aggregate transition function of journey_paths';

CREATE AGGREGATE journey_paths(journey, steps integer, top integer) (
    SFUNC = journey_paths_transition,
    STYPE = journey_tally,
    SSPACE = 131072,
    FINALFUNC = journey_paths_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_paths(journey, steps integer, top integer) IS
    'the most frequent paths: whole journeys, or their first or last events';

CREATE FUNCTION journey_paths_keyed_final(internal) RETURNS path_count[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION journey_paths_keyed_final(internal) IS 'aggregate final function of journey_paths';

CREATE FUNCTION journey_paths_keyed_transition(internal, anyelement, timestamptz, text, steps integer, top integer) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION journey_paths_keyed_transition(internal, anyelement, timestamptz, text, steps integer, top integer) IS 'aggregate transition function of journey_paths';

CREATE AGGREGATE journey_paths(customer anyelement, at timestamptz, event text, steps integer, top integer) (
    SFUNC = journey_paths_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = journey_paths_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_paths(customer anyelement, at timestamptz, event text, steps integer, top integer) IS
    'the most frequent paths: whole journeys, or their first or last events, straight from rows of an events table';

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

CREATE FUNCTION journey_transitions_final(journey_tally) RETURNS transition[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION journey_transitions_final(journey_tally) IS 'aggregate final function of journey_transitions';

CREATE FUNCTION journey_transitions_transition(journey_tally, journey) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION journey_transitions_transition(journey_tally, journey) IS 'aggregate transition function of journey_transitions';

CREATE AGGREGATE journey_transitions(journey) (
    SFUNC = journey_transitions_transition,
    STYPE = journey_tally,
    SSPACE = 262144,
    FINALFUNC = journey_transitions_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_transitions(journey) IS
    'how often each event follows each other, wherever in the journey';

CREATE FUNCTION journey_transitions_keyed_final(internal) RETURNS transition[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION journey_transitions_keyed_final(internal) IS 'aggregate final function of journey_transitions';

CREATE FUNCTION journey_transitions_keyed_transition(internal, anyelement, timestamptz, text) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION journey_transitions_keyed_transition(internal, anyelement, timestamptz, text) IS 'aggregate transition function of journey_transitions';

CREATE AGGREGATE journey_transitions(customer anyelement, at timestamptz, event text) (
    SFUNC = journey_transitions_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = journey_transitions_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE journey_transitions(customer anyelement, at timestamptz, event text) IS
    'how often each event follows each other, wherever in the journey, straight from rows of an events table';

-- Attempts have a journey each.  Another row type takes another function, and views that use this
-- one would have to go: so it gets a column more in its place.  They go on reading the columns that
-- there were when they were made, as of a table that got one.

UPDATE pg_catalog.pg_proc
SET proallargtypes = proallargtypes || 'journey'::regtype::oid, proargmodes = proargmodes || 'o'::"char",
	proargnames = proargnames || 'journey'::text
WHERE oid = 'attempts(journey, text)'::regprocedure;

-- Journeys of journeys.

CREATE FUNCTION before(journey, pattern text, including boolean) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_before' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 60;
COMMENT ON FUNCTION before(journey, text, boolean) IS
    'touchpoints earlier than the reported chain of a pattern, "including" those at the instant of its first one or not';

CREATE FUNCTION after(journey, pattern text, including boolean) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_after' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 60;
COMMENT ON FUNCTION after(journey, text, boolean) IS
    'touchpoints later than the reported chain of a pattern, "including" those at the instant of its last one or not';

CREATE FUNCTION slice(journey, pattern text) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_slice_pattern' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 60;
COMMENT ON FUNCTION slice(journey, text) IS
    'touchpoints from the first to the last instant of the reported chain of a pattern; null if the pattern was not completed';

CREATE FUNCTION replace_matches(journey, pattern text, event text) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_replace_matches' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 80;
COMMENT ON FUNCTION replace_matches(journey, text, text) IS
    'the touchpoints of each completed chain, and what lies between them, as one touchpoint';

CREATE FUNCTION channels_as_events(journey) RETURNS journey
    AS 'MODULE_PATHNAME', 'journey_channels_as_events' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 60;
COMMENT ON FUNCTION channels_as_events(journey) IS 'channels in the place of events; touchpoints without one are left out';
CREATE FUNCTION channel_rules() RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION channel_rules() IS 'the rules of classify_channel where none are given, to copy and change';

CREATE FUNCTION classify_channel(source text, medium text, campaign text DEFAULT NULL, rules text DEFAULT NULL)
    RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION classify_channel(text, text, text, text) IS
    'the channel of a source, a medium and a campaign, by the rules of GA4 and more, or by others';

CREATE FUNCTION channel_kind(channel text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10
    BEGIN ATOMIC
        SELECT nullif(classify_channel(channel, NULL, NULL,
            'in_store: source in (store*, in[^a-z]store*, instore*, pos, point[^a-z]of[^a-z]sale, retail)
            mobile: source in (sms*, mms*, *push, *push[^a-z]*, *notification*, in[^a-z]app*, inapp*, app, mobile*)
            offline: source in (call, calls, call[^a-z]cent*, callcent*, phone*, telephone*, hotline)
            offline: source in (post, postal*, direct[^a-z]mail*, directmail*, letter*, leaflet*)
            offline: source in (tv, tv[^a-z]*, television*, radio*, print*, newspaper*, magazine*)
            offline: source in (outdoor*, out[^a-z]of[^a-z]home, ooh, dooh, billboard*)
            offline: source in (offline*, event, events, trade[^a-z]show*, tradeshow*, fair, conference*)
            online: source in (*)'), 'Unassigned');
    END;
COMMENT ON FUNCTION channel_kind(text) IS 'where a channel meets customers: in_store, mobile, offline or online';

CREATE FUNCTION channel_direction(channel text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10
    BEGIN ATOMIC
        SELECT nullif(classify_channel(channel, NULL, NULL,
            'Unassigned: source in (unassigned)
            outbound: source in (cross-network, retarget*, remarket*, display*, banner*, audio)
            outbound: source in (paid[^a-z]social*, paid[^a-z]video*, paid[^a-z]other*)
            outbound: source in (email*, e-mail*, newsletter*, sms*, mms*, *push, *push[^a-z]*, *notification*, in[^a-z]app*, inapp*)
            outbound: source in (post, postal*, direct[^a-z]mail*, directmail*, letter*, leaflet*)
            outbound: source in (tv, tv[^a-z]*, television*, radio*, print*, newspaper*, magazine*)
            outbound: source in (outdoor*, out[^a-z]of[^a-z]home, ooh, dooh, billboard*)
            outbound: source in (event, events, trade[^a-z]show*, tradeshow*, fair, conference*)
            inbound: source in (*)'), 'Unassigned');
    END;
COMMENT ON FUNCTION channel_direction(text) IS
    'who spoke first: inbound if the customer came, outbound if a message was sent';

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

/* Customers by how many channels they use, and what becomes of them. */

CREATE TYPE channel_count AS (
    channels integer,
    customers bigint,
    converted bigint,
    conversion double precision,
    low double precision,
    high double precision,
    average_switches double precision,
    average_touchpoints double precision,
    median_seconds double precision,
    value double precision,
    finished_elsewhere bigint
);
COMMENT ON TYPE channel_count IS 'customers who use so many channels, as returned by omnichannel_summary';
COMMENT ON COLUMN channel_count.channels IS 'different channels of the whole journey; 0: no touchpoint has one';
COMMENT ON COLUMN channel_count.customers IS 'customers who use so many';
COMMENT ON COLUMN channel_count.converted IS 'customers with a touchpoint that is the goal';
COMMENT ON COLUMN channel_count.conversion IS 'converted / customers';
COMMENT ON COLUMN channel_count.low IS 'lower bound of the conversion''s 95 % Wilson interval';
COMMENT ON COLUMN channel_count.high IS 'upper bound of the conversion''s 95 % Wilson interval';
COMMENT ON COLUMN channel_count.average_switches IS 'channel_switches(journey), on average';
COMMENT ON COLUMN channel_count.average_touchpoints IS 'touchpoints of the whole journey, on average';
COMMENT ON COLUMN channel_count.median_seconds IS 'from the first touchpoint to the first that is the goal';
COMMENT ON COLUMN channel_count.value IS 'sum of the values of these journeys; null if there are none';
COMMENT ON COLUMN channel_count.finished_elsewhere IS 'customers whose first goal has another channel than they started in';

CREATE FUNCTION omnichannel_summary_final(journey_tally) RETURNS channel_count[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION omnichannel_summary_final(journey_tally) IS 'aggregate final function of omnichannel_summary';

CREATE FUNCTION omnichannel_summary_transition(journey_tally, journey, goal text) RETURNS journey_tally
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION omnichannel_summary_transition(journey_tally, journey, goal text) IS 'aggregate transition function of omnichannel_summary';

CREATE AGGREGATE omnichannel_summary(journey, goal text) (
    SFUNC = omnichannel_summary_transition,
    STYPE = journey_tally,
    SSPACE = 8192,
    FINALFUNC = omnichannel_summary_final,
    COMBINEFUNC = journey_tally_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE omnichannel_summary(journey, goal text) IS
    'conversion, switches, time and value by the number of channels that customers use';

CREATE FUNCTION omnichannel_summary_keyed_final(internal) RETURNS channel_count[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION omnichannel_summary_keyed_final(internal) IS 'aggregate final function of omnichannel_summary';

CREATE FUNCTION omnichannel_summary_keyed_transition(internal, anyelement, timestamptz, text, text, goal text) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION omnichannel_summary_keyed_transition(internal, anyelement, timestamptz, text, text, goal text) IS 'aggregate transition function of omnichannel_summary';

CREATE AGGREGATE omnichannel_summary(customer anyelement, at timestamptz, event text, channel text, goal text) (
    SFUNC = omnichannel_summary_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = omnichannel_summary_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE omnichannel_summary(customer anyelement, at timestamptz, event text, channel text, goal text) IS
    'conversion, switches, time and value by the number of channels that customers use, straight from rows of an events table';

CREATE FUNCTION omnichannel_summary_keyed_transition(internal, anyelement, timestamptz, text, text, double precision, goal text) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION omnichannel_summary_keyed_transition(internal, anyelement, timestamptz, text, text, double precision, goal text) IS 'aggregate transition function of omnichannel_summary';

CREATE AGGREGATE omnichannel_summary(customer anyelement, at timestamptz, event text, channel text, value double precision, goal text) (
    SFUNC = omnichannel_summary_keyed_transition,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = omnichannel_summary_keyed_final,
    FINALFUNC_MODIFY = SHAREABLE,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE omnichannel_summary(customer anyelement, at timestamptz, event text, channel text, value double precision, goal text) IS
    'conversion, switches, time and value by the number of channels that customers use, straight from rows of an events table';

/*
 * Array types are members of the extension, too, so that postgres_fdw ships aggregates
 * that return them.  PostgreSQL 17 and later do this by themselves.
 */
DO LANGUAGE plpgsql $$
DECLARE
    member regtype;
BEGIN
    FOR member IN SELECT t.typarray FROM pg_catalog.pg_type t JOIN pg_catalog.pg_depend d ON d.objid = t.oid
        JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND e.extname = 'journey' AND d.deptype = 'e'
        WHERE d.classid = 'pg_catalog.pg_type'::regclass AND t.typarray NOT IN (
            SELECT objid FROM pg_catalog.pg_depend WHERE classid = d.classid AND deptype = 'e') AND t.typarray <> 0
    LOOP EXECUTE 'ALTER EXTENSION journey ADD TYPE ' || member; END LOOP;
END $$;
