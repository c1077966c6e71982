-- validation_stages: checksums of the stages that a run has kept so far.
-- Grain: one row per stage.
SELECT stage, toString(argMax(checksum, attempt)) AS checksum
FROM creditwatch.stage_runs
WHERE run = {which:UInt64}
GROUP BY stage
ORDER BY stage
