-- Whom to call first, by expected money saved; every published night
CREATE OR REPLACE VIEW creditwatch.worklist
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, rank, customer_id, open_base, overdue_base, expected_loss, priority, owner, action, due_on, text_en, text_zh, effect_on_default, days_earlier, effect_basis, effect_contacts, paid_after, paid_without, left_out
FROM creditwatch.worklist_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Whom to call first, by expected money saved; every published night'
