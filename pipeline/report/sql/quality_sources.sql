-- quality_sources: checks of tonight by the source they are about, with the score of each by the same formula as the night's.
-- Grain: one row per source with a check that could be judged.
SELECT source, countIf(light != 'grey') AS judged, countIf(light = 'green') AS passed, 100 * sumIf(if(severity = 'stop', 3, 1), light = 'green') / sumIf(if(severity = 'stop', 3, 1), light != 'grey') AS score
FROM creditwatch.checks_rows
WHERE run = {run:UInt64} AND source != '' AND severity != ''
GROUP BY source
HAVING judged > 0
ORDER BY source
