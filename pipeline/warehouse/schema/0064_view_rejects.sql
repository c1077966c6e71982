-- Rows refused by the pull, kept whole; every published night
CREATE OR REPLACE VIEW creditwatch.rejects
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT run, as_of, source, file, line, column, reason, raw
FROM creditwatch.rejects_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Rows refused by the pull, kept whole; every published night'
