-- urgent: the ten customers to call first, with their score, their strongest reason and their open warnings.
-- Grain: one row per place on the worklist.
SELECT
    work.rank                         AS rank,
    work.customer_id                  AS customer_id,
    ifNull(names.name, '')            AS name,
    work.open_base                    AS open_base,
    work.overdue_base                 AS overdue_base,
    work.expected_loss                AS expected_loss,
    work.owner                        AS owner,
    work.action                       AS action,
    work.due_on                       AS due_on,
    work.text_en                      AS text_en,
    work.text_zh                      AS text_zh,
    scored.pd_12m                     AS pd,
    ifNull(scored.grade, '')          AS grade,
    ifNull(reasons.text_en, '')       AS reason_en,
    ifNull(reasons.text_zh, '')       AS reason_zh,
    ifNull(open_warnings.open, 0)     AS warnings,
    ifNull(open_warnings.worst, 0)    AS worst
FROM
(
    SELECT rank, customer_id, open_base, overdue_base, expected_loss, owner, action, due_on, text_en, text_zh
    FROM creditwatch.worklist_rows
    WHERE run = {run:UInt64} AND rank <= 10
) AS work
LEFT JOIN
(
    SELECT customer_id, pd_12m, grade
    FROM creditwatch.scores_rows
    WHERE run = {run:UInt64}
) AS scored ON scored.customer_id = work.customer_id
LEFT JOIN
(
    SELECT customer_id, argMin(text_en, rank) AS text_en, argMin(text_zh, rank) AS text_zh
    FROM creditwatch.score_reasons_rows
    WHERE run = {run:UInt64}
    GROUP BY customer_id
) AS reasons ON reasons.customer_id = work.customer_id
LEFT JOIN
(
    SELECT customer_id, count() AS open, max(severity) AS worst
    FROM creditwatch.warnings_rows
    WHERE run = {run:UInt64} AND state = 'open' AND published
    GROUP BY customer_id
) AS open_warnings ON open_warnings.customer_id = work.customer_id
LEFT JOIN
(
    SELECT customer_id, substringUTF8(argMax(name, (known_at, line)), 1, 400) AS name
    FROM creditwatch.ledger_customers(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
) AS names ON names.customer_id = work.customer_id
ORDER BY rank, customer_id
LIMIT 10
