-- warning_counts: open warnings that people are shown. One that has become serious but waits for the analysts' time counts as S2.
-- Grain: one row per tier and severity.
SELECT tier, told AS severity, count() AS open, uniqExact(customer_id) AS customers
FROM
(
    SELECT tier, customer_id, if(over_budget, least(severity, 2), severity) AS told
    FROM creditwatch.warnings_rows
    WHERE run = {run:UInt64} AND state = 'open' AND published
)
GROUP BY tier, told
ORDER BY tier, told
