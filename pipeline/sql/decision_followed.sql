-- decision_followed: the decision of a person that a published night followed last.
-- Grain: at most one row.
SELECT decision_id
FROM creditwatch.promotions_rows
WHERE run = {run:UInt64}
ORDER BY seq DESC
LIMIT 1
