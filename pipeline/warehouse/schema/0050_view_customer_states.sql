-- The definition-of-default counter of each customer on the date; every published night
CREATE OR REPLACE VIEW creditwatch.customer_states
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, default_days, overdue_amount, in_default
FROM creditwatch.customer_states_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'The definition-of-default counter of each customer on the date; every published night'
