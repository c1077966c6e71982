-- Document events: orders, invoices, payments and what corrects them; published rows of all nights
CREATE OR REPLACE VIEW creditwatch.transactions
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT customer_id, transaction_id, kind, occurred_on, due_on, amount, currency, document_id, applies_to, supersedes, instrument, payer, payer_account, status, reason, discount_offered, discount_taken, as_of, source, file, line, known_at
FROM creditwatch.transactions_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Document events: orders, invoices, payments and what corrects them; published rows of all nights'
