-- recon_billed: invoices whose due date is held against the terms: those of the window, and all that are open.
-- Grain: one row per invoice.
SELECT customer_id, document_id, currency, instalments, invoiced_on, due_on, amount, is_open
FROM
(
    SELECT customer_id, document_id, toString(v.currency) AS currency, toUInt64(1) AS instalments, invoiced_on, due_on, amount, open_amount > 0 AS is_open
    FROM creditwatch.invoices_rows AS v
    WHERE run = {run:UInt64} AND v.instalments = 1 AND (invoiced_on > {as_of:Date} - {window:Int64} OR open_amount > 0)
    UNION ALL
    SELECT customer_id, document_id, toString(v.currency) AS currency, count(), min(v.invoiced_on), min(v.due_on), toDecimal64(sum(v.amount), 4), max(v.open_amount > 0)
    FROM creditwatch.invoices_rows AS v
    WHERE run = {run:UInt64} AND v.instalments > 1
    GROUP BY customer_id, document_id, currency
    HAVING min(v.invoiced_on) > {as_of:Date} - {window:Int64} OR max(v.open_amount > 0)
)
ORDER BY customer_id, invoiced_on, document_id, currency, amount
