-- rolls: how open amounts of the book went from ageing bucket to ageing bucket within a month.
-- Grain: one row per bucket at the beginning of a month and where it went.
SELECT from_bucket, to_bucket, months, invoices, balance_base AS balance, moved_base AS moved, rate, lifetime_loss, basis
FROM creditwatch.roll_rates_rows
WHERE run = {run:UInt64} AND segment = ''
ORDER BY from_bucket, to_bucket
