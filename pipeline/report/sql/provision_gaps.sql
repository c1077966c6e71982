-- provision_gaps: the 8 customers for which the two provisions differ most.
-- Grain: one row per customer, the largest difference first.
SELECT
    gap.customer_id        AS customer_id,
    ifNull(names.name, '') AS name,
    method,
    open_base              AS open,
    matrix_base            AS matrix,
    model_base             AS model,
    exposure_base          AS by_exposure,
    cover_base             AS by_cover,
    severity_base          AS by_severity,
    probability_base       AS by_probability,
    unscored_base          AS by_unscored
FROM
(
    SELECT customer_id, method, open_base, matrix_base, model_base, exposure_base, cover_base, severity_base, probability_base, unscored_base
    FROM creditwatch.provisions_rows
    WHERE run = {run:UInt64} AND customer_id != '' AND matrix_base != model_base
    ORDER BY abs(model_base - matrix_base) DESC, customer_id
    LIMIT 8
) AS gap
LEFT JOIN
(
    SELECT customer_id, substringUTF8(argMax(name, (known_at, line)), 1, 400) AS name
    FROM creditwatch.ledger_customers(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
) AS names ON names.customer_id = gap.customer_id
ORDER BY abs(model - matrix) DESC, customer_id
