-- What became of customers as a night sees them: known before the cut, from published nights (but not earlier runs of the same night) or this run.
CREATE OR REPLACE VIEW creditwatch.ledger_outcomes
AS SELECT outcome_id, customer_id, event, occurred_on, amount, currency, cause, run, source, file, line, row_hash, known_at
FROM creditwatch.outcomes_rows
WHERE known_at < {known_by:DateTime64(3)}
  AND (run = {run:UInt64} OR run IN (SELECT run FROM creditwatch.live_runs WHERE as_of != {night:Date}))
