-- Channels of sources, mediums and campaigns.  The answers of GA4 are written from what Google documents
-- of its default channel group (support.google.com/analytics/answer/9756891), not from the rules that are shipped.
\pset null '(null)'
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA channel;
SET search_path = channel, public;

CREATE FUNCTION refusal(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	hint text;
BEGIN
	EXECUTE query;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' / ', SQLSTATE || ' ' || SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
-- The same with rules alone.
CREATE FUNCTION bad(rules text) RETURNS text LANGUAGE sql AS $$ SELECT refusal(format('SELECT classify_channel(NULL, NULL, NULL, %L)', rules)) $$;

\echo -- GA4: what was tagged by hand, as documented
CREATE TABLE ga4 (source text, medium text, campaign text, channel text);
INSERT INTO ga4 VALUES
	-- source exactly "(direct)", medium "(not set)" or "(none)"
	('(direct)', '(none)', '(direct)', 'Direct'),
	('(direct)', '(none)', NULL, 'Direct'),
	('(direct)', '(not set)', '(not set)', 'Direct'),
	('(direct)', 'email', NULL, 'Email'),
	('(direct)', 'referral', NULL, 'Referral'),
	('(not set)', '(not set)', '(not set)', 'Unassigned'),
	('(not set)', '(none)', NULL, 'Unassigned'),
	-- the campaign's name contains "cross-network"
	('google', 'cpc', 'cross-network', 'Cross-network'),
	('google', 'organic', 'summer-cross-network-2026', 'Cross-network'),
	('facebook', 'social', 'Cross-Network', 'Cross-network'),
	('google', 'cpc', 'cross network', 'Paid Search'),
	('google', 'cpc', 'crossnetwork', 'Paid Search'),
	-- a shopping site or a campaign of shops, and a paid medium
	('amazon', 'cpc', NULL, 'Paid Shopping'),
	('amazon.com', 'ppc', NULL, 'Paid Shopping'),
	('ebay', 'paid', NULL, 'Paid Shopping'),
	('etsy.com', 'paid_listing', NULL, 'Paid Shopping'),
	('walmart', 'cpm', NULL, 'Paid Shopping'),
	('shopify', 'cpa', NULL, 'Paid Shopping'),
	('alibaba', 'ecpc', NULL, 'Paid Shopping'),
	('google', 'cpc', 'shop', 'Paid Shopping'),
	('google', 'cpc', 'Shopping | Brand', 'Paid Shopping'),
	('google', 'cpc', 'brand_shopping_de', 'Paid Shopping'),
	('google', 'cpc', 'smart-shop-2026', 'Paid Shopping'),
	('google', 'cpc', 'our shop', 'Paid Shopping'),
	('google', 'cpc', 'eshop', 'Paid Shopping'),
	('bing', 'cpc', '2026shop', 'Paid Shopping'),
	('facebook', 'paid_social', 'shop_now', 'Paid Shopping'),
	('partner.example', 'cpc', 'shop', 'Paid Shopping'),
	-- "shop" behind a letter other than e is another word
	('google', 'cpc', 'workshop', 'Paid Search'),
	('google', 'cpc', 'bookshop berlin', 'Paid Search'),
	('google', 'cpc', 'photoshop', 'Paid Search'),
	('google', 'cpc', 'bishop', 'Paid Search'),
	('google', 'cpc', 'workshopping', 'Paid Shopping'),
	-- a search site and a paid medium
	('google', 'cpc', NULL, 'Paid Search'),
	('google', 'CPC', NULL, 'Paid Search'),
	('google', 'ppc', 'brand', 'Paid Search'),
	('google', 'paid', NULL, 'Paid Search'),
	('google', 'paidsearch', NULL, 'Paid Search'),
	('google', 'paid-search', NULL, 'Paid Search'),
	('google', 'cpm', NULL, 'Paid Search'),
	('google', 'cpv', NULL, 'Paid Search'),
	('google', 'ecpc', NULL, 'Paid Search'),
	('bing', 'cpc', NULL, 'Paid Search'),
	('yahoo', 'cpc', NULL, 'Paid Search'),
	('duckduckgo', 'cpc', NULL, 'Paid Search'),
	('baidu', 'cpc', NULL, 'Paid Search'),
	('yandex', 'cpc', NULL, 'Paid Search'),
	('naver', 'cpc', NULL, 'Paid Search'),
	('seznam', 'cpc', NULL, 'Paid Search'),
	-- a social site and a paid medium
	('facebook', 'cpc', NULL, 'Paid Social'),
	('facebook', 'paid', NULL, 'Paid Social'),
	('facebook', 'paid_social', NULL, 'Paid Social'),
	('facebook', 'paid-social', NULL, 'Paid Social'),
	('Facebook', 'PaidSocial', NULL, 'Paid Social'),
	('facebook', 'cpm', NULL, 'Paid Social'),
	('fb', 'ppc', NULL, 'Paid Social'),
	('instagram', 'cpc', NULL, 'Paid Social'),
	('ig', 'paid', NULL, 'Paid Social'),
	('linkedin', 'cpc', NULL, 'Paid Social'),
	('twitter', 'cpc', NULL, 'Paid Social'),
	('tiktok', 'paid', NULL, 'Paid Social'),
	('tiktok', 'cpc', 'video-ad', 'Paid Social'),
	('pinterest', 'cpc', NULL, 'Paid Social'),
	('reddit', 'cpc', NULL, 'Paid Social'),
	('snapchat', 'paid', NULL, 'Paid Social'),
	('quora', 'cpc', NULL, 'Paid Social'),
	-- a video site and a paid medium
	('youtube', 'cpc', NULL, 'Paid Video'),
	('youtube', 'cpv', NULL, 'Paid Video'),
	('youtube.com', 'paid', NULL, 'Paid Video'),
	('youtube', 'paid_video', NULL, 'Paid Video'),
	('vimeo', 'cpm', NULL, 'Paid Video'),
	('twitch', 'cpc', NULL, 'Paid Video'),
	('dailymotion', 'ppc', NULL, 'Paid Video'),
	-- the mediums of display
	('partner.example', 'display', NULL, 'Display'),
	('partner.example', 'banner', NULL, 'Display'),
	('dv360', 'expandable', NULL, 'Display'),
	('dv360', 'interstitial', NULL, 'Display'),
	('criteo', 'cpm', NULL, 'Display'),
	('facebook', 'display', NULL, 'Display'),
	('google', 'display', NULL, 'Display'),
	('google', 'banner', 'shop', 'Display'),
	('partner.example', 'displays', NULL, 'Unassigned'),
	('partner.example', 'display-ad', NULL, 'Unassigned'),
	-- any other paid medium
	('partner.example', 'cpc', NULL, 'Paid Other'),
	('partner.example', 'ppc', NULL, 'Paid Other'),
	('partner.example', 'paid', NULL, 'Paid Other'),
	('taboola', 'paid_native', NULL, 'Paid Other'),
	('newsletter', 'cpc', NULL, 'Paid Other'),
	('outbrain', 'cpa', NULL, 'Paid Other'),
	('outbrain', 'CPL', NULL, 'Paid Other'),
	('outbrain', 'native', NULL, 'Unassigned'),
	('partner.example', 'scpx', NULL, 'Paid Other'),
	('partner.example', 'ppc2', NULL, 'Unassigned'),
	('partner.example', 'unpaid', NULL, 'Unassigned'),
	-- a medium that is given to who comes from an assistant
	('chatgpt.com', 'ai-assistant', '(ai-assistant)', 'AI Assistant'),
	('claude.ai', 'ai-assistant', '(ai-assistant)', 'AI Assistant'),
	-- a shopping site or a campaign of shops
	('amazon', 'referral', NULL, 'Organic Shopping'),
	('ebay.com', 'organic', NULL, 'Organic Shopping'),
	('etsy', 'social', NULL, 'Organic Shopping'),
	('IGShopping', 'Social', NULL, 'Organic Shopping'),
	('shop.app', 'referral', NULL, 'Organic Shopping'),
	('newsletter', 'email', 'shop', 'Organic Shopping'),
	('google', 'organic', 'spring shopping', 'Organic Shopping'),
	('partner.example', 'referral', 'winter-shop', 'Organic Shopping'),
	('partner.example', 'referral', 'barbershop', 'Referral'),
	-- a social site or a social medium
	('facebook', 'referral', NULL, 'Organic Social'),
	('m.facebook.com', 'referral', NULL, 'Organic Social'),
	('l.facebook.com', 'referral', NULL, 'Organic Social'),
	('lm.facebook.com', 'referral', NULL, 'Organic Social'),
	('l.instagram.com', 'referral', NULL, 'Organic Social'),
	('t.co', 'referral', NULL, 'Organic Social'),
	('linkedin.com', 'referral', NULL, 'Organic Social'),
	('lnkd.in', 'referral', NULL, 'Organic Social'),
	('reddit.com', 'referral', NULL, 'Organic Social'),
	('old.reddit.com', 'referral', NULL, 'Organic Social'),
	('pinterest.de', 'referral', NULL, 'Organic Social'),
	('news.ycombinator.com', 'referral', NULL, 'Organic Social'),
	('myspace.com', 'referral', NULL, 'Organic Social'),
	('tiktok', 'video', NULL, 'Organic Social'),
	('instagram', 'email', NULL, 'Organic Social'),
	('facebook', '(not set)', NULL, 'Organic Social'),
	('hootsuite', 'post-1', NULL, 'Organic Social'),
	('buffer', 'social', NULL, 'Organic Social'),
	('buffer', 'Social-Network', NULL, 'Organic Social'),
	('buffer', 'social-media', NULL, 'Organic Social'),
	('buffer', 'sm', NULL, 'Organic Social'),
	('buffer', 'social network', NULL, 'Organic Social'),
	('buffer', 'social media', NULL, 'Organic Social'),
	('buffer', 'social_media', NULL, 'Unassigned'),
	('google', 'social', NULL, 'Organic Social'),
	-- a video site or a medium that contains "video"
	('youtube', 'referral', NULL, 'Organic Video'),
	('youtube.com', 'referral', NULL, 'Organic Video'),
	('m.youtube.com', 'referral', NULL, 'Organic Video'),
	('vimeo.com', 'referral', NULL, 'Organic Video'),
	('twitch.tv', 'referral', NULL, 'Organic Video'),
	('youtube', 'social', NULL, 'Organic Social'),
	('partner.example', 'video', NULL, 'Organic Video'),
	('partner.example', 'Online_Video_Ad', NULL, 'Organic Video'),
	('google', 'video', NULL, 'Organic Video'),
	-- a search site or the medium "organic"
	('google', 'organic', NULL, 'Organic Search'),
	('google', '(not set)', NULL, 'Organic Search'),
	('google', 'referral', NULL, 'Organic Search'),
	('google', 'email', NULL, 'Organic Search'),
	('bing', 'organic', NULL, 'Organic Search'),
	('cn.bing.com', 'referral', NULL, 'Organic Search'),
	('duckduckgo', 'organic', NULL, 'Organic Search'),
	('ecosia.org', 'organic', NULL, 'Organic Search'),
	('uk.search.yahoo.com', 'referral', NULL, 'Organic Search'),
	('baidu', 'organic', NULL, 'Organic Search'),
	('partner.example', 'organic', NULL, 'Organic Search'),
	('partner.example', 'organic-post', NULL, 'Unassigned'),
	-- the mediums of links
	('partner.example', 'referral', NULL, 'Referral'),
	('partner.example', 'Referral', NULL, 'Referral'),
	('android-app', 'app', NULL, 'Referral'),
	('partner.example', 'link', NULL, 'Referral'),
	('email', 'referral', NULL, 'Referral'),
	('partner.example', 'links', NULL, 'Unassigned'),
	-- e-mail in its four spellings, by source or medium
	('newsletter', 'email', NULL, 'Email'),
	('newsletter', 'E-Mail', NULL, 'Email'),
	('newsletter', 'e_mail', NULL, 'Email'),
	('newsletter', 'e mail', NULL, 'Email'),
	('email', 'newsletter', NULL, 'Email'),
	('e-mail', '(not set)', NULL, 'Email'),
	('klaviyo', 'email', 'welcome', 'Email'),
	('email', 'affiliate', NULL, 'Email'),
	('newsletter', 'newsletter', NULL, 'Unassigned'),
	-- the rest
	('awin', 'affiliate', NULL, 'Affiliates'),
	('awin', 'Affiliate', 'x', 'Affiliates'),
	('awin', 'affiliates', NULL, 'Unassigned'),
	('spotify', 'audio', NULL, 'Audio'),
	('spotify', 'podcast', NULL, 'Unassigned'),
	('sms', 'text', NULL, 'SMS'),
	('twilio', 'sms', NULL, 'SMS'),
	('SMS', 'promo', NULL, 'SMS'),
	('twilio', 'mms', NULL, 'Unassigned'),
	('onesignal', 'push', NULL, 'Mobile Push Notifications'),
	('onesignal', 'web-push', NULL, 'Mobile Push Notifications'),
	('onesignal', 'mobile', NULL, 'Mobile Push Notifications'),
	('onesignal', 'mobile-web', NULL, 'Mobile Push Notifications'),
	('onesignal', 'App_Notification', NULL, 'Mobile Push Notifications'),
	('firebase', 'x', NULL, 'Mobile Push Notifications'),
	('onesignal', 'pushed', NULL, 'Unassigned'),
	('partner.example', 'qr', NULL, 'Unassigned'),
	('partner.example', '(not set)', '(not set)', 'Unassigned'),
	('hub', 'webinar', NULL, 'Unassigned');
\echo -- GA4: all agree, of 20 channels
SELECT count(*), count(DISTINCT channel) FROM ga4;
SELECT source, medium, campaign, channel, classify_channel(source, medium, campaign) FROM ga4 WHERE classify_channel(source, medium, campaign) <> channel;

\echo -- what is beyond GA4, beside the answer of GA4: a medium, seldom a source, that names the channel
CREATE FUNCTION ga4_rules() RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
	SELECT string_agg(line, E'\n' ORDER BY n) FROM string_to_table(channel_rules(), E'\n') WITH ORDINALITY l(line, n)
	WHERE line !~ '^"?(Retargeting|Social Commerce|Creator|Word of Mouth|Store|Call Centre|Chat|In-App|Post|Television|Radio|Print|Outdoor|Events)"?:'
$$;
SELECT source, medium, classify_channel(source, medium), classify_channel(source, medium, NULL, ga4_rules()) FROM (VALUES
	('criteo', 'retargeting'), ('facebook', 'Retargeting'), ('google', 'remarketing'), ('facebook', 'social_commerce'), ('tiktok_shop', 'referral'), ('TikTok Shop', 'cpc'),
	('facebook-marketplace', NULL), ('instagram', 'creator'), ('youtube', 'influencer'), ('anna', 'creators'), ('anna', 'ugc'), ('friend', 'word of mouth'), ('app', 'refer-a-friend'),
	('berlin', 'store'), ('berlin', 'in-store'), ('berlin', 'POS'), ('hotline', 'call centre'), ('hotline', 'call_center'), ('sales', 'phone'), ('web', 'chat'), ('whatsapp', 'live-chat'),
	('app', 'in-app'), ('app', 'in_app_message'), ('dhl', 'direct mail'), ('ard', 'tv'), ('fm4', 'radio'), ('zeit', 'print'), ('wall', 'billboard'), ('dmexco', 'event'), ('dmexco', 'trade_show')) v(source, medium);
\echo -- what only looks like them: an app, a print house, an eventful medium
SELECT classify_channel('x', 'app'), classify_channel('x', 'posts'), classify_channel('x', 'eventful'), classify_channel('tvspot', 'x'), classify_channel('chatgpt.com', 'chatgpt'), classify_channel('x', 'push-in-app');

\echo -- GA4 without those: the same answers for every source, medium and campaign together, in any case and with blanks, as its own expressions give
SELECT count(*) FROM ga4 WHERE classify_channel(source, medium, campaign, ga4_rules()) <> channel;
CREATE TABLE site (source text, category text);
INSERT INTO site SELECT unnest(string_to_array(sources, ' ')), category FROM (VALUES
	('search', 'google bing cn.bing.com yahoo fr.search.yahoo.com duckduckgo ecosia.org baidu m.baidu.com yandex yandex.ru naver m.search.naver.com sogou.com seznam.cz aol ask play.google.com'),
	('social', 'facebook l.facebook.com fb ig instagram.com twitter t.co linkedin lnkd.in tiktok pinterest.co.uk reddit.com old.reddit.com quora vk.com medium.com stackoverflow.com groups.google.com bit.ly social'),
	('shopping', 'amazon amazon.co.uk ebay ebay.de etsy walmart.com apps.shopify.com IGShopping shopping.yahoo.co.jp msearch.shopping.naver.com shop.app stripe'),
	('video', 'youtube m.youtube.com vimeo player.vimeo.com twitch.tv dailymotion netflix fast.wistia.net ted.com'),
	('', '(direct) email e-mail sms firebase newsletter shop.example notamazon.de facebook.example notfacebook.com example.org google_ads youtube-ads (not)')) v(category, sources);
INSERT INTO site VALUES (NULL, ''), ('(not set)', ''), ('e mail', ''), ('google shopping', 'shopping'), ('ünïcode', '');
CREATE TABLE answers AS
SELECT source, medium, campaign,
	CASE
		WHEN s = '(direct)' AND m IN ('(not set)', '(none)') THEN 'Direct'
		WHEN c LIKE '%cross-network%' THEN 'Cross-network'
		WHEN (category = 'shopping' OR c ~ '^(.*(([^a-df-z]|^)shop|shopping).*)$') AND paid THEN 'Paid Shopping'
		WHEN category = 'search' AND paid THEN 'Paid Search'
		WHEN category = 'social' AND paid THEN 'Paid Social'
		WHEN category = 'video' AND paid THEN 'Paid Video'
		WHEN m IN ('display', 'banner', 'expandable', 'interstitial', 'cpm') THEN 'Display'
		WHEN paid THEN 'Paid Other'
		WHEN m = 'ai-assistant' THEN 'AI Assistant'
		WHEN category = 'shopping' OR c ~ '^(.*(([^a-df-z]|^)shop|shopping).*)$' THEN 'Organic Shopping'
		WHEN category = 'social' OR m IN ('social', 'social-network', 'social-media', 'sm', 'social network', 'social media') THEN 'Organic Social'
		WHEN category = 'video' OR m ~ '^(.*video.*)$' THEN 'Organic Video'
		WHEN category = 'search' OR m = 'organic' THEN 'Organic Search'
		WHEN m IN ('referral', 'app', 'link') THEN 'Referral'
		WHEN s ~ '^(email|e-mail|e_mail|e mail)$' OR m ~ '^(email|e-mail|e_mail|e mail)$' THEN 'Email'
		WHEN m = 'affiliate' THEN 'Affiliates'
		WHEN m = 'audio' THEN 'Audio'
		WHEN s = 'sms' OR m = 'sms' THEN 'SMS'
		WHEN m LIKE '%push' OR m LIKE '%mobile%' OR m LIKE '%notification%' OR s = 'firebase' THEN 'Mobile Push Notifications'
		ELSE 'Unassigned' END AS expected,
	classify_channel(source, medium, campaign, ga4_rules()) AS plain,
	classify_channel(E' \t' || upper(source) || '  ', ' ' || initcap(medium), upper(campaign) || E'\n', ga4_rules()) AS untidy
FROM site, unnest(ARRAY[NULL, '(none)', '(not set)', 'cpc', 'CPM', 'ppc', 'ppc2', 'xcpx', 'retargeting', 'retargetings', 'paid', 'paid_social', 'unpaid', 'display', 'banner', 'displayed',
		'ai-assistant', 'social', 'sm', 'Social Media', 'social_media', 'video', 'in-video-ad', 'organic', 'organics', 'referral', 'app', 'link', 'email', 'e mail', 'e_mailing', 'affiliate',
		'audio', 'sms', 'push', 'pushy', 'web push', 'mobile-web', 'notifications', 'x']) medium,
	unnest(ARRAY[NULL, '', 'x', 'shop', 'workshop', 'e-shop', 'eshop', 'xxshop shop', 'workshop bishop', 'öshop', 'workshopping', 'SHOPPING', '9shop', 'a cross-network b', 'cross_network']) campaign,
	LATERAL (VALUES (coalesce(lower(source), '(direct)'), coalesce(lower(medium), '(not set)'), coalesce(lower(campaign), ''))) v(s, m, c),
	LATERAL (SELECT m ~ '^(.*cp.*|ppc|retargeting|paid.*)$') p(paid);
SELECT count(*) > 30000, count(DISTINCT expected) FROM answers;
SELECT * FROM answers WHERE plain <> expected OR untidy <> expected LIMIT 10;

\echo -- what is null or blank: nothing and nothing is direct, and with something else nothing at all
SELECT classify_channel(NULL, NULL), classify_channel('', E' \t\r\n'), classify_channel(NULL, '(none)'), classify_channel('direct', NULL), classify_channel(NULL, NULL, 'spring'),
	classify_channel(NULL, 'email'), classify_channel('google', NULL), classify_channel('example.org', NULL), classify_channel('(none)', '(none)');
\echo -- hosts that GA4 never shows: it has names for them
SELECT classify_channel('www.google.com', NULL), classify_channel('www.google.co.uk', 'referral'), classify_channel('mail.google.com', 'referral'), classify_channel('www.amazon.de', NULL), classify_channel('x.com', 'referral'), classify_channel('gemini.google.com', 'referral');

\echo -- the shipped rules are those that are meant without any, and read as such
SELECT count(*) FROM answers WHERE classify_channel(source, medium, campaign) <> classify_channel(source, medium, campaign, channel_rules());
SELECT bad(channel_rules()), classify_channel('google', 'cpc', rules => channel_rules());
\echo -- every channel of the rules, what kind it is and who speaks first
SELECT string_agg(channel || ' ' || channel_kind(channel) || ' ' || coalesce(channel_direction(channel), '-'), E'\n' ORDER BY n) FROM (
	SELECT trim('"' FROM substring(line FROM '^("[^"]*"|[^:]*):')) AS channel, min(n) AS n FROM string_to_table(channel_rules() || 'Unassigned:', E'\n') WITH ORDINALITY l(line, n) GROUP BY 1) c;
\echo -- other names of channels, in any case
SELECT c, channel_kind(c), channel_direction(c) FROM unnest(ARRAY['store', ' In-Store ', 'POS', 'call center', 'CALL_CENTRE', 'TV', 'tv spots', 'tvs', 'direct mail', 'web push', 'pushing', 'mobile app', 'web', 'instagram', 'newsletter', 'eventual', 'unassigned', '', NULL]) c;

\echo == rules
\echo -- the first that holds; all its conditions must
SELECT source, medium, classify_channel(source, medium, 'z', 'a: source in (x) and medium in (y); b: source in (x, y); c: medium in (y) and campaign in (z)') FROM unnest(ARRAY['x', 'y', 'z']) source, unnest(ARRAY['x', 'y']) medium;
\echo -- whole words, beginnings, ends, anything between; a star is no blank, and nothing is no star
SELECT s, classify_channel(s, NULL, NULL, 'whole: source in (ab); begin: source in (cd*); end: source in (*ef); middle: source in (*gh*); several: source in (i*j*k); all: source in (*); none: source in (none)')
FROM unnest(ARRAY['ab', 'abc', 'cd', 'cdx', 'xcd', 'ef', 'xef', 'efx', 'gh', 'xghx', 'ijk', 'ixxjjyk', 'ikjk', 'ijkx', 'ik', 'x', ' ', NULL, 'none', '*']) s;
\echo -- what a star takes is given back as far as it must be
SELECT s, classify_channel(s, NULL, NULL, 'yes: source in (a*bc*bd, *aab)') FROM unnest(ARRAY['abcbd', 'abcbcbd', 'abcbdbd', 'abdbc', 'aaab', 'aabab', 'abcbdb']) s;
\echo -- all short words of letters, stars and brackets, on all short texts, as regular expressions match them
SELECT count(*) > 40000, count(*) FILTER (WHERE matches <> (channel = 'yes')) FROM (
	WITH RECURSIVE word(w, n) AS (SELECT '', 0 UNION ALL SELECT w || p, n + 1 FROM word, unnest(ARRAY['a', 'b', '*', '[^a]']) p WHERE n < 4),
		string(s, n) AS (SELECT '', 0 UNION ALL SELECT s || c, n + 1 FROM string, unnest(ARRAY['a', 'b', 'c']) c WHERE n < 4)
	SELECT s ~ ('^' || replace(w, '*', '.*') || '$') AS matches, classify_channel(s, NULL, NULL, 'yes: source in (' || w || ')') AS channel
	FROM word, string WHERE w <> '' AND s <> '' ORDER BY w) q;
\echo -- brackets: one character that is among some, or not; beyond ASCII it is none of them
SELECT s, classify_channel(s, NULL, NULL, 'few: source in (a[xyz]b); range: source in (a[0-9a-c]b); not: source in (a[^a-z0-9]b); quoted: source in (c["-]^ "]*); more: source in (d[0-9][0-9]*)')
FROM unnest(ARRAY['axb', 'aXb', 'a0b', 'acb', 'adb', 'ab', 'a_b', 'aäb', 'a日b', 'axxb', 'c-', 'c]x', 'c', 'cc', 'd12', 'd1x', 'd']) s;
\echo -- words are joined where there is no blank; none is a word only alone; the names of columns and "in" are words, too
SELECT s, classify_channel(s, NULL, NULL, 'a: source in (x"y z"*); b: source in (none*); c: source in ("none"); d: source in (in, source, and, medium); e: source in ("N""o")') FROM unnest(ARRAY['xy z!', 'nonesuch', 'none', 'in', 'and', 'n"o', NULL]) s;
\echo -- "none" in upper case and in quotes
SELECT classify_channel(NULL, NULL, NULL, 'a: source in ("none"); b: source in (NONE)'), classify_channel('none', NULL, NULL, 'a: source in (None); b: source in ("None")');
\echo -- capitals of ASCII and no others; names of channels as they are written
SELECT classify_channel('ÄB', NULL, NULL, '"Ä Ö": SOURCE IN ("Äb")'), classify_channel('äb', NULL, NULL, '"Ä Ö": source in ("Äb")');
\echo -- lines and semicolons, blank ones, a rule on several lines, two of one name
SELECT v, classify_channel(v, 'm', NULL, E';\n\n "One" :\n source in (\n a\n,b\r\n)\t and\n medium in (m);;Two: source in(c)\nOne: source in (d)\n;\n') FROM unnest(ARRAY['a', 'b', 'c', 'd', 'e']) v;
\echo -- one column twice: both must hold
SELECT v, classify_channel(v, NULL, NULL, 'both: source in (*shop*) and source in (*new*, x)') FROM unnest(ARRAY['newshop', 'shop', 'new', 'x']) v;

\echo -- what is no rule, and where
SELECT bad(r) FROM unnest(ARRAY['', E' \n;', 'a', 'a:', 'a source in (x)', ': source in (x)', 'a: in (x)', 'a: kanal in (x)', 'a: source (x)', 'a: source = x', 'a: source in x', 'a: source in ()', 'a: source in (x,)', 'a: source in (x y)',
	'a: source in (x', 'a: source in (x) and', 'a: source in (x) or medium in (y)', 'a: source in (x), medium in (y)', 'a: source in (x) b: source in (y)', 'a: source in (x:y)', 'a: source in (x|y)', 'a: source in (x) and not medium in (y)',
	'a: source in (''x'')', 'a: source in ("x)', 'a: source in ("")', 'a: source in (x-)', E'a: source in (x)\nand medium in (y)', 'é: source in (*[)', 'a: source in ([])', 'a: source in ([x)', 'a: source in ([z-a])', 'a: source in ([aé])', 'a: source in ([^])', 'a: source in (^x)', 'a: source in (a→b)',
	'a: source in (x) and medium', 'google']) r;
\echo -- too many words: 10 000 are not
SELECT bad('a: source in (' || string_agg('w' || i, ', ') || ')') FROM generate_series(1, 10001) i;
SELECT classify_channel('w10000', NULL, NULL, 'a: source in (' || string_agg('w' || i, ', ') || ')') FROM generate_series(1, 10000) i;

\echo == what a call remembers
\echo -- values side by side that differ in where one ends
SELECT classify_channel(s, m, c, 'a: source in (x) and medium in (yz); b: source in (xy) and medium in (z); c: source in (x) and campaign in (yz); d: medium in (x)')
FROM (VALUES ('x', 'yz', NULL), ('xy', 'z', NULL), ('x', '', 'yz'), ('', 'x', 'yz'), (NULL, 'x', 'yz'), ('xyz', NULL, NULL), ('x', 'yz', NULL)) v(s, m, c);
\echo -- more than it may remember: it starts anew, and answers as before
SET work_mem = '64kB';
SELECT count(*), count(*) FILTER (WHERE channel <> CASE i % 3 WHEN 0 THEN 'Paid Other' WHEN 1 THEN 'Email' ELSE 'Unassigned' END)
FROM (SELECT i, classify_channel('source ' || i, (ARRAY['cpc', 'email', 'x'])[1 + i % 3], 'campaign ' || i % 1000) AS channel FROM generate_series(1, 20000) i) q;
RESET work_mem;
\echo -- rules that change from row to row
SELECT i, classify_channel('x', NULL, NULL, rules) FROM generate_series(1, 6) i, LATERAL (SELECT CASE i % 3 WHEN 0 THEN NULL ELSE 'channel' || i || ': source in (x)' END) r(rules);
\echo -- a call site that lives on behind an error
CREATE DOMAIN classified AS text CHECK (classify_channel(value, NULL, NULL, CASE value WHEN 'bad' THEN 'a:' ELSE 'a: source in (x)' END) = 'a');
DO $$
DECLARE
	v classified := 'x';
BEGIN
	FOR i IN 1 .. 3 LOOP
		BEGIN
			v := CASE i WHEN 2 THEN 'y' ELSE 'bad' END;
		EXCEPTION WHEN syntax_error OR check_violation THEN
			RAISE NOTICE '%', SQLERRM;
		END;
		v := 'x';
	END LOOP;
END $$;
\echo -- with workers, and in an index
CREATE TABLE visits AS SELECT source, medium, campaign, expected FROM answers;
CREATE INDEX ON visits (classify_channel(source, medium, campaign));
ALTER TABLE visits SET (parallel_workers = 2);
ANALYZE visits;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET enable_indexscan = off; SET enable_indexonlyscan = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM visits WHERE classify_channel(source, medium, campaign) <> expected;
SELECT count(*) = (SELECT count(*) FROM answers WHERE classify_channel(source, medium, campaign) <> expected), count(*) > 0 FROM visits WHERE classify_channel(source, medium, campaign) <> expected;
RESET ALL;
SET search_path = channel, public;
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT FROM visits WHERE classify_channel(source, medium, campaign) = 'Email';
SELECT count(*) = (SELECT count(*) FROM answers WHERE classify_channel(source, medium, campaign) = 'Email'), count(*) > 0 FROM visits WHERE classify_channel(source, medium, campaign) = 'Email';
RESET enable_seqscan;
\echo -- a long call can be cancelled: minutes of work here, for each star must look at all of the text
SET statement_timeout = 200;
SELECT classify_channel(repeat('a', 10000000), NULL, NULL, 'x: source in (' || (SELECT string_agg('*' || repeat('a', 1000) || i || '*', ', ') FROM generate_series(1, 500) i) || ')');
RESET statement_timeout;

\set VERBOSITY terse
DROP SCHEMA channel CASCADE;
