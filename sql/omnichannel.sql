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

CREATE POPULATION AGGREGATE omnichannel_summary(goal text) RETURNS channel_count STATE 8192 FROM channel, value AS 'conversion, switches, time and value by the number of channels that customers use';
