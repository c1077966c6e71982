-- disputes: what the customer contests, and whether only once it was due.
-- Grain: one row per customer with an invoice in a year or still open.
SELECT
    customer_id,
    countIf(disputed_on > {as_of:Date} - 365)                                            AS disputes_count_365d,
    toFloat64(sumIf(amount, disputed_on > {as_of:Date} - 365)) / toFloat64(sum(amount))                        AS disputed_share_365d_base,
    if(countIf(disputed_on > {as_of:Date} - 180) > 0,
       countIf(disputed_on > {as_of:Date} - 180 AND disputed_on > due_on) / countIf(disputed_on > {as_of:Date} - 180), NULL) AS late_raised_dispute_share
FROM
(
    SELECT customer_id, assumeNotNull(s.amount) AS amount, disputed_on, due_on -- not nullable: a sum of no row is zero, not null
    FROM creditwatch.invoice_states_rows AS s
    WHERE run = {run:UInt64} AND as_of = {as_of:Date} AND (invoiced_on > {as_of:Date} - 365 OR settled_on IS NULL) AND s.amount > 0
)
GROUP BY customer_id
