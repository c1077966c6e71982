-- open: open invoices of customers of a range of numbers, by how late they are, disputed, and settled in part.
-- Grain: one row per customer and slice (all, overdue, 1-30, 31-60, 61-90, 90, disputed, part). Reporting currency.
SELECT
    customer_id, slice,
    count()                             AS n,
    toDecimal64(sum(toDecimal128(open_base, 4)), 4) AS amount,
    toDecimal64(sum(toDecimal128(whole_base, 4)), 4) AS whole,
    min(since)                          AS first_on
FROM
(
    SELECT customer_id, open_base, round(toFloat64(open_base) / toFloat64(open_amount) * toFloat64(amount), 4) AS whole_base, cut.1 AS slice, cut.2 AS since
    FROM creditwatch.open_items_rows
    ARRAY JOIN arrayFilter(s -> s.3, [
        ('all', invoiced_on, true),
        ('overdue', ifNull(due_on, invoiced_on), ifNull(days_past_due > 0, false)),
        ('1-30', ifNull(due_on, invoiced_on), ifNull(days_past_due BETWEEN 1 AND 30, false)),
        ('31-60', ifNull(due_on, invoiced_on), ifNull(days_past_due BETWEEN 31 AND 60, false)),
        ('61-90', ifNull(due_on, invoiced_on), ifNull(days_past_due BETWEEN 61 AND 90, false)),
        ('90', ifNull(due_on, invoiced_on), ifNull(days_past_due > 90, false)),
        ('disputed', ifNull(dispute_opened_on, invoiced_on), disputed),
        ('part', invoiced_on, open_amount < amount)]) AS cut
    WHERE run = {run:UInt64} AND customer_id >= {first:String} AND customer_id <= {last:String} AND kind = 'invoice' AND open_amount > 0
)
GROUP BY customer_id, slice
ORDER BY customer_id, slice
