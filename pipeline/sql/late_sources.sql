-- late_sources: sources whose newest row is older than the configuration allows.
-- Grain: one row per source.
SELECT scope AS source
FROM creditwatch.checks_rows
WHERE run = {run:UInt64} AND name = 'freshness' AND light = 'amber'
ORDER BY source
