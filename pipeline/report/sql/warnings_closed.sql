-- warnings_closed: warnings open the night before and closed tonight; at most 20.
-- Grain: one row per warning, the severest first.
SELECT
    closed.customer_id           AS customer_id,
    ifNull(names.name, '')       AS name,
    closed.code                  AS code,
    closed.tier                  AS tier,
    before.severity              AS severity,
    closed.first_seen            AS first_seen,
    closed.text_en               AS text_en,
    closed.text_zh               AS text_zh
FROM
(
    SELECT episode_id, customer_id, code, tier, first_seen, text_en, text_zh
    FROM creditwatch.warnings_rows
    WHERE run = {run:UInt64} AND state = 'closed'
) AS closed
INNER JOIN
(
    SELECT episode_id, max(if(over_budget, least(severity, 2), severity)) AS severity
    FROM creditwatch.warnings_rows
    WHERE run = {previous_run:UInt64} AND state = 'open' AND published
    GROUP BY episode_id
) AS before ON before.episode_id = closed.episode_id
LEFT JOIN
(
    SELECT customer_id, substringUTF8(argMax(name, (known_at, line)), 1, 400) AS name
    FROM creditwatch.ledger_customers(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
) AS names ON names.customer_id = closed.customer_id
ORDER BY severity DESC, customer_id, code
LIMIT 20
