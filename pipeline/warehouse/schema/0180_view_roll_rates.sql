-- How open amounts went from ageing bucket to ageing bucket, month to month; every published night
CREATE OR REPLACE VIEW creditwatch.roll_rates
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, segment, from_bucket, to_bucket, months, invoices, balance_base, moved_base, rate, rate_low, rate_high, invoices_left, lifetime_loss, basis
FROM creditwatch.roll_rates_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'How open amounts went from ageing bucket to ageing bucket, month to month; every published night'
