-- record_since: the first of the nights published before that had some customers in its book. Where retention removed the features, the scores tell.
-- Grain: one row per customer.
SELECT f.customer_id AS customer_id, min(n.as_of) AS since
FROM
(
    SELECT customer_id, run FROM creditwatch.features_rows WHERE customer_id IN {customers:Array(String)}
    UNION ALL
    SELECT customer_id, run FROM creditwatch.scores_rows
    WHERE customer_id IN {customers:Array(String)} AND run IN (SELECT run FROM creditwatch.removals WHERE name = 'features')
) AS f
INNER JOIN (SELECT as_of, run FROM creditwatch.live_runs WHERE as_of < {night:Date}) AS n ON n.run = f.run
GROUP BY customer_id
ORDER BY customer_id
