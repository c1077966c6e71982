-- ageing: how old the open invoices are, after all cash is allocated (economic days past due). Reporting currency.
-- Grain: one row per customer with an open invoice.
WITH toFloat64(sum(open)) AS total
SELECT
    customer_id,
    toFloat64(sumIf(open, days_late > 0))                                              AS overdue_base,
    toFloat64(sumIf(open, days_late > 30 AND NOT disputed))                            AS overdue_30d_base,
    toFloat64(sumIf(open, days_late > 60 AND NOT disputed))                            AS overdue_60d_base,
    toFloat64(sumIf(open, days_late > 90))                                             AS overdue_90d_base,
    overdue_base / total                                                AS overdue_share,
    toFloat64(sumIf(open, days_late BETWEEN 1 AND 30)) / total                     AS overdue_1_30_share,
    toFloat64(sumIf(open, days_late BETWEEN 31 AND 60)) / total                    AS overdue_31_60_share,
    toFloat64(sumIf(open, days_late BETWEEN 61 AND 90)) / total                    AS overdue_61_90_share,
    overdue_90d_base / total                                            AS overdue_90d_share,
    toFloat64(sum(toDecimal128(open, 4) * greatest(ifNull(days_late, 0), 0))) / total               AS days_past_due_weighted,
    greatest(max(ifNull(days_late, 0)), 0)                                  AS days_past_due_max,
    count()                                                                 AS open_items_count,
    countIf(days_late > 0)                                                  AS overdue_items_count,
    max(dateDiff('day', invoiced_on, {as_of:Date}))                         AS open_age_days_max,
    toFloat64(sumIf(open, disputed)) / total                                       AS disputed_share,
    toFloat64(sumIf(open, payments > 0)) / total                                   AS part_paid_share
FROM
(
    SELECT customer_id, assumeNotNull(s.open) AS open, days_late, disputed, payments, invoiced_on -- not nullable: a sum of no row is zero, not null
    FROM creditwatch.invoice_states_rows AS s
    WHERE run = {run:UInt64} AND as_of = {as_of:Date} AND settled_on IS NULL AND s.open > 0
)
GROUP BY customer_id
