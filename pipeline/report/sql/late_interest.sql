-- late_interest: what may be claimed for late payment tonight, by the rule that applies.
-- Grain: one row per rule.
SELECT
    rule,
    count()                AS invoices,
    uniqExact(customer_id) AS customers,
    sum(open_base)         AS open,
    sum(interest_base)     AS interest
FROM creditwatch.late_interest_rows
WHERE run = {run:UInt64}
GROUP BY rule
ORDER BY interest DESC, rule
