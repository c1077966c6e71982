-- tonights_model: the champion of this run, or the row that says why there is none.
-- Grain: at most one row.
SELECT model_id, learner, is_champion, note, artefact, fingerprint, hash, code, probe
FROM creditwatch.models_rows
WHERE run = {run:UInt64}
ORDER BY is_champion DESC, role = 'none' DESC, model_id
LIMIT 1
