-- Interest that may be claimed on every invoice past due, by the rule that applies; every published night
CREATE OR REPLACE VIEW creditwatch.late_interest
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, contract_id, document_id, invoiced_on, due_on, days_past_due, currency, open_amount, open_base, rule, rate, fixed, interest, interest_base, policy_hash
FROM creditwatch.late_interest_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Interest that may be claimed on every invoice past due, by the rule that applies; every published night'
