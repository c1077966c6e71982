-- metrics: what monitoring hears of the newest published night and of all runs; counts, times and names of the configuration alone.
-- Grain: one row per metric and labels.
WITH newest AS
(
    SELECT run, as_of, published_at FROM creditwatch.publications
    WHERE run IN (SELECT run FROM creditwatch.live_runs)
    ORDER BY as_of DESC LIMIT 1
)
SELECT 'date' AS metric, '' AS a, '' AS b, toFloat64(toInt64(as_of) * 86400) AS value FROM newest
UNION ALL
SELECT 'published_at', '', '', toFloat64(toUnixTimestamp(published_at)) FROM newest
UNION ALL
SELECT 'nights', '', '', toFloat64(count()) FROM creditwatch.live_runs
UNION ALL
SELECT 'night_seconds', '', '', toFloat64(dateDiff('millisecond', min(at), max(at))) / 1000
FROM creditwatch.runs WHERE run IN (SELECT run FROM newest) HAVING count() > 0
UNION ALL
SELECT 'stage_seconds', toString(stage), '', toFloat64(argMax(took_ms, attempt)) / 1000
FROM creditwatch.stage_runs WHERE run IN (SELECT run FROM newest) GROUP BY stage
UNION ALL
SELECT 'stage_rows', toString(stage), '', toFloat64(argMax(rows, attempt))
FROM creditwatch.stage_runs WHERE run IN (SELECT run FROM newest) GROUP BY stage
UNION ALL
SELECT 'source_rows', toString(source), pair.1, toFloat64(pair.2)
FROM
(
    SELECT source, arrayJoin([('read', sum(read)), ('accepted', sum(accepted)), ('rejected', sum(rejected)), ('duplicates', sum(duplicates))]) AS pair
    FROM creditwatch.source_runs_rows WHERE run IN (SELECT run FROM newest) GROUP BY source
)
UNION ALL
SELECT 'warnings_open', toString(tier), toString(severity), toFloat64(count())
FROM creditwatch.warnings_rows WHERE run IN (SELECT run FROM newest) AND state = 'open' AND published GROUP BY tier, severity
UNION ALL
SELECT 'checks', toString(light), '', toFloat64(count())
FROM creditwatch.checks_rows WHERE run IN (SELECT run FROM newest) GROUP BY light
UNION ALL
SELECT 'quality', '', '', 100 * sumIf(if(severity = 'stop', 3, 1), light = 'green') / sumIf(if(severity = 'stop', 3, 1), light != 'grey')
FROM creditwatch.checks_rows WHERE run IN (SELECT run FROM newest) AND severity != '' HAVING countIf(light != 'grey') > 0
UNION ALL
SELECT 'runs', state, '', toFloat64(count())
FROM (SELECT run, toString(argMax(r.state, (at, r.state != 'started'))) AS state FROM creditwatch.runs AS r GROUP BY run) GROUP BY state
