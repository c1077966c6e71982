-- Defaults and cures by the definition of default, derived from the ledger; every published night
CREATE OR REPLACE VIEW creditwatch.default_events
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, event, occurred_on, clause, days, amount, known_at
FROM creditwatch.default_events_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Defaults and cures by the definition of default, derived from the ledger; every published night'
