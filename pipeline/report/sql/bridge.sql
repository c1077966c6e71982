-- bridge: expected loss of the night before led over to tonight's, cause by cause.
-- Grain: one row. Exposure first, then loss given default, the rest is PD, so that the causes add up to the cent.
SELECT
    countIf(before = 0)                                             AS customers_new,
    countIf(after = 0)                                              AS customers_left,
    sum(el_before)                                                  AS opening,
    sumIf(el_after, before = 0)                                     AS by_new,
    -sumIf(el_before, after = 0)                                    AS by_left,
    sumIf(el_exposure - el_before, before > 0 AND after > 0)        AS by_exposure,
    sumIf(el_lgd - el_exposure, before > 0 AND after > 0)           AS by_lgd,
    sumIf(el_after - el_lgd, before > 0 AND after > 0)              AS by_pd,
    sum(el_after)                                                   AS closing
FROM
(
    SELECT
        countIf(run = {previous_run:UInt64})                        AS before,
        countIf(run = {run:UInt64})                                 AS after,
        sumIf(expected_loss, run = {previous_run:UInt64})           AS el_before,
        sumIf(expected_loss, run = {run:UInt64})                    AS el_after,
        toFloat64(sumIf(ead, run = {previous_run:UInt64}))          AS ead_before,
        toFloat64(sumIf(ead, run = {run:UInt64}))                   AS ead_after,
        sumIf(lgd, run = {previous_run:UInt64})                     AS lgd_before,
        sumIf(lgd, run = {run:UInt64})                              AS lgd_after,
        if(ead_before > 0, toDecimal128(toFloat64(el_before) * ead_after / greatest(ead_before, 0.0001), 4), el_after) AS el_exposure,
        if(ead_before > 0 AND lgd_before > 0, toDecimal128(toFloat64(el_exposure) * lgd_after / greatest(lgd_before, 1e-9), 4), el_exposure) AS el_lgd
    FROM creditwatch.scores_rows
    WHERE run IN ({run:UInt64}, {previous_run:UInt64})
    GROUP BY customer_id
)
