-- Score of data quality by night: the weights of the checks that are green over the weights of all that could be judged, in percent; a check that stops weighs 3, one that warns 1; every published night
CREATE OR REPLACE VIEW creditwatch.data_quality
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    as_of,
    100 * sumIf(weight, light = 'green') / sumIf(weight, light != 'grey') AS score,
    countIf(light != 'grey') AS judged,
    countIf(light = 'green') AS passed,
    countIf(light IN ('amber', 'red') AND severity = 'warn') AS warnings,
    countIf(light = 'grey') AS not_judged,
    sum(ifNull(rows_broken, 0)) AS rows_broken
FROM
(
    SELECT as_of, light, severity, rows_broken, if(severity = 'stop', 3, 1) AS weight
    FROM creditwatch.checks_rows
    WHERE severity != '' AND run IN (SELECT run FROM creditwatch.live_runs)
)
GROUP BY as_of
HAVING judged > 0
COMMENT 'Score of data quality by night: the weights of the checks that are green over the weights of all that could be judged, in percent; a check that stops weighs 3, one that warns 1; every published night'
