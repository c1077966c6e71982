-- entries: what people entered, as known by the cut, in the order in which it counts.
-- Grain: one row per entry; one sent twice is one.
SELECT entry_id, kind, customer_id, subject, value, amount, until, entered_by, reason, entered_at, known_at, code
FROM creditwatch.entries
WHERE known_at < {known_by:DateTime64(3)} AND (empty({kinds:Array(String)}) OR has({kinds:Array(String)}, kind))
ORDER BY known_at, entered_at, entry_id
LIMIT 1 BY entry_id
