-- removals_of: what retention removed of some runs.
-- Grain: one row per table and run.
SELECT as_of, run, toString(name) AS name, rows, checksum, toDate(removed_at) AS removed_on
FROM creditwatch.removals
WHERE run IN {runs:Array(UInt64)}
ORDER BY as_of, run, name
