-- What customers owe by the sub-ledger, by the general ledger and by their own word; every published night
CREATE OR REPLACE VIEW creditwatch.reconciliation
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, currency, invoices, unapplied_cash, unapplied_credits, open_refunds, subledger, subledger_base, rounding_base, to_apply, oldest_unapplied, ledger_customers, ledger_on, ledger, ledger_ours, ledger_difference, ledger_booked_since, ledger_state, control_on, control, control_ours, control_difference, control_state, confirmed_customers, confirmed_on, confirmed, confirmed_ours, confirmed_difference, confirmed_booked_since, confirmed_state, due_judged, due_unjudged, due_wrong, money_days, free_credit_cost, text_en, text_zh
FROM creditwatch.reconciliation_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'What customers owe by the sub-ledger, by the general ledger and by their own word; every published night'
