-- What became of customers: defaults, cures, write-offs, insolvencies, recoveries; published rows of all nights
CREATE OR REPLACE VIEW creditwatch.outcomes
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT outcome_id, customer_id, event, occurred_on, amount, currency, cause, as_of, source, file, line, known_at
FROM creditwatch.outcomes_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'What became of customers: defaults, cures, write-offs, insolvencies, recoveries; published rows of all nights'
