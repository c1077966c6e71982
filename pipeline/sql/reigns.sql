-- reigns: the models that scored the published nights, in order, with the decision of a person that the last of them followed.
-- Grain: one row per stretch of nights that one model scored.
SELECT l.live_from AS live_from, l.model_id AS model_id, p.decision_id AS decision_id
FROM creditwatch.live_models AS l
CROSS JOIN
(
    SELECT argMax(decision_id, (as_of, seq)) AS decision_id
    FROM creditwatch.promotions_rows
    WHERE run IN (SELECT argMax(run, as_of) FROM creditwatch.live_runs)
) AS p
WHERE notEmpty(l.model_id)
ORDER BY live_from
