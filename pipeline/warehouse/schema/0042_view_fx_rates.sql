-- Exchange rates into the reporting currency; published rows of all nights
CREATE OR REPLACE VIEW creditwatch.fx_rates
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT currency, valid_on, rate, as_of, source, file, line, known_at
FROM creditwatch.fx_rates_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Exchange rates into the reporting currency; published rows of all nights'
