-- erasure_pending: stages that an erasure was about to change and of which there is no newer record.
-- Grain: one row per run and stage.
SELECT e.run AS run, any(e.as_of) AS as_of, toString(e.stage) AS stage, max(e.attempt) AS attempt
FROM creditwatch.erasure_changes AS e
INNER JOIN
(
    SELECT run, stage, max(attempt) AS newest FROM creditwatch.stage_runs GROUP BY run, stage
) AS s ON s.run = e.run AND s.stage = e.stage
WHERE e.attempt = s.newest
GROUP BY e.run, e.stage
ORDER BY run, stage
