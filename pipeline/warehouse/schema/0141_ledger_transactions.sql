-- Document events as a night sees them: known before the cut, of the runs that count for it: its own and the published runs of other dates.
CREATE OR REPLACE VIEW creditwatch.ledger_transactions
AS SELECT customer_id, transaction_id, kind, occurred_on, due_on, amount, currency, document_id, applies_to, supersedes, instrument, payer, payer_account, status, reason, discount_offered, discount_taken, run, source, file, line, row_hash, known_at
FROM creditwatch.transactions_rows
WHERE known_at < {known_by:DateTime64(3)}
  AND run IN {runs:Array(UInt64)}
