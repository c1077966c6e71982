-- validation_initial_last: what models showed when they were first validated, as the last night before this one that knows has it.
-- Grain: one row per model, name, feature and place.
SELECT model_id, validated_on, name, feature, place, figures
FROM creditwatch.validation_initial_rows
WHERE (run, model_id) IN
(
    SELECT argMax(run, as_of), model_id
    FROM creditwatch.validation_initial_rows
    WHERE run IN (SELECT run FROM creditwatch.live_runs WHERE as_of < {night:Date})
    GROUP BY model_id
)
ORDER BY model_id, name, feature, place
