-- warn_plan: whether the sales plan expects nothing of a customer this month: a planned shutdown.
-- Grain: one row per customer in the plan of the month.
SELECT customer_id, toFloat64(argMax(amount, (known_at, run, line)) = 0) AS shutdown_planned
FROM creditwatch.ledger_sales_plan(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
WHERE month = toStartOfMonth({as_of:Date})
GROUP BY customer_id
