-- Defaults and cures by definitions kept beside the one that counts; every published night
CREATE OR REPLACE VIEW creditwatch.alternative_events
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, definition, event, occurred_on, clause, days, amount, known_at
FROM creditwatch.alternative_events_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Defaults and cures by definitions kept beside the one that counts; every published night'
