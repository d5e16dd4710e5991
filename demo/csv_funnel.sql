-- A line for each event and channel of the pattern that no event of the file has,
-- with the nearest spelling.  Run by demo/run, which sets :funnel and :file.
SET client_min_messages = warning;

CREATE TEMP TABLE label AS
SELECT 'event' AS what, event AS name, count(*) FROM events GROUP BY event
UNION ALL
SELECT 'channel', channel, count(*) FROM events WHERE channel IS NOT NULL GROUP BY channel;

-- How alike two spellings are, from 0 to 1: the share of pairs of neighbouring
-- letters that they have in common, ends included, whatever their case and punctuation.
CREATE FUNCTION pg_temp.pairs(t text) RETURNS SETOF text IMMUTABLE LANGUAGE sql AS $$
	SELECT substr(q.t, i, 2)
	FROM (SELECT ' ' || lower(regexp_replace(t, '[-_ ./:]', '', 'g')) || ' ') AS q (t), generate_series(1, length(q.t) - 1) AS i
$$;

CREATE FUNCTION pg_temp.alike(a text, b text) RETURNS double precision IMMUTABLE LANGUAGE sql AS $$
	SELECT 2.0 * (SELECT count(*) FROM (SELECT pg_temp.pairs(a) INTERSECT ALL SELECT pg_temp.pairs(b)) AS q)
		/ ((SELECT count(*) FROM pg_temp.pairs(a)) + (SELECT count(*) FROM pg_temp.pairs(b)))
$$;

SELECT 'it asks for channels, and no event has one; CHANNEL=column says which column holds them'
WHERE NOT EXISTS (SELECT FROM label WHERE what = 'channel')
  AND EXISTS (SELECT FROM pattern_steps(:'funnel') WHERE kind = 'same channel' OR regexp_replace(matches, '"[^"]*"', '', 'g') ~ '@');

-- The names of a step, as pattern_steps spells them; a star at the end makes a
-- prefix of one, which may be empty.
WITH asked AS (
	SELECT min(s.step) AS step, CASE t[1] WHEN '@' THEN 'channel' ELSE 'event' END AS what,
	       coalesce(replace(t[2], '""', '"'), t[3], '') AS name, t[4] = '*' AS prefix
	FROM pattern_steps(:'funnel') AS s,
	     regexp_matches(s.matches, '(@?)(?:"((?:[^"]|"")+)"|([^()|@"*]+))?(\*?)', 'g') AS t
	WHERE s.step IS NOT NULL AND (coalesce(t[2], t[3]) IS NOT NULL OR t[4] = '*')
	GROUP BY 2, 3, 4
)
SELECT format('there is no %s %s"%s" in %s', what, CASE WHEN prefix THEN 'that begins with ' END, name, :'file')
       || coalesce('; the nearest is "' || nearest || '"', '')
FROM asked AS a
LEFT JOIN LATERAL (
	SELECT l.name AS nearest
	FROM label AS l, pg_temp.alike(CASE WHEN prefix THEN left(l.name, length(a.name)) ELSE l.name END, a.name) AS likeness
	WHERE l.what = a.what AND likeness >= 0.4
	ORDER BY likeness DESC, count DESC, l.name
	LIMIT 1) AS n ON true
WHERE EXISTS (SELECT FROM label AS l WHERE l.what = a.what)
  AND NOT EXISTS (SELECT FROM label AS l WHERE l.what = a.what AND (l.name = a.name OR (prefix AND starts_with(l.name, a.name))))
ORDER BY step, what DESC, name;
