-- Exchange rates into the reporting currency as a night sees them: known before the cut, of the runs that count for it: its own and the published runs of other dates.
CREATE OR REPLACE VIEW creditwatch.ledger_fx_rates
AS SELECT currency, valid_on, rate, run, source, file, line, row_hash, known_at
FROM creditwatch.fx_rates_rows
WHERE known_at < {known_by:DateTime64(3)}
  AND run IN {runs:Array(UInt64)}
