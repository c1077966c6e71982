-- recon_billed: invoices whose due date is held against the terms: those of the window, and all that are open.
-- Grain: one row per invoice, in its newest version.
SELECT d.customer_id AS customer_id, d.document_id AS document_id, toString(d.currency) AS currency, d.instalments AS instalments, d.invoiced_on AS invoiced_on, d.due_on AS due_on, d.amount AS amount, o.document_id IS NOT NULL AS is_open
FROM
(
    SELECT customer_id, document_id, currency, count() AS instalments, min(occurred_on) AS invoiced_on, min(v.due_on) AS due_on, toDecimal64(sum(v.amount), 4) AS amount
    FROM creditwatch.documents_rows AS v
    WHERE run = {run:UInt64} AND kind = 'invoice' AND status != 'cancelled' AND occurred_on <= {as_of:Date}
      AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
    GROUP BY customer_id, document_id, currency, if(document_id = '', transaction_id, '')
) AS d
LEFT JOIN (SELECT DISTINCT customer_id, document_id FROM creditwatch.open_items_rows WHERE run = {run:UInt64} AND kind = 'invoice' AND open_amount > 0) AS o ON o.customer_id = d.customer_id AND o.document_id = d.document_id
WHERE d.invoiced_on > {as_of:Date} - {window:Int64} OR o.document_id IS NOT NULL
ORDER BY customer_id, invoiced_on, document_id, currency, amount
