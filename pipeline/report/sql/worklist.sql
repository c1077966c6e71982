-- worklist: how long the worklist is, what it stands for, and what a contact is taken to be worth.
-- Grain: one row.
SELECT
    count() AS customers, sum(overdue_base) AS overdue_base, sum(expected_loss) AS expected_loss, max(left_out) AS left_out,
    any(toString(effect_basis)) AS basis, max(effect_contacts) AS contacts, max(effect_on_default) AS on_default, max(days_earlier) AS days_earlier,
    max(paid_after) AS paid_after, max(paid_without) AS paid_without
FROM creditwatch.worklist_rows
WHERE run = {run:UInt64}
