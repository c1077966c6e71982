-- champion: the model that scored a published night.
-- Grain: at most one row.
SELECT model_id, learner, trained_on, horizon_months, fingerprint, artefact
FROM creditwatch.models_rows
WHERE run = {run:UInt64} AND is_champion
