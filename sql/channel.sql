/* Channels of sources, mediums and campaigns, and what kind of channel one is. */

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
