-- warning_flow: how the open warnings of the night before became tonight's; severity 0 = was or is not open.
-- Grain: one row per tier, severity before, severity after and fate (open, closed, held back: suppressed, snoozed or over budget, cooling, gone).
SELECT tier, severity_before, severity_after, fate, count() AS episodes
FROM
(
    SELECT
        argMax(tier, run = {run:UInt64})                                                                  AS tier,
        maxIf(if(over_budget, least(severity, 2), severity), run = {previous_run:UInt64} AND state = 'open' AND published) AS severity_before,
        maxIf(if(over_budget, least(severity, 2), severity), run = {run:UInt64} AND state = 'open' AND published)          AS severity_after,
        multiIf(severity_after > 0, 'open',
                countIf(run = {run:UInt64} AND state = 'closed') > 0, 'closed',
                countIf(run = {run:UInt64} AND (suppressed_by != '' OR state = 'open')) > 0, 'held',
                countIf(run = {run:UInt64} AND state = 'cooling') > 0, 'cooling',
                'gone')                                                                                   AS fate
    FROM creditwatch.warnings_rows
    WHERE run IN ({run:UInt64}, {previous_run:UInt64})
    GROUP BY episode_id
)
WHERE severity_before > 0 OR severity_after > 0
GROUP BY tier, severity_before, severity_after, fate
ORDER BY tier, severity_before, severity_after, fate
