-- earlier_champions: champions of published nights before this one, the newest first; a model kept with two contents counts twice.
-- Grain: one row per model and content, at most five.
SELECT model_id, learner, role, is_champion, trained_on, horizon_months, fingerprint, note, artefact, hash, size, format, code, seed, rows, defaults, window_from, window_to,
    parameters, unseen_from, unseen_modulo, unseen_equals, canaries, champion_since, shadow_since, shadow_nights, probe
FROM creditwatch.models_rows
WHERE is_champion AND as_of < {as_of:Date} AND run IN (SELECT run FROM creditwatch.live_runs)
ORDER BY as_of DESC
LIMIT 1 BY model_id, cityHash64(artefact, hash, fingerprint, probe)
LIMIT 5
