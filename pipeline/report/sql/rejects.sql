-- rejects: rows refused tonight by source, column and reason, the most frequent first; at most 30 kinds of each source.
-- Grain: one row per source, column and reason. of_source counts all rejects of the source, listed or not.
SELECT source, column, substringUTF8(reason, 1, 300) AS reason, count() AS rows, sum(count()) OVER (PARTITION BY source) AS of_source
FROM creditwatch.rejects_rows
WHERE run = {run:UInt64}
GROUP BY source, column, reason
ORDER BY source, rows DESC, column, reason
LIMIT 30 BY source
