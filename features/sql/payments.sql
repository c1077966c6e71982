-- payments: how late invoices were settled (open overdue ones at their age so far), weighted by amount; the PayIndex.
-- Grain: one row per customer with an invoice settled or overdue in two years.
-- PayIndex: 100 = 30 days early, 80 = on terms, 50 = 30 late, 20 = 120 late, 0 from 240; linear between the knots of the
-- payment-index convention.
WITH
    [-30, -20, 0, 15, 22, 30, 60, 90, 120, 240]  AS late_knots,
    [100, 90, 80, 70, 60, 50, 40, 30, 20, 0]     AS index_knots,
    considered AS
    (
        SELECT
            customer_id, amount, ifNull(settled_on, {as_of:Date}) AS judged_on, settled_on, invoiced_on, due_on,
            assumeNotNull(days_late) AS late,
            toFloat64(least(greatest(late, -30), 240)) AS l,
            arrayFirstIndex(k -> k >= l, late_knots) AS j,
            if(j <= 1, 100., index_knots[j - 1] + (index_knots[j] - index_knots[j - 1]) * (l - late_knots[j - 1]) / (late_knots[j] - late_knots[j - 1])) AS pay_index,
            toDecimal128(amount, 4) * late                     AS late_amount,
            toDecimal128(amount, 4) * toInt32(round(pay_index * 10000)) AS index_amount -- whole ten-thousandths, so that sums do not depend on their order
        FROM creditwatch.invoice_states_rows
        WHERE run = {run:UInt64} AND as_of = {as_of:Date} AND days_late IS NOT NULL AND amount > 0
          AND (settled_on IS NULL OR settled_on > {as_of:Date} - 730)
    ),
    {as_of:Date} - 90  AS d90,
    {as_of:Date} - 365 AS d365
SELECT
    customer_id,
    if(countIf(judged_on > d90) > 0, toFloat64(sumIf(late_amount, judged_on > d90)) / toFloat64(sumIf(amount, judged_on > d90)), NULL)       AS dbt_90d,
    if(countIf(judged_on > d365) > 0, toFloat64(sumIf(late_amount, judged_on > d365)) / toFloat64(sumIf(amount, judged_on > d365)), NULL)    AS dbt_365d,
    dbt_90d - dbt_365d                                                                                                    AS dbt_change,
    countIf(settled_on > d90)                                                                                             AS invoices_settled_count_90d,
    countIf(settled_on > d365)                                                                                            AS invoices_settled_count_365d,
    if(countIf(judged_on > d365) >= 6,
       0.6745 * (dbt_90d - toFloat64(quantileExactIf(0.5)(late, judged_on > d365)))
       / greatest(toFloat64(arrayReduce('quantileExact(0.5)', arrayMap(x -> abs(x - quantileExactIf(0.5)(late, judged_on > d365)), groupArrayIf(late, judged_on > d365)))), 2.), NULL) AS dbt_zscore_90d,
    if(countIf(judged_on > d90) > 0, toFloat64(sumIf(index_amount, judged_on > d90)) / toFloat64(sumIf(amount, judged_on > d90)) / 10000, NULL)    AS pay_index_90d,
    if(countIf(judged_on > d365) > 0, toFloat64(sumIf(index_amount, judged_on > d365)) / toFloat64(sumIf(amount, judged_on > d365)) / 10000, NULL) AS pay_index_365d,
    pay_index_90d - pay_index_365d                                                                                        AS pay_index_change,
    if(countIf(judged_on > d90) > 0, countIf(judged_on > d90 AND late > 0) / countIf(judged_on > d90), NULL)               AS late_share_90d,
    if(countIf(judged_on > d365) > 0, countIf(judged_on > d365 AND late > 0) / countIf(judged_on > d365), NULL)            AS late_share_365d,
    countIf(late > 0) / count()                                                                                           AS late_share_730d,
    if(countIf(judged_on > d365) > 0, countIf(judged_on > d365 AND late > 30) / countIf(judged_on > d365), NULL)           AS late_30d_share_365d,
    if(countIf(settled_on > d90) > 0, avgIf(dateDiff('day', invoiced_on, assumeNotNull(settled_on)), settled_on > d90), NULL)    AS days_to_pay_90d,
    if(countIf(settled_on > d365) > 0, avgIf(dateDiff('day', invoiced_on, assumeNotNull(settled_on)), settled_on > d365), NULL)  AS days_to_pay_365d,
    if(countIf(judged_on > d365) > 0, maxIf(late, judged_on > d365), NULL)                                                AS days_late_max_365d,
    if(countIf(judged_on > d365) > 1, sqrt((sumIf(toInt64(late) * late, judged_on > d365) - pow(sumIf(toInt64(late), judged_on > d365), 2) / countIf(judged_on > d365)) / (countIf(judged_on > d365) - 1)), NULL)                                         AS days_late_stddev_365d,
    argMaxIf(toNullable(late), (settled_on, due_on), settled_on IS NOT NULL)                                              AS days_late_last
FROM considered
GROUP BY customer_id
