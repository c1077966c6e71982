-- validation_footing: the control totals of the night: what the open items and the ledger differ by.
-- Grain: one row.
SELECT sum(abs(ifNull(value, 0) - ifNull(expected, 0))) AS difference, count() AS currencies
FROM creditwatch.checks_rows
WHERE run = {run:UInt64} AND name = 'control_total'
