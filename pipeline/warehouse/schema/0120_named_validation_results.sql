-- Results of the validation pack: a test on a scope, with its names and its light; every published night
CREATE OR REPLACE VIEW creditwatch.validation_results
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, model_id, code, family, scope, name_en, name_zh, value, statistic, p, p_adjusted, q, effect, floor, power, n, d, light, weak, amount, decided_on, cohort, known, bounds_version, text_en, text_zh
FROM creditwatch.validation_results_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Results of the validation pack: a test on a scope, with its names and its light; every published night'
