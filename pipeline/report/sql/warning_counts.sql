-- warning_counts: open warnings, those held back by a suppressor left out.
-- Grain: one row per tier and severity.
SELECT tier, severity, count() AS open, uniqExact(customer_id) AS customers
FROM creditwatch.warnings_rows
WHERE run = {run:UInt64} AND state = 'open' AND suppressed_by = ''
GROUP BY tier, severity
ORDER BY tier, severity
