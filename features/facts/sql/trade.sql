-- trade: invoices and orders of customers of a range of numbers, with those of the period before. Reporting currency.
-- Grain: one row per customer and slice (invoices-90, invoices-365, orders-60, orders-365: days; invoice-last, order-last). The period
-- before is the same length just before; of orders-60 the same days a year ago.
WITH
    rates AS
    (
        SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
        FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE valid_on <= {as_of:Date}
        GROUP BY currency
    ),
    documents AS
    (
        SELECT customer_id, toString(kind) AS kind, occurred_on, dateDiff('day', occurred_on, {as_of:Date}) AS age, round(toFloat64(amount) * if(d.currency = {base:String}, 1, r.rate), 4) AS base
        FROM creditwatch.documents_rows AS d
        LEFT JOIN rates AS r ON r.currency = d.currency
        WHERE run = {run:UInt64} AND customer_id >= {first:String} AND customer_id <= {last:String} AND kind IN ('invoice', 'order') AND status != 'cancelled' AND occurred_on <= {as_of:Date}
          AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
    )
SELECT
    customer_id, slice,
    countIf(now)                                                              AS n,
    toDecimal64(sumIf(toDecimal128(ifNull(base, 0), 4), now), 4)              AS amount,
    countIf(NOT now)                                                          AS part,
    toDecimal64(sumIf(toDecimal128(ifNull(base, 0), 4), NOT now), 4)          AS whole,
    maxIf(occurred_on, now)                                                   AS last_on
FROM
(
    SELECT customer_id, base, occurred_on, cut.1 AS slice, cut.2 AS now
    FROM documents
    ARRAY JOIN arrayFilter(s -> s.1 != '', [
        (if(kind = 'invoice' AND age < 180, 'invoices-90', ''), age < 90), (if(kind = 'invoice' AND age < 730, 'invoices-365', ''), age < 365),
        (if(kind = 'order' AND (age < 60 OR age BETWEEN 365 AND 424), 'orders-60', ''), age < 60), (if(kind = 'order' AND age < 730, 'orders-365', ''), age < 365)]) AS cut
    UNION ALL
    SELECT customer_id, base, occurred_on, concat(kind, '-last'), true
    FROM
    (
        SELECT customer_id, kind, base, occurred_on FROM documents ORDER BY customer_id, kind, occurred_on DESC, base DESC LIMIT 1 BY customer_id, kind
    )
)
GROUP BY customer_id, slice
ORDER BY customer_id, slice
