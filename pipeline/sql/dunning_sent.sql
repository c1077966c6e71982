-- dunning_sent: the newest step that an earlier published night proposed for an invoice that is still open.
-- Grain: one row per customer, invoice and due date, and one without due date for invoices that were no instalments.
SELECT customer_id, document_id, key_due AS due_on, argMax(d.step, (as_of, step_day)) AS step, max(as_of) AS sent_on
FROM
(
    SELECT customer_id, document_id, arrayJoin(if(instalments > 1, [due_on], [due_on, toDate(0)])) AS key_due, as_of, toString(e.step) AS step, days_past_due AS step_day
    FROM creditwatch.dunning_rows AS e
    WHERE run IN (SELECT run FROM creditwatch.live_runs WHERE as_of < {as_of:Date}) AND state = 'proposed'
) AS d
INNER JOIN
(
    SELECT DISTINCT customer_id, document_id FROM creditwatch.open_items_rows WHERE run = {run:UInt64} AND kind = 'invoice'
) AS o ON o.customer_id = d.customer_id AND o.document_id = d.document_id
GROUP BY customer_id, document_id, key_due
ORDER BY customer_id, document_id, due_on
