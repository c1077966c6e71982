-- How far contacts reach: share of the expected loss that was touched, visits overdue; every published night
CREATE OR REPLACE VIEW creditwatch.coverage
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, scope, owner, customers, exposure_base, expected_loss, touched_customers, touched_loss, touched_share, visits_overdue, visits_overdue_loss, visits_overdue_first, text_en, text_zh
FROM creditwatch.coverage_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'How far contacts reach: share of the expected loss that was touched, visits overdue; every published night'
