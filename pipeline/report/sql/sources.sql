-- sources: what the pull read tonight.
-- Grain: one row per source.
SELECT source, read, accepted, rejected, duplicates, corrections, files, newest
FROM creditwatch.source_runs_rows
WHERE run = {run:UInt64}
ORDER BY source
