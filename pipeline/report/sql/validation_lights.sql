-- validation_lights: tests of the champion and of the night by family and light.
-- Grain: one row per family and light; weak = amber only because the data could hardly have shown more.
SELECT family, light, weak, count() AS tests
FROM creditwatch.validation_results_rows
WHERE run = {run:UInt64} AND model_id IN (SELECT model_id FROM creditwatch.validations_rows WHERE run = {run:UInt64} AND role != 'challenger')
GROUP BY family, light, weak
ORDER BY family, light, weak
