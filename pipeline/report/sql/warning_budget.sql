-- warning_budget: how many open warnings people are shown, and how many the analysts' capacity left out.
-- Grain: one row.
SELECT
    count()                                           AS open,
    countIf(published)                                AS shown,
    countIf(over_budget)                              AS left_out,
    uniqExactIf(customer_id, over_budget)             AS left_customers,
    sumIf(greatest(ifNull(expected_saving, 0), 0), over_budget) AS left_saving,
    countIf(NOT published AND snoozed_until IS NOT NULL) AS snoozed,
    countIf(acknowledged_by != '')                    AS acknowledged,
    countIf(escalation_level > 0)                     AS escalated,
    countIf(severity > own_severity AND lifted_by != '') AS lifted
FROM creditwatch.warnings_rows
WHERE run = {run:UInt64} AND state = 'open' AND suppressed_by = ''
