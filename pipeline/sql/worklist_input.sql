-- worklist_input: what is needed to rank a contact: what is owed, what may be lost, what was warned of.
-- Grain: one row per customer that owes something.
SELECT
    f.customer_id AS customer_id,
    toDecimal64(ifNull(f.open_base, 0) + 0.00005, 4) AS open_base, -- half a unit more, for toDecimal64 cuts off
    toDecimal64(ifNull(f.overdue_base, 0) + 0.00005, 4) AS overdue_base,
    toInt32(ifNull(f.days_past_due_max, 0)) AS days_past_due_max,
    ifNull(f.promise_pending, 0) = 1 AS promise_pending,
    s.ead AS ead, s.lgd AS lgd, s.expected_loss AS expected_loss, s.pd_12m AS pd_12m, ifNull(s.pd_12m = 1, 0) AS in_default,
    ifNull(w.severity, 0) AS severity,
    w.codes AS codes,
    ifNull(w.action, '') AS action,
    ifNull(c.owner, '') AS owner
FROM creditwatch.features_rows AS f
INNER JOIN
(
    SELECT customer_id, ead, lgd, expected_loss, pd_12m FROM creditwatch.scores_rows WHERE run = {run:UInt64}
) AS s ON s.customer_id = f.customer_id
LEFT JOIN
(
    SELECT customer_id, max(v.severity) AS severity, arraySort(groupArray(toString(v.code))) AS codes, argMax(v.action, (v.severity, v.code)) AS action
    FROM creditwatch.warnings_rows AS v
    WHERE run = {run:UInt64} AND state = 'open' AND suppressed_by = '' AND snoozed_until IS NULL
    GROUP BY customer_id
) AS w ON w.customer_id = f.customer_id
LEFT JOIN
(
    SELECT customer_id, argMax(owner, (known_at, run, line)) AS owner
    FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
) AS c ON c.customer_id = f.customer_id
WHERE f.run = {run:UInt64} AND ifNull(f.open_base, 0) > 0
ORDER BY customer_id
