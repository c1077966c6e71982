-- sources: what the pull read tonight.
-- Grain: one row per source.
SELECT source, read, accepted, rejected, left_out, duplicates, corrections, files, newest
FROM creditwatch.source_runs_rows
WHERE run = {run:UInt64}
ORDER BY source
