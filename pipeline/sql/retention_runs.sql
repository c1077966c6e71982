-- retention_runs: the runs that were ever published, with when another one took their place.
-- Grain: one row per run. Zero milliseconds: readers see it.
SELECT p.run AS run, any(p.as_of) AS as_of, toInt64(if(any(l.run) = p.run, 0, toUnixTimestamp64Milli(max(l.published_at)))) AS replaced_at
FROM creditwatch.publications AS p
INNER JOIN
(
    SELECT as_of, argMax(q.run, (q.fence, q.run)) AS run, argMax(q.published_at, (q.fence, q.run)) AS published_at
    FROM creditwatch.publications AS q
    GROUP BY as_of
) AS l ON l.as_of = p.as_of
GROUP BY p.run
ORDER BY as_of, run
