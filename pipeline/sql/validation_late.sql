-- validation_late: sources whose newest row is older than their configuration allows.
-- Grain: one row per late source.
SELECT scope AS source
FROM creditwatch.checks_rows
WHERE run = {run:UInt64} AND name = 'freshness' AND light = 'amber'
ORDER BY source
