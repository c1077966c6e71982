-- removals_packed: rows of a table that retention said it removes and that still lie in packs, because it was interrupted.
-- Grain: one row per run.
SELECT r.as_of AS as_of, r.run AS run, toString(r.why) AS why, toString(p.pack) AS pack
FROM creditwatch.removals AS r
INNER JOIN
(
    SELECT run, any(era) AS pack FROM creditwatch./*table*/ WHERE era > 0 AND run IN (SELECT run FROM creditwatch.removals WHERE name = {name:String}) GROUP BY run
) AS p ON p.run = r.run
WHERE r.name = {name:String}
ORDER BY run
