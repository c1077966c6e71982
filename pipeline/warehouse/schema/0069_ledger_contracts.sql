-- Contracts as a night sees them: known before the cut, of the runs that count for it: its own and the published runs of other dates.
CREATE OR REPLACE VIEW creditwatch.ledger_contracts
AS SELECT contract_id, customer_id, valid_from, valid_to, terms_days, credit_limit, currency, review_status, guarantee_type, guarantee_amount, guarantee_until, retention_of_title, late_rate, clauses, run, source, file, line, row_hash, known_at
FROM creditwatch.contracts_rows
WHERE known_at < {known_by:DateTime64(3)}
  AND run IN {runs:Array(UInt64)}
