-- carried_models: champion and shadow of a published night, the champion first.
-- Grain: at most two rows.
SELECT model_id, learner, role, is_champion, trained_on, horizon_months, fingerprint, note, artefact, hash, size, format, code, seed, rows, defaults, window_from, window_to,
    parameters, unseen_from, unseen_modulo, unseen_equals, canaries, champion_since, shadow_since, shadow_nights, probe
FROM creditwatch.models_rows
WHERE run = {run:UInt64} AND (is_champion OR role = 'shadow')
ORDER BY is_champion DESC
