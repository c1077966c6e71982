-- Rows per source and run: read = accepted + rejected + duplicates; every published night
CREATE OR REPLACE VIEW creditwatch.source_counts
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT run, as_of, source, read, accepted, rejected, left_out, duplicates, corrections, files, newest, took_ms
FROM creditwatch.source_runs_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Rows per source and run: read = accepted + rejected + duplicates; every published night'
