-- Contracts, one row per version; published rows of all nights
CREATE OR REPLACE VIEW creditwatch.contracts
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT contract_id, customer_id, valid_from, valid_to, terms_days, credit_limit, currency, review_status, guarantee_type, guarantee_amount, guarantee_until, retention_of_title, late_rate, clauses, as_of, source, file, line, known_at
FROM creditwatch.contracts_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Contracts, one row per version; published rows of all nights'
