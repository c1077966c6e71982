-- whatif_stakes: expected loss and open orders of each customer on a night.
-- Grain: one row per customer.
SELECT l.customer_id AS customer_id, l.expected_loss AS expected_loss, l.shipped_base + l.orders_base AS orders
FROM creditwatch.losses_rows AS l
WHERE l.run = {run:UInt64}
ORDER BY customer_id
