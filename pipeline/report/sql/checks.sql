-- checks: checks of the night that are not green, the worst first; at most 60.
-- Grain: one row per check and scope.
SELECT name, scope, light, severity, toFloat64(rows_judged) AS judged, toFloat64(rows_broken) AS broken, share, example, text_en, text_zh
FROM creditwatch.checks_rows
WHERE run = {run:UInt64} AND light != 'green'
ORDER BY light = 'red' DESC, light = 'amber' DESC, name, scope
LIMIT 60
