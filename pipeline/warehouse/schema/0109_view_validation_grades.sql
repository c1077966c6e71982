-- The grades of a validated model: who is in them, what came of the newest mature cohort, where customers went within a year; every published night
CREATE OR REPLACE VIEW creditwatch.validation_grades
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, model_id, place, grade, customers, exposure, pd, customers_initial, exposure_initial, cohort, cohort_customers, cohort_defaults, cohort_pd, moved_from, moved
FROM creditwatch.validation_grades_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'The grades of a validated model: who is in them, what came of the newest mature cohort, where customers went within a year; every published night'
