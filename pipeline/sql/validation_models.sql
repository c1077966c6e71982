-- validation_models: the models of a run that can be judged: the champion, then the shadow, then the challengers by their loss on held-out rows.
-- Grain: one row per model.
SELECT m.model_id AS model_id, learner, role, is_champion, trained_on, horizon_months, fingerprint, note, artefact, hash, size, format, code, seed, rows, defaults, window_from, window_to,
    parameters, unseen_from, unseen_modulo, unseen_equals, canaries, champion_since, shadow_since, shadow_nights, probe
FROM creditwatch.models_rows AS m
LEFT JOIN
(
    SELECT model_id, value AS loss FROM creditwatch.model_metrics_rows WHERE run = {which:UInt64} AND sample = 'holdout' AND metric = 'log_loss'
) AS x ON x.model_id = m.model_id
WHERE m.run = {which:UInt64} AND m.artefact != ''
ORDER BY m.is_champion DESC, m.role = 'shadow' DESC, if(x.model_id = '', inf, x.loss), m.model_id
