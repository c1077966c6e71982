-- dunning_totals: the steps of the night, proposed, held back and waited for, and why.
-- Grain: one row per state, reason and step.
SELECT
    state, reason, step, min(channel) AS channel,
    count()                 AS invoices,
    uniqExact(customer_id)  AS customers,
    sum(open_base)          AS open,
    countIf(jumped_by != '') AS jumped
FROM creditwatch.dunning_rows
WHERE run = {run:UInt64}
GROUP BY state, reason, step
ORDER BY indexOf(['proposed', 'suppressed', 'held', 'waiting'], toString(state)), reason, min(days_past_due), step
