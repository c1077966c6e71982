-- Actions of our own that are in force: what people entered
CREATE OR REPLACE VIEW creditwatch.actions
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT customer_id, subject AS action, amount, until, entered_by, reason, known_at, entry_id
FROM
(
    SELECT customer_id, subject, kind, amount, until, entered_by, reason, known_at, entry_id
    FROM creditwatch.entries
    WHERE kind IN ('action', 'release')
    ORDER BY known_at DESC, entered_at DESC, entry_id DESC
    LIMIT 1 BY customer_id, subject
)
WHERE kind = 'action' AND (until IS NULL OR until >= (SELECT max(as_of) FROM creditwatch.live_runs))
COMMENT 'Actions of our own that are in force: what people entered; the next night heeds them'
