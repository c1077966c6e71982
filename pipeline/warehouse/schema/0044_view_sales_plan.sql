-- Planned sales per customer and month; published rows of all nights
CREATE OR REPLACE VIEW creditwatch.sales_plan
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT customer_id, month, amount, currency, as_of, source, file, line, known_at
FROM creditwatch.sales_plan_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Planned sales per customer and month; published rows of all nights'
