-- dunning_items: open invoices that are on the dunning ladder, or soon lose their insurer or lapse.
-- Grain: one row per open invoice or instalment with a due date up to a day.
SELECT
    i.customer_id AS customer_id, i.document_id AS document_id, toString(i.currency) AS currency, i.invoiced_on AS invoiced_on, i.due_on AS due_on,
    i.open_amount AS open_amount, i.ledger_open_amount AS ledger_open_amount, i.open_base AS open_base, i.disputed AS disputed,
    if(s.instalments > 1, s.instalments, toUInt64(1)) AS instalments
FROM creditwatch.open_items_rows AS i
LEFT JOIN
(
    SELECT customer_id, document_id, count() AS instalments
    FROM creditwatch.documents_rows
    WHERE run = {run:UInt64} AND kind = 'invoice' AND status != 'cancelled' AND occurred_on <= {as_of:Date}
      AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
    GROUP BY customer_id, document_id
    HAVING instalments > 1
) AS s ON s.customer_id = i.customer_id AND s.document_id = i.document_id
WHERE i.run = {run:UInt64} AND i.kind = 'invoice' AND i.due_on IS NOT NULL AND i.due_on <= {due_by:Date}
ORDER BY customer_id, due_on, document_id
