-- validation_stages: checksums of the stages that a run kept before the validation.
-- Grain: one row per stage.
SELECT stage, toString(argMax(checksum, attempt)) AS checksum
FROM creditwatch.stage_runs
WHERE run = {which:UInt64} AND stage IN ('book', 'check', 'news', 'features', 'snapshots', 'train', 'score')
GROUP BY stage
ORDER BY stage
