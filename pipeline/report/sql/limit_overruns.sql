-- limit_overruns: the 10 customers that owe most beyond their limit in force.
-- Grain: one row per customer, the largest overrun first.
SELECT
    over.customer_id         AS customer_id,
    ifNull(names.name, '')   AS name,
    scored.pd_12m            AS pd,
    ifNull(scored.grade, '') AS grade,
    exposure_base            AS exposure,
    in_force_base            AS in_force,
    overrun_base             AS overrun,
    recommended_base         AS recommended,
    binding,
    advice,
    is_expired,
    valid_to
FROM
(
    SELECT customer_id, exposure_base, in_force_base, -headroom_base AS overrun_base, recommended_base, binding, advice, is_expired, valid_to
    FROM creditwatch.limits_rows
    WHERE run = {run:UInt64} AND headroom_base < 0
    ORDER BY overrun_base DESC, customer_id
    LIMIT 10
) AS over
LEFT JOIN
(
    SELECT customer_id, pd_12m, grade
    FROM creditwatch.scores_rows
    WHERE run = {run:UInt64}
) AS scored ON scored.customer_id = over.customer_id
LEFT JOIN
(
    SELECT customer_id, substringUTF8(argMax(name, (known_at, line)), 1, 400) AS name
    FROM creditwatch.ledger_customers(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
) AS names ON names.customer_id = over.customer_id
ORDER BY overrun DESC, customer_id
