-- Every invoice of the date, settled or not, with what settled it by then; every published night
CREATE OR REPLACE VIEW creditwatch.invoices
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, document_id, transaction_id, instalments, invoiced_on, due_on, amount, open_amount, currency, disputed_on, settled_on, settled, settled_by, settled_kind, settled_method
FROM creditwatch.invoices_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Every invoice of the date, settled or not, with what settled it by then; every published night'
