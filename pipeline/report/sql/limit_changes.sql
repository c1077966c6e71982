-- limit_changes: the 10 limits whose recommendation moved most since the night before, with what moved it.
-- Grain: one row per customer, the largest change first; amounts in the reporting currency at tonight's rate.
SELECT
    moved.customer_id      AS customer_id,
    ifNull(names.name, '') AS name,
    before_base            AS before,
    tonight_base           AS tonight,
    change_base            AS change,
    parts[1]               AS by_need,
    parts[2]               AS by_capacity,
    parts[3]               AS by_risk,
    parts[4]               AS by_rules,
    parts[5]               AS by_rate,
    change_base - arraySum(parts) AS by_rounding,
    binding
FROM
(
    SELECT
        customer_id, binding,
        toDecimal64(round(toFloat64(last_limit) * ifNull(rate, 0), 4), 4)        AS before_base,
        toDecimal64(round(toFloat64(recommended_limit) * ifNull(rate, 0), 4), 4) AS tonight_base,
        tonight_base - before_base                                                AS change_base,
        arrayMap(x -> toDecimal64(round(toFloat64(ifNull(x, 0)) * ifNull(rate, 0), 4), 4),
            [change_need, change_capacity, change_risk, change_rules, change_rate]) AS parts
    FROM creditwatch.limits_rows
    WHERE run = {run:UInt64} AND change != 0 AND last_limit IS NOT NULL AND recommended_limit IS NOT NULL
    ORDER BY abs(change_base) DESC, customer_id
    LIMIT 10
) AS moved
LEFT JOIN
(
    SELECT customer_id, substringUTF8(argMax(name, (known_at, line)), 1, 400) AS name
    FROM creditwatch.ledger_customers(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
) AS names ON names.customer_id = moved.customer_id
ORDER BY abs(change_base) DESC, customer_id
