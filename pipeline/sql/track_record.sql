-- track_record: how often the warnings of a rule came true, as the last published night had it.
-- Grain: one row per rule; of several versions the one with most matured alarms.
SELECT code, toInt64(max(matured)) AS matured, argMax(toNullable(precision), (matured, version)) AS precision
FROM creditwatch.warning_track_record_rows
WHERE run = {previous:UInt64}
GROUP BY code
ORDER BY code
