-- validation_figures: the figures by which the champion is judged at a glance.
-- Grain: one row per test and scope.
SELECT code, scope, value, effect, n, d, light, weak, decided_on, text_en, text_zh
FROM creditwatch.validation_results_rows
WHERE run = {run:UInt64} AND model_id IN (SELECT model_id FROM creditwatch.validations_rows WHERE run = {run:UInt64} AND role != 'challenger')
  AND (code IN ('D01', 'D02') AND scope IN ('book', 'pooled') OR code IN ('C01', 'C02', 'C08', 'C13', 'P01') AND scope = 'book')
ORDER BY code, scope
