-- dunning_held: what the last published night before this one held back, and since when.
-- Grain: one row per customer, invoice and, for instalments, due date.
SELECT customer_id, document_id, if(instalments > 1, d.due_on, toDate(0)) AS due_on, toString(d.step) AS step, toString(d.reason) AS reason, ifNull(d.held_since, as_of) AS held_since
FROM creditwatch.dunning_rows AS d
WHERE run IN (SELECT run FROM creditwatch.live_runs WHERE as_of < {as_of:Date} ORDER BY as_of DESC LIMIT 1) AND state IN ('suppressed', 'held')
ORDER BY customer_id, document_id, due_on
