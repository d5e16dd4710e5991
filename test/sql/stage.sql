-- Stage models, and the stages of one journey.  All answers are derived by hand from doc/stage.md.
SET timezone = 'UTC';
SET datestyle = 'ISO';
\pset null '(null)'
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA stage;
SET search_path = stage, public;

-- Shorthand: day:event@channel=value*score, from the first of March 2026 on; equal days are ties.
CREATE FUNCTION j(spec text) RETURNS journey IMMUTABLE LANGUAGE sql AS $$
    SELECT coalesce(string_agg(to_char(timestamp '2026-03-01' + interval '1 day' * split_part(t, ':', 1)::float8, 'YYYY-MM-DD HH24:MI:SS.US+00 ')
                               || replace(replace(substr(t, strpos(t, ':') + 1), '=', ' ='), '*', ' *'), ', '), '')::journey
    FROM string_to_table(spec, ' ') t
$$;
CREATE FUNCTION s(journey) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT string_agg(extract(day FROM at) - 1 || ':' || event || coalesce('@' || channel, '')
                      || coalesce('=' || value, '') || coalesce('*' || score, ''), ' ' ORDER BY touchpoint)
    FROM touchpoints($1)
$$;
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

\echo -- the models that are shipped
SELECT * FROM stage_models();
\echo -- a name is the text of that name
SELECT model, (SELECT array_agg(r) FROM stage_model_rules(model) r) = (SELECT array_agg(r) FROM stage_model_rules(stage_model(model)) r) FROM stage_models();
SELECT stage_model('Online') = stage_model('online'), stage_model(NULL);
\echo -- their phases: who has bought has reached the first stage that is not before
SELECT m.model, string_agg(DISTINCT r.position || ' ' || r.phase, ', ') FROM stage_models() m, stage_model_rules(m.model) r GROUP BY m.model ORDER BY m.model;

\echo -- a rule a row; a list goes on behind a comma, on the next line, too
SELECT * FROM stage_model_rules(E'before : x, ( y | "z:1"* )@web AFTER @app ,\n\n  *@* after "after"\r\n;; "a ""b"" c"(DURING):q*;d( after ) : r ;\n');
\echo -- what a text says, whether on one line or on many, with or without separators at its ends
SELECT count(DISTINCT r) FROM (SELECT array_agg(r)::text FROM unnest(ARRAY['a: x, y; b (after): z', E'a: x, y\nb (after): z', E'\n;a :x,\ny;\n\nb(after):z\n;']) m, LATERAL (SELECT array_agg(r) FROM stage_model_rules(m) r) q(r) GROUP BY m) t(r);
\echo -- names are as in patterns: whole, the beginning of one, any; an event, a channel, both, several
SELECT s(restage(j('0:x 1:xy 2:y@x 3:z@web 4:z@w 5:z 6:v@app 7:w@app'), 'one: x; two: y*, z@we*; three: (v|w)@app', 'keep'));
SELECT s(restage(j('0:x 1:y@a 2:z'), 'some: @*; all: z*', 'keep')), s(restage(j('0:x 1:y@a'), 'all: *')), s(restage(j('0:x 1:y@a 2:z@b'), 'all: *@a', 'keep'));
SELECT restage('2026-03-01 00:00Z "Straße"@"über uns"', '"größer (als)": "Straß"*@"über "*');

\echo -- the last stage that matches, in whatever order its rules stand
SELECT s(restage(j('0:x 1:y 2:z'), 'a: x, y, z; b: y; c: z, q')), s(restage(j('0:x 1:y'), 'b: y; a: x, y'));
\echo -- after: at a strictly earlier instant; not itself, not at one time
SELECT s(restage(j('0:x 1:y 2:x'), 'a: x; b: x after y'));
SELECT s(restage(j('0:x 1:x 2:x'), 'a: x; b: x after x'));
SELECT s(restage(j('0:y 0:x 1:x'), 'a: x, y; b: x after y')), s(restage(j('0:a 0:x'), 'n: x; b: x after a', 'keep'));
\echo -- what comes before needs no stage of its own, and counts though the journey dropped it
SELECT s(restage(j('0:q@shop 1:x 2:x@web'), 'a: x; b: x@web after q@shop'));
\echo -- without what comes before the touchpoint has the stage of its other rules, or none
SELECT s(restage(j('0:x 1:y 2:z'), 'a: x; b: y; c: x after z, y after z, z after z', 'keep'));
\echo -- a rule that holds anyway, of a later stage, goes before one with after
SELECT s(restage(j('0:y 1:x'), 'a: x after y; b: x; c: y'));
\echo -- several conditions, met one after another; the last stage of those met
SELECT s(restage(j('0:x 1:p 2:x 3:q 4:x 5:r 6:x'), '"0": x; "1": x after p; "2": x after q; "3": x after r', 'keep'));
SELECT s(restage(j('0:x 1:r 2:x 3:p 4:x'), '"0": x; "1": x after p; "2": x after q; "3": x after r', 'keep'));
\echo -- more conditions than a word has bits
SELECT k, s(restage(j(k), 'first: x; middle: ' || string_agg(format('x after e%s', n), ', ') || '; last: ' || string_agg(format('x after f%s', n), ', ')))
FROM generate_series(1, 140) n, unnest('{0:e0 1:x,0:e1 1:x 2:e140 3:x,0:e9 1:x 2:f1 3:x,0:f64 0:f65 0:x 1:x,0:f140 1:e140 2:x}'::text[]) k GROUP BY k ORDER BY k;

\echo -- restage keeps times, channels, values and scores; unmapped touchpoints are dropped unless it is said
SELECT s(restage(j('0:x@web=1*5 1:q@app=2 2:y*-1 3:q'), 'a: x; b: y'));
SELECT s(restage(j('0:x@web=1*5 1:q@app=2 2:y*-1 3:q'), 'a: x; b: y', 'drop'));
SELECT s(restage(j('0:x@web=1*5 1:q@app=2 2:y*-1 3:q'), 'a: x; b: y', 'KEEP'));
SELECT s(restage(j('0:x@web=1*5 2:y*-1'), 'a: x; b: y', unmapped => 'error'));
SELECT refusal($$SELECT restage(j('0:x@web 1:q@app=2'), 'a: x', 'error')$$);
SELECT refusal($$SELECT restage(j('0:x@web 1:q'), 'a: x', 'error')$$);
\echo -- touchpoints at one instant stand in the order of their new names, channels, values; duplicates stay
SELECT s(restage(j('0:x=2 0:y=1 0:z 1:y@b 1:x@c 1:z@a'), 'b: x, y; a: z'));
SELECT s(restage(j('0:x 0:x 0:y'), 'a: x, y'));
SELECT restage(j('0:x=2 0:y@b=1 0:z 1:q@c*3'), 'b: x, y; a: z', 'keep') = j('0:b=2 0:b@b=1 0:a 1:q@c*3');
\echo -- so do many at one instant, in whatever order their new names stand
SELECT restage(j(string_agg(format('%s:e%s@c%s=%s', n / 100, n % 10, n % 7, n), ' ')), string_agg(DISTINCT format('s%s: e%s', 9 - n % 10, n % 10), ';'))
     = j(string_agg(format('%s:s%s@c%s=%s', n / 100, 9 - n % 10, n % 7, n), ' ')) FROM generate_series(1, 499) n;
\echo -- the name of a stage may be that of an event or of a channel
SELECT s(restage(j('0:x@b 1:b@x 2:a'), 'b: x; x: b', 'keep'));
\echo -- nothing left is the empty journey; nothing there stays so
SELECT restage(j('0:q'), 'a: x') = '', restage('', 'a: x') = '', restage(NULL, 'a: x'), restage('', 'a: x', 'error') = '';

\echo -- the furthest stage by the order of the model, the current one by time
SELECT furthest_stage(j(k), m), current_stage(j(k), m) FROM unnest('{0:x,0:x 1:z 2:y,0:z 1:x 2:q,0:q 1:p,0:y 0:x}'::text[]) k, (VALUES ('a: x; b: y; c: z')) t(m);
\echo -- at the last instant the order of the journey decides
SELECT current_stage(j('0:y 1:b@x 1:b@y'), 'one: b@y; two: b@x; three: y'), current_stage(j('0:y 1:x 1:a'), 'one: a; two: x; three: y');
SELECT furthest_stage('', 'a: x'), current_stage('', 'a: x'), furthest_stage(NULL, 'a: x'), current_stage(NULL, 'a: x');
SELECT furthest_stage(j('0:purchase 1:visit'), 'online'), current_stage(j('0:purchase 1:visit'), 'online');

\echo -- a row has a stage of its own; what came before is not known there
SELECT stage_of('x', 'web', m), stage_of('x', NULL, m), stage_of('x', '', m), stage_of('y', 'web', m), stage_of('z', NULL, m), stage_of(NULL, 'web', m)
FROM (VALUES ('a: x; b: x@web; c: y after x, x after y')) t(m);
SELECT count(stage_of('e' || n, 'c' || n % 100, 'a: e1*; b: e12*@c4')), count(*) FILTER (WHERE stage_of('e' || n, 'c' || n % 100, 'a: e1*; b: e12*@c4') = 'b') FROM generate_series(1, 20000) n;

\echo -- the pattern of the stages, for a funnel of them
SELECT stage_pattern('online');
SELECT stage_pattern('a: x; "two words": y; "within": z; "say ""a:b""": q; "d-": r');
SELECT f.step, f.stage, f.customers FROM unnest((SELECT stage_funnel(restage(j(k), m), stage_pattern(m))
                                                FROM unnest('{0:x 1:y 2:z,0:x 1:z,0:y,0:z 1:x,0:q}'::text[]) k,
                                                     (VALUES ('a: x; "two words": y; "within": z')) t(m) )) f;
\echo -- as many stages as there may be: the pattern has room for them
SELECT furthest_stage(j('0:e64 1:e1'), model), current_stage(j('0:e64 1:e1'), model), restage(j('0:e1 1:e64'), model) ~ stage_pattern(model)
FROM (SELECT string_agg(format('s%s: e%s', n, n), ';') AS model FROM generate_series(1, 64) n) m;

\echo -- one call site, several models and journeys
SELECT s(restage(j(k), m)) FROM unnest('{0:x 1:y,0:y 1:x}'::text[]) k, unnest('{a: x; b: y,b: x; a: y,c: x after y,online}'::text[]) m;

\echo -- what is no model: the text is empty, or a name that is none
SELECT refusal($$SELECT restage('', '')$$);
SELECT refusal($$SELECT stage_model_rules(E'\n ; \n')$$);
SELECT refusal($$SELECT furthest_stage('', 'onlin')$$);
SELECT refusal($$SELECT stage_model('"online"')$$);
SELECT refusal($$SELECT stage_model('awareness: x')$$);
SELECT refusal($$SELECT stage_model('')$$);
\echo -- a stage without rules, without a colon, without a name
SELECT refusal($$SELECT stage_pattern('a: ')$$);
SELECT refusal($$SELECT stage_pattern('a: ; b: x')$$);
SELECT refusal($$SELECT stage_pattern(E'a:\nb: x')$$);
SELECT refusal($$SELECT stage_pattern('a: x; b')$$);
SELECT refusal($$SELECT stage_pattern('a x')$$);
SELECT refusal($$SELECT stage_pattern('first stage: x')$$);
SELECT refusal($$SELECT stage_pattern(': x')$$);
SELECT refusal($$SELECT stage_pattern('a: x, y: z')$$);
SELECT refusal($$SELECT stage_pattern('a*: x')$$);
\echo -- phases
SELECT refusal($$SELECT stage_pattern('a (later): x')$$);
SELECT refusal($$SELECT stage_pattern('a (): x')$$);
SELECT refusal($$SELECT stage_pattern('a (before: x')$$);
SELECT refusal($$SELECT stage_pattern('a (before) x')$$);
SELECT refusal($$SELECT stage_pattern('a (before) (after): x')$$);
\echo -- a stage twice, too many stages, too many alternatives
SELECT refusal($$SELECT stage_pattern('a: x; b: y; "a" (after): z')$$);
SELECT refusal($$SELECT stage_pattern(string_agg(format('s%s: e', n), ';' ORDER BY n)) FROM generate_series(1, 65) n$$);
SELECT refusal($$SELECT stage_pattern('a: (' || repeat('x|', 9998) || 'x), y; b: z')$$);
\echo -- commas and what stands between them
SELECT refusal($$SELECT stage_pattern('a: x, ')$$);
SELECT refusal($$SELECT stage_pattern('a: x,; b: y')$$);
SELECT refusal($$SELECT stage_pattern('a: x,, y')$$);
SELECT refusal($$SELECT stage_pattern('a: , x')$$);
SELECT refusal($$SELECT stage_pattern('a: x y')$$);
SELECT refusal($$SELECT stage_pattern('a: x | y')$$);
SELECT refusal($$SELECT stage_pattern('a: (x, y)')$$);
SELECT refusal($$SELECT stage_pattern(E'a: (x|\ny)')$$);
SELECT refusal($$SELECT stage_pattern('a: x -> y')$$);
SELECT refusal($$SELECT stage_pattern('a: !x')$$);
SELECT refusal($$SELECT stage_pattern('a: x?')$$);
SELECT refusal($$SELECT stage_pattern('a: x@')$$);
\echo -- after
SELECT refusal($$SELECT stage_pattern('a: x after')$$);
SELECT refusal($$SELECT stage_pattern('a: x after, y')$$);
SELECT refusal($$SELECT stage_pattern('a: after x')$$);
SELECT refusal($$SELECT stage_pattern('a: x after y after z')$$);
SELECT refusal($$SELECT stage_pattern('a: x, (y|after)')$$);
SELECT refusal($$SELECT stage_pattern('a: x, within')$$);
\echo -- quotes, and characters that only look like signs; places are counted in characters
SELECT refusal($$SELECT stage_pattern('a: x, "y')$$);
SELECT refusal($$SELECT stage_pattern('a: x, ""')$$);
SELECT refusal($$SELECT stage_pattern('ä: ü, ''y''')$$);
SELECT refusal($$SELECT stage_pattern('a: “x”')$$);
SELECT refusal($$SELECT stage_pattern('a: x + y')$$);
SELECT refusal($$SELECT stage_pattern('a： x')$$);
\echo -- nulls, and what becomes of unmapped touchpoints
SELECT refusal($$SELECT restage('', NULL)$$), refusal($$SELECT restage(NULL, NULL)$$);
SELECT refusal($$SELECT furthest_stage('', NULL)$$), refusal($$SELECT current_stage('', NULL)$$);
SELECT refusal($$SELECT stage_of('x', NULL, NULL)$$), refusal($$SELECT stage_pattern(NULL)$$), refusal($$SELECT count(*) FROM stage_model_rules(NULL)$$);
SELECT refusal($$SELECT restage('', 'a: x', NULL)$$);
SELECT refusal($$SELECT restage('', 'a: x', 'ignore')$$);
SELECT refusal($$SELECT stage_of('', 'web', 'a: x')$$);
\echo -- a call site lives on after an error
CREATE FUNCTION furthest(model text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN furthest_stage('2026-03-01 00:00Z x', model);
EXCEPTION WHEN OTHERS THEN
    RETURN SQLERRM;
END $$;
SELECT m, furthest(m) FROM unnest('{a: x,a: ,a: x,b: y,c: x}'::text[]) m;

\echo -- events of GA4, of Segment, Snowplow and Shopify, in three_stage, ecommerce, online and lifecycle
SELECT e, concat_ws(' ', coalesce(stage_of(e, NULL, 'three_stage'), '-'), coalesce(stage_of(e, NULL, 'ecommerce'), '-'), coalesce(stage_of(e, NULL, 'online'), '-'), coalesce(stage_of(e, NULL, 'lifecycle'), '-'))
FROM unnest('{ad_impression,session_start,first_visit,page_view,view_promotion,select_promotion,search,view_search_results,view_item_list,select_item,view_item,select_content,
              add_to_wishlist,generate_lead,sign_up,add_to_cart,view_cart,remove_from_cart,begin_checkout,add_shipping_info,add_payment_info,purchase,refund,
              Promotion Clicked,Products Searched,Product List Viewed,Product Clicked,Product Viewed,Product Added,Cart Viewed,Coupon Applied,Checkout Started,Payment Info Entered,
              Order Completed,Order Refunded,Product Reviewed,
              promo_view,list_view,product_view,checkout_step,trns_error,transaction,
              page_viewed,collection_viewed,product_viewed,search_submitted,product_added_to_cart,cart_viewed,checkout_started,payment_info_submitted,checkout_completed,
              delivered,support_call,login}'::text[]) WITH ORDINALITY AS e(e, n) ORDER BY n;
\echo -- advertisements, creators and social channels come before the rest
SELECT m, s(restage(j('0:ad_click@google 1:creator_post@tiktok 2:video@youtube 3:visit@instagram 4:view@instagram'), m, 'keep')) FROM (SELECT model FROM stage_models()) t(m);
\echo -- what follows a purchase, and the same without one
SELECT m, s(restage(j('0:purchase 1:support_chat 2:email_open 3:review 4:share 5:referral 6:loyalty_join 7:purchase'), m, 'keep')) FROM (SELECT model FROM stage_models()) t(m);
SELECT m, s(restage(j('1:support_chat 2:email_open 3:review 4:share 5:referral 6:loyalty_join 7:purchase'), m, 'keep')) FROM (SELECT model FROM stage_models()) t(m);
\echo -- six channels, one journey: a review, a search, an advertisement, the shop, its messages, a question
SELECT m, s(restage(j('0:review@tiktok 1:search@google 2:ad_click@instagram 3:visit@web 4:order@web=60 5:email_open@email 6:question@facebook*-1'), m)) FROM (SELECT model FROM stage_models()) t(m);

\echo -- all are immutable and safe in parallel queries
SELECT proname, provolatile, proisstrict, proparallel FROM pg_proc
WHERE proname IN ('stage_model', 'stage_models', 'stage_model_rules', 'stage_pattern', 'stage_of', 'restage', 'furthest_stage', 'current_stage') ORDER BY proname;

SET client_min_messages = warning;
DROP SCHEMA stage CASCADE;
