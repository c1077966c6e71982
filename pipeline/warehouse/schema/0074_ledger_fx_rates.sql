-- Exchange rates into the reporting currency as a night sees them: known before the cut, from published nights (but not earlier runs of the same night) or this run.
CREATE OR REPLACE VIEW creditwatch.ledger_fx_rates
AS SELECT currency, valid_on, rate, run, source, file, line, row_hash, known_at
FROM creditwatch.fx_rates_rows
WHERE known_at < {known_by:DateTime64(3)}
  AND (run = {run:UInt64} OR run IN (SELECT run FROM creditwatch.live_runs WHERE as_of != {night:Date}))
