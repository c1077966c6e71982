-- quality_trend: score of data quality of tonight and of the published nights before it: weights of the green checks over the weights of all that could be judged, in percent; stop weighs 3, warn 1.
-- Grain: one row per night, at most 28, the newest first.
SELECT as_of, 100 * sumIf(weight, light = 'green') / sumIf(weight, light != 'grey') AS score, countIf(light != 'grey') AS judged, countIf(light = 'green') AS passed, countIf(light = 'grey') AS not_judged
FROM
(
    SELECT as_of, light, if(severity = 'stop', 3, 1) AS weight
    FROM creditwatch.checks_rows
    WHERE severity != '' AND (run = {run:UInt64} OR run IN (SELECT run FROM creditwatch.live_runs WHERE as_of < {as_of:Date}))
)
GROUP BY as_of
HAVING judged > 0
ORDER BY as_of DESC
LIMIT 28
