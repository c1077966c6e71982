-- Every document as it was known over time: one row per version; every published night
CREATE OR REPLACE VIEW creditwatch.documents
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, document_id, transaction_id, kind, occurred_on, due_on, amount, currency, applies_to, status, known_from, known_to
FROM creditwatch.documents_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Every document as it was known over time: one row per version; every published night'
