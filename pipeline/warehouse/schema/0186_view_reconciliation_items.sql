-- What does not match: balances that differ, credit without an invoice, due dates against the terms; every published night
CREATE OR REPLACE VIEW creditwatch.reconciliation_items
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, currency, kind, document_id, dated_on, age_days, amount, amount_base, is_late, matches, due_on, due_by_terms, terms_days, terms_from, free_days, money_days, cost, action, text_en, text_zh
FROM creditwatch.reconciliation_items_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'What does not match: balances that differ, credit without an invoice, due dates against the terms; every published night'
