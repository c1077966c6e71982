-- validation_last: the results of the last published night.
-- Grain: one row per model, test and scope.
SELECT model_id, code, family, scope, value, statistic, p, p_adjusted, q, effect, floor, power, n, d, light, weak, amount, decided_on, cohort, known, bounds_version, text_en, text_zh
FROM creditwatch.validation_results_rows
WHERE run = {previous:UInt64}
ORDER BY model_id, code, scope
