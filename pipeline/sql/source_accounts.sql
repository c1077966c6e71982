-- source_accounts: what became of the rows of each source.
-- Grain: one row per source of the run.
SELECT source, read, accepted + rejected + duplicates AS accounted, rejected, files, newest
FROM creditwatch.source_runs_rows
WHERE run = {run:UInt64}
ORDER BY source
