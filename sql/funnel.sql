/* Funnels over stages. */

CREATE TYPE funnel_stage AS (
    label text,
    step integer,
    stage text,
    customers bigint,
    conversion_from_start double precision,
    conversion_from_previous double precision,
    drop_off bigint,
    drop_off_rate double precision,
    skipped bigint,
    touchpoints bigint,
    avg_seconds double precision,
    median_seconds double precision,
    p90_seconds double precision,
    median_seconds_from_start double precision,
    step_value double precision,
    conversion_low double precision,
    conversion_high double precision,
    complete boolean
);
COMMENT ON TYPE funnel_stage IS 'one step of a funnel, as returned by stage_funnel';
COMMENT ON COLUMN funnel_stage.label IS 'what the pattern''s "by" split the report by';
COMMENT ON COLUMN funnel_stage.step IS 'position of the step, from 1';
COMMENT ON COLUMN funnel_stage.stage IS 'name of the step';
COMMENT ON COLUMN funnel_stage.customers IS 'customers who reached this step or a later one';
COMMENT ON COLUMN funnel_stage.conversion_from_start IS 'customers, as a fraction of those of step 1';
COMMENT ON COLUMN funnel_stage.conversion_from_previous IS 'customers, as a fraction of those of the step before';
COMMENT ON COLUMN funnel_stage.drop_off IS 'customers who reached the step before and came no further';
COMMENT ON COLUMN funnel_stage.drop_off_rate IS 'drop_off, as a fraction of the customers of the step before';
COMMENT ON COLUMN funnel_stage.skipped IS 'customers counted here who skipped this optional step';
COMMENT ON COLUMN funnel_stage.touchpoints IS 'touchpoints that match the step, in a chain or not';
COMMENT ON COLUMN funnel_stage.avg_seconds IS 'time since the step reached before: average';
COMMENT ON COLUMN funnel_stage.median_seconds IS 'time since the step reached before: median';
COMMENT ON COLUMN funnel_stage.p90_seconds IS 'time since the step reached before: 90th percentile';
COMMENT ON COLUMN funnel_stage.median_seconds_from_start IS 'time since the first step reached: median';
COMMENT ON COLUMN funnel_stage.step_value IS 'sum of the values of the touchpoints that reached the step';
COMMENT ON COLUMN funnel_stage.conversion_low IS 'conversion_from_start: lower end of the 95 % confidence interval';
COMMENT ON COLUMN funnel_stage.conversion_high IS 'conversion_from_start: upper end of the 95 % confidence interval';
COMMENT ON COLUMN funnel_stage.complete IS 'by a time: can no customer of this label come further any more?';

CREATE POPULATION AGGREGATE stage_funnel(pattern text) RETURNS funnel_stage STATE 8192 FROM event, channel, value AS 'how many customers reached each step of a pattern, with times, values and drop-off';

CREATE FUNCTION compare_rates(
    converted_a bigint, total_a bigint, converted_b bigint, total_b bigint,
    OUT difference double precision, OUT low double precision, OUT high double precision,
    OUT p_value double precision
)
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION compare_rates(bigint, bigint, bigint, bigint) IS
    'difference of two conversion rates (b - a), its 95 % confidence interval and the p-value of no difference';
