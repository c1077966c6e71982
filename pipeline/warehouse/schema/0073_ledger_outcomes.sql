-- What became of customers as a night sees them: known before the cut, of the runs that count for it: its own and the published runs of other dates.
CREATE OR REPLACE VIEW creditwatch.ledger_outcomes
AS SELECT outcome_id, customer_id, event, occurred_on, amount, currency, cause, run, source, file, line, row_hash, known_at
FROM creditwatch.outcomes_rows
WHERE known_at < {known_by:DateTime64(3)}
  AND run IN {runs:Array(UInt64)}
