-- nights_trained: dates of attempts that have taken their model and are not published: a decision made now comes too late for them.
-- Grain: one row per date.
SELECT DISTINCT as_of
FROM creditwatch.stage_runs
WHERE stage = 'train' AND run NOT IN (SELECT run FROM creditwatch.publications)
  AND run IN (SELECT run FROM creditwatch.runs GROUP BY run HAVING argMax(state, (at, state != 'started')) IN ('started', 'interrupted'))
ORDER BY as_of
