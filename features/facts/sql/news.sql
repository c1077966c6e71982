-- news: the bad story of a year that weighs most on each customer of a range of numbers.
-- Grain: one row per customer with a bad story; n = bad stories, the gravest named.
SELECT customer_id, 'worst' AS slice, count() AS n, argMax(told, weight) AS name, argMax(said, weight) AS about, argMax(began, weight) AS last_on
FROM
(
    SELECT
        customer_id, story_id,
        argMax(toString(e.code), (e.severity, event_id)) AS told, argMax(e.sentence, (e.severity, event_id)) AS said, min(e.occurred_on) AS began,
        argMax(polarity IN ('affirmed', 'hypothetical') AND role = 'subject' AND e.code != 'POSIT', (e.severity, event_id)) AS is_bad,
        (max(e.severity), max(e.occurred_on), story_id) AS weight
    FROM creditwatch.news_events_rows AS e
    WHERE run = {run:UInt64} AND customer_id >= {first:String} AND customer_id <= {last:String} AND e.known_at < {known_by:DateTime64(3)} AND e.occurred_on <= {as_of:Date} AND e.occurred_on > {as_of:Date} - 365
    GROUP BY customer_id, story_id
)
WHERE is_bad
GROUP BY customer_id
ORDER BY customer_id
