-- warn_ratings: what the worst agency thinks of a customer, as a notch of our own master scale.
-- Grain: one row per customer whom an agency rated in the last 180 days.
SELECT customer_id, toFloat64(arrayCount(x -> max(pd) > x, /*bounds*/)) AS agency_grade_notch
FROM
(
    SELECT customer_id, agency, assumeNotNull(pd) AS pd
    FROM creditwatch.ledger_external_ratings(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)}) AS r
    WHERE rated_on <= {as_of:Date} AND rated_on >= {as_of:Date} - 180 AND r.pd IS NOT NULL
    ORDER BY customer_id, agency, rated_on DESC, known_at DESC, run DESC, line DESC, row_hash
    LIMIT 1 BY customer_id, agency
)
GROUP BY customer_id
