-- models: models trained or carried over tonight, the champion first.
-- Grain: one row per model.
SELECT model_id, learner, is_champion, trained_on, horizon_months, note
FROM creditwatch.models_rows
WHERE run = {run:UInt64}
ORDER BY is_champion DESC, learner, model_id
