-- movers: the 20 customers whose expected loss or PD moved most since the night before, with what moved their score.
-- Grain: one row per customer and part of the change; one row of rank 0 for a customer whose score stood still or was not there on both nights.
WITH moved AS
(
    SELECT
        customer_id,
        maxIf(grade, run = {previous_run:UInt64})             AS grade_before,
        maxIf(grade, run = {run:UInt64})                      AS grade_after,
        maxOrNullIf(pd_12m, run = {previous_run:UInt64})            AS pd_before,
        maxOrNullIf(pd_12m, run = {run:UInt64})                     AS pd_after,
        sumIf(ead, run = {run:UInt64})                              AS exposure,
        sumIf(expected_loss, run = {previous_run:UInt64})           AS el_before,
        sumIf(expected_loss, run = {run:UInt64})                    AS el_after,
        row_number() OVER (ORDER BY abs(el_after - el_before) DESC, customer_id) AS rank_el,
        row_number() OVER (ORDER BY abs(ifNull(pd_after - pd_before, 0)) DESC, customer_id) AS rank_pd
    FROM creditwatch.scores_rows
    WHERE run IN ({run:UInt64}, {previous_run:UInt64})
    GROUP BY customer_id
    HAVING countIf(run = {run:UInt64}) > 0 AND countIf(run = {previous_run:UInt64}) > 0
       AND (el_after != el_before OR ifNull(pd_after != pd_before, false))
),
picked AS
(
    SELECT customer_id, grade_before, grade_after, pd_before, pd_after, exposure, el_before, el_after
    FROM moved
    ORDER BY least(rank_el, rank_pd), rank_el
    LIMIT 20
)
SELECT
    picked.customer_id                                              AS customer_id,
    ifNull(names.name, '')                                          AS name,
    grade_before,
    grade_after,
    pd_before,
    pd_after,
    exposure,
    el_before,
    el_after,
    ifNull(changes.rank, 0)                                         AS rank,
    changes.points                                                  AS points,
    ifNull(changes.text_en, '')                                     AS text_en,
    ifNull(changes.text_zh, '')                                     AS text_zh
FROM picked
LEFT JOIN
(
    SELECT customer_id, substringUTF8(argMax(name, (known_at, line)), 1, 400) AS name
    FROM creditwatch.ledger_customers(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
) AS names ON names.customer_id = picked.customer_id
LEFT JOIN
(
    SELECT customer_id, rank, points, text_en, text_zh
    FROM creditwatch.score_changes_rows
    WHERE run = {run:UInt64} AND customer_id IN (SELECT customer_id FROM picked)
) AS changes ON changes.customer_id = picked.customer_id
ORDER BY el_after - el_before DESC, customer_id, rank
