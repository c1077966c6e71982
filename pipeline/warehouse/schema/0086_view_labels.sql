-- What became of customers after training snapshots, with the clause that fired; every published night
CREATE OR REPLACE VIEW creditwatch.labels
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, snapshot, customer_id, definition, horizon, occurred_on, month, source, clause, days, amount, known_at
FROM creditwatch.labels_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'What became of customers after training snapshots, with the clause that fired; every published night'
