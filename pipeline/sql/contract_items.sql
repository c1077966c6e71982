-- contract_items: open invoices of the night, those without a due date among them.
-- Grain: one row per open invoice or instalment.
SELECT customer_id, document_id, toString(i.currency) AS currency, invoiced_on, due_on, open_amount, i.open_base AS open_base
FROM creditwatch.open_items_rows AS i
WHERE run = {run:UInt64} AND kind = 'invoice'
ORDER BY customer_id, due_on, document_id
