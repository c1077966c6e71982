-- red_tests: gates and leakage tests that were red in the validation of a published night.
-- Grain: one row per model and test; the model is empty where the test is about the night.
SELECT DISTINCT model_id, code
FROM creditwatch.validation_results_rows
WHERE run = {run:UInt64} AND light = 'red' AND match(code, '^[GL][0-9]')
ORDER BY model_id, code
