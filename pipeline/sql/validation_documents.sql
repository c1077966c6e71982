-- validation_documents: the ledger of some customers as this night knows it, in the order in which the book reads it.
-- Grain: one row per document event.
SELECT customer_id, transaction_id, kind, occurred_on, due_on, amount, currency, document_id, applies_to, supersedes, status, known_at
FROM creditwatch.ledger_transactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
WHERE customer_id IN {customers:Array(String)}
ORDER BY customer_id, known_at, occurred_on, transaction_id, run, line
