-- validation: the validation of the night's models, the champion first.
-- Grain: one row per model judged, or one that says why none was.
SELECT model_id, role, light, blocks, results, rows, mature, defaults, one_in, horizon_months, bounds_version, note
FROM creditwatch.validations_rows
WHERE run = {run:UInt64}
ORDER BY role = 'challenger', model_id
