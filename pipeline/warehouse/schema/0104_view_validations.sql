-- The validation of a night: its light and what it stood on; every published night
CREATE OR REPLACE VIEW creditwatch.validations
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, model_id, role, light, blocks, results, rows, mature, defaults, one_in, horizon_months, fingerprint, bounds_version, note
FROM creditwatch.validations_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'The validation of a night: its light and what it stood on; every published night'
