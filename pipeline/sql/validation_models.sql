-- validation_models: the models of this run that can be judged: the champion, then the challengers by their loss on held-out rows.
-- Grain: one row per model.
SELECT m.model_id AS model_id, toString(m.learner) AS learner, m.is_champion AS is_champion, m.trained_on AS trained_on, m.artefact AS artefact
FROM creditwatch.models_rows AS m
LEFT JOIN
(
    SELECT model_id, value AS loss FROM creditwatch.model_metrics_rows WHERE run = {run:UInt64} AND sample = 'holdout' AND metric = 'log_loss'
) AS x ON x.model_id = m.model_id
WHERE m.run = {run:UInt64} AND m.artefact != ''
ORDER BY m.is_champion DESC, if(x.model_id = '', inf, x.loss), m.model_id
LIMIT 1 BY m.model_id
