-- The reports as written; every published night
CREATE OR REPLACE VIEW creditwatch.reports
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, language, file, sha256, content
FROM creditwatch.reports_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'The reports as written; every published night'
