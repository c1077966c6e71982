-- track_record: how often the warnings of a rule came true, as the last published night had it.
-- Grain: one row per rule; of several versions the one with most alarms of twelve months.
SELECT code, toInt64(max(t.aged_alarms)) AS matured, argMax(t.precision, (t.aged_alarms, t.version)) AS precision
FROM creditwatch.warning_track_record_rows AS t
WHERE run = {previous:UInt64} AND scope = 'code'
GROUP BY code
ORDER BY code
