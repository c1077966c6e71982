-- holds: recommendations to stop deliveries, those with the most expected loss first, at most 12; up to 5 that somebody may approve and 5 releases.
-- Grain: one row per customer.
SELECT
    picked.customer_id     AS customer_id,
    ifNull(names.name, '') AS name,
    recommend,
    since,
    exposure_base          AS exposure,
    in_force_base          AS in_force,
    overrun_base           AS overrun,
    blocked_base           AS blocked,
    loss_avoided,
    margin_lost,
    evidence_grade,
    approver,
    approver_zh,
    substringUTF8(bypass, 1, 400) AS bypass,
    text_en,
    text_zh
FROM
(
    SELECT
        customer_id, recommend, since, exposure_base, in_force_base, overrun_base, blocked_base, loss_avoided, margin_lost, evidence_grade, approver, approver_zh, bypass, text_en, text_zh,
        row_number() OVER (PARTITION BY recommend ORDER BY loss_avoided DESC NULLS LAST, exposure_base DESC, customer_id) AS place
    FROM creditwatch.holds_rows
    WHERE run = {run:UInt64}
) AS picked
LEFT JOIN
(
    SELECT customer_id, substringUTF8(argMax(name, (known_at, line)), 1, 400) AS name
    FROM creditwatch.ledger_customers(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
) AS names ON names.customer_id = picked.customer_id
WHERE place <= if(recommend = 'hold', 12, 5)
ORDER BY indexOf(['hold', 'approve', 'release'], toString(recommend)), place
