-- record_amounts: exposure, open orders and loss given default of some customers on the nights published before.
-- Grain: one row per customer and night.
SELECT n.as_of AS as_of, l.customer_id AS customer_id, l.total_base AS exposure, l.shipped_base + l.orders_base AS orders, l.lgd AS lgd
FROM creditwatch.losses_rows AS l
INNER JOIN (SELECT as_of, run FROM creditwatch.live_runs WHERE as_of < {night:Date}) AS n ON n.run = l.run
WHERE l.customer_id IN {customers:Array(String)}
ORDER BY customer_id, as_of
