-- reviews: the 12 reviews to do first among those late or due within 30 days.
-- Grain: one row per customer, in order of work.
SELECT
    r.customer_id          AS customer_id,
    ifNull(names.name, '') AS name,
    r.owner                AS owner,
    grade,
    due_on,
    pulled_by,
    planned_on,
    overdue_days,
    exposure_base          AS exposure,
    expected_loss,
    contacted_on,
    text_en,
    text_zh
FROM
(
    SELECT position, customer_id, owner, grade, due_on, pulled_by, planned_on, overdue_days, exposure_base, expected_loss, contacted_on, text_en, text_zh
    FROM creditwatch.reviews_rows
    WHERE run = {run:UInt64} AND due_on <= {as_of:Date} + 30
    ORDER BY position
    LIMIT 12
) AS r
LEFT JOIN
(
    SELECT customer_id, substringUTF8(argMax(name, (known_at, line)), 1, 400) AS name
    FROM creditwatch.ledger_customers(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
) AS names ON names.customer_id = r.customer_id
ORDER BY r.position
