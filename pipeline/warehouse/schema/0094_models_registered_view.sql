-- Models trained or carried by a run, with what the registry knows of them; every published night
CREATE OR REPLACE VIEW creditwatch.models
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, model_id, learner, role, is_champion, trained_on, horizon_months, fingerprint, note, hash, size, format, code, seed, rows, defaults, window_from, window_to,
    parameters, unseen_from, unseen_modulo, unseen_equals, canaries, champion_since, shadow_since, shadow_nights
FROM creditwatch.models_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Models trained or carried by a run, with what the registry knows of them; every published night'
