-- warnings_serious: warnings of severity 3 and 4 that people are shown tonight and were not shown as such the night before; at most 40.
-- Grain: one row per warning, worst and dearest first.
SELECT
    opened.customer_id                      AS customer_id,
    ifNull(names.name, '')                  AS name,
    opened.code                             AS code,
    opened.tier                             AS tier,
    opened.severity                         AS severity,
    ifNull(before.severity, 0)              AS severity_before,
    opened.first_seen                       AS first_seen,
    opened.owner                            AS owner,
    opened.action                           AS action,
    opened.due_on                           AS due_on,
    substringUTF8(opened.evidence, 1, 600)  AS evidence,
    opened.text_en                          AS text_en,
    opened.text_zh                          AS text_zh,
    scored.ead                              AS exposure
FROM
(
    SELECT episode_id, customer_id, code, tier, severity, first_seen, owner, action, due_on, evidence, text_en, text_zh
    FROM creditwatch.warnings_rows
    WHERE run = {run:UInt64} AND state = 'open' AND published AND NOT over_budget AND severity >= 3
) AS opened
LEFT JOIN
(
    SELECT episode_id, max(if(over_budget, least(severity, 2), severity)) AS severity
    FROM creditwatch.warnings_rows
    WHERE run = {previous_run:UInt64} AND state = 'open' AND published
    GROUP BY episode_id
) AS before ON before.episode_id = opened.episode_id
LEFT JOIN
(
    SELECT customer_id, ead
    FROM creditwatch.scores_rows
    WHERE run = {run:UInt64}
) AS scored ON scored.customer_id = opened.customer_id
LEFT JOIN
(
    SELECT customer_id, substringUTF8(argMax(name, (known_at, line)), 1, 400) AS name
    FROM creditwatch.ledger_customers(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
) AS names ON names.customer_id = opened.customer_id
WHERE ifNull(before.severity, 0) < 3
ORDER BY severity DESC, exposure DESC NULLS LAST, customer_id, code
LIMIT 40
