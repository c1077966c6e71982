-- record_since: the first of the nights published before that had some customers in its book.
-- Grain: one row per customer.
SELECT f.customer_id AS customer_id, min(n.as_of) AS since
FROM creditwatch.features_rows AS f
INNER JOIN (SELECT as_of, run FROM creditwatch.live_runs WHERE as_of < {night:Date}) AS n ON n.run = f.run
WHERE f.customer_id IN {customers:Array(String)}
GROUP BY customer_id
ORDER BY customer_id
