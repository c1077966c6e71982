-- Balances of the general ledger and confirmed by customers as a night sees them: known before the cut, of the runs that count for it: its own and the published runs of other dates.
CREATE OR REPLACE VIEW creditwatch.ledger_balances
AS SELECT kind, customer_id, balance_on, currency, amount, reference, status, run, source, file, line, row_hash, known_at
FROM creditwatch.balances_rows
WHERE known_at < {known_by:DateTime64(3)}
  AND run IN {runs:Array(UInt64)}
