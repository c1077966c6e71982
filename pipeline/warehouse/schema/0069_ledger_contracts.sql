-- Contracts as a night sees them: known before the cut, from published nights (but not earlier runs of the same night) or this run.
CREATE OR REPLACE VIEW creditwatch.ledger_contracts
AS SELECT contract_id, customer_id, valid_from, valid_to, terms_days, credit_limit, currency, review_status, guarantee_type, guarantee_amount, guarantee_until, retention_of_title, late_rate, clauses, run, source, file, line, row_hash, known_at
FROM creditwatch.contracts_rows
WHERE known_at < {known_by:DateTime64(3)}
  AND (run = {run:UInt64} OR run IN (SELECT run FROM creditwatch.live_runs WHERE as_of != {night:Date}))
