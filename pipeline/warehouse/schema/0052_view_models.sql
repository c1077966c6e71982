-- Models trained or carried by a run, with the artefact; every published night
CREATE OR REPLACE VIEW creditwatch.models
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, model_id, learner, is_champion, trained_on, horizon_months, fingerprint, note
FROM creditwatch.models_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Models trained or carried by a run, with the artefact; every published night'
