-- check_lights: checks of the night by light.
-- Grain: one row per light.
SELECT light, count() AS checks
FROM creditwatch.checks_rows
WHERE run = {run:UInt64}
GROUP BY light
ORDER BY light
