-- Contacts with customers: calls, visits, complaints, promises, requests; published rows of all nights
CREATE OR REPLACE VIEW creditwatch.interactions
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT interaction_id, customer_id, kind, occurred_on, outcome, promised_amount, promised_on, document_id, sentiment, severity, closed_on, owner, as_of, source, file, line, known_at
FROM creditwatch.interactions_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Contacts with customers: calls, visits, complaints, promises, requests; published rows of all nights'
