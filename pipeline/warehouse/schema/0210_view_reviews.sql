-- When each customer is to be reviewed; every published night
CREATE OR REPLACE VIEW creditwatch.reviews
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, position, customer_id, owner, grade, months, reviewed_on, counted_from, counted_by, scheduled_on, due_on, pulled_by, planned_on, overdue_days, exposure_base, expected_loss, contacted_on, visited_on, visit_due_on, text_en, text_zh
FROM creditwatch.reviews_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'When each customer is to be reviewed; every published night'
