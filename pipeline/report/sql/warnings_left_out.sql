-- warnings_left_out: the 8 warnings with the highest expected saving among those that the alarm budget left out tonight.
-- Grain: one row per warning.
SELECT
    w.customer_id          AS customer_id,
    ifNull(names.name, '') AS name,
    code, severity, budget_rank, expected_saving, text_en, text_zh
FROM
(
    SELECT customer_id, code, severity, budget_rank, expected_saving, text_en, text_zh, episode_id
    FROM creditwatch.warnings_rows
    WHERE run = {run:UInt64} AND state = 'open' AND suppressed_by = '' AND over_budget
    ORDER BY expected_saving DESC NULLS LAST, episode_id
    LIMIT 8
) AS w
LEFT JOIN
(
    SELECT customer_id, substringUTF8(argMax(name, (known_at, line)), 1, 400) AS name
    FROM creditwatch.ledger_customers(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
) AS names ON names.customer_id = w.customer_id
ORDER BY expected_saving DESC NULLS LAST, w.episode_id
