-- Contacts with customers as a night sees them: known before the cut, of the runs that count for it: its own and the published runs of other dates.
CREATE OR REPLACE VIEW creditwatch.ledger_interactions
AS SELECT interaction_id, customer_id, kind, occurred_on, outcome, promised_amount, promised_on, document_id, sentiment, severity, closed_on, owner, run, source, file, line, row_hash, known_at
FROM creditwatch.interactions_rows
WHERE known_at < {known_by:DateTime64(3)}
  AND run IN {runs:Array(UInt64)}
