-- Balances of the general ledger and confirmed by customers; published rows of all nights
CREATE OR REPLACE VIEW creditwatch.balances
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT kind, customer_id, balance_on, currency, amount, reference, status, as_of, source, file, line, known_at
FROM creditwatch.balances_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Balances of the general ledger and confirmed by customers; published rows of all nights'
