-- Checks of a night: contract, freshness, volume, control totals; every published night
CREATE OR REPLACE VIEW creditwatch.checks
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, name, scope, light, value, expected, text_en, text_zh, source, severity, rows_judged, rows_broken, share, example
FROM creditwatch.checks_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Checks of a night: contract, freshness, volume, control totals; every published night'
