-- reconciliation: what all customers owe by the sub-ledger, the general ledger and their own word.
-- Grain: one row per currency; the last, without a currency, is the book in the reporting currency.
SELECT
    toString(currency) AS currency, subledger, subledger_base, rounding_base, unapplied_cash + unapplied_credits AS unapplied, to_apply, oldest_unapplied,
    ledger_customers, ledger, ledger_difference, control_on, control, control_difference, confirmed_customers, confirmed, confirmed_difference,
    due_judged, due_unjudged, due_wrong, money_days, free_credit_cost
FROM creditwatch.reconciliation_rows
WHERE run = {run:UInt64} AND customer_id = ''
ORDER BY currency = '', currency
