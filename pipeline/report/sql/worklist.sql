-- worklist: how long the worklist is and what it stands for.
-- Grain: one row.
SELECT count() AS customers, sum(overdue_base) AS overdue_base, sum(expected_loss) AS expected_loss
FROM creditwatch.worklist_rows
WHERE run = {run:UInt64}
