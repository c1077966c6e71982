-- removals_pending: rows that retention said it removes and that are still stored, because it was interrupted.
-- Grain: one row per table and run.
SELECT as_of, run, toString(name) AS name, toString(why) AS why
FROM creditwatch.removals
WHERE (concat(name, '_rows'), toString(run)) IN
(
    SELECT table, partition_id FROM system.parts WHERE active AND rows > 0 AND database = 'creditwatch' AND endsWith(table, '_rows')
)
ORDER BY run, name
