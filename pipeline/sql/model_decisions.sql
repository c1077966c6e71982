-- model_decisions: what people decided about the champion, as known by the cut, in the order in which it counts.
-- Grain: one row per decision; one sent twice by two processes is one.
SELECT decision_id, kind, model_id, replaces, decided_by, approved_by, reason, decided_at, known_at, previous, code
FROM creditwatch.model_decisions
WHERE known_at < {known_by:DateTime64(3)}
ORDER BY known_at, decided_at, decision_id
LIMIT 1 BY decision_id
