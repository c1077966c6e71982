-- Open invoices and unapplied cash of the date; every published night
CREATE OR REPLACE VIEW creditwatch.open_items
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, document_id, kind, invoiced_on, due_on, amount, open_amount, ledger_open_amount, currency, days_past_due, ledger_days_past_due, bucket, disputed, dispute_opened_on, open_base
FROM creditwatch.open_items_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Open invoices and unapplied cash of the date; every published night'
