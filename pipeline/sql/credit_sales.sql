-- credit_sales: what was invoiced and what is planned, by calendar month, in the reporting currency.
-- Grain: one row per customer; months and amounts are lists of one length, months counted from that of the night, those planned from 1000 on.
WITH rates AS
    (
        SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
        FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE valid_on <= {as_of:Date}
        GROUP BY currency
    )
SELECT customer_id, groupArray(toFloat64(ahead)) AS months, groupArray(sold) AS amounts -- in any order: each month is there once
FROM
(
    -- Summed in each currency first: months are far fewer than invoices.
    SELECT customer_id, ahead, toFloat64(sum(toDecimal128(round(toFloat64(m.amount) * if(m.currency = {base:String}, 1, r.rate), 4), 4))) AS sold
    FROM
    (
        SELECT customer_id, dateDiff('month', {as_of:Date}, invoiced_on) AS ahead, currency, sum(d.amount) AS amount
        FROM creditwatch.invoices_rows AS d
        WHERE run = {run:UInt64} AND ahead > -25
        GROUP BY customer_id, ahead, currency
    ) AS m
    LEFT JOIN rates AS r ON r.currency = m.currency
    WHERE m.currency = {base:String} OR r.rate > 0
    GROUP BY customer_id, ahead
    UNION ALL
    SELECT customer_id, 1000 + dateDiff('month', {as_of:Date}, p.month), toFloat64(sum(toDecimal128(round(toFloat64(p.amount) * if(p.currency IN ('', {base:String}), 1, r.rate), 4), 4)))
    FROM
    (
        SELECT customer_id, month, amount, currency
        FROM creditwatch.ledger_sales_plan(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        ORDER BY customer_id, month, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id, month
    ) AS p
    LEFT JOIN rates AS r ON r.currency = p.currency
    WHERE p.month >= toStartOfMonth({as_of:Date}) AND p.month < {as_of:Date} + 366 AND (p.currency IN ('', {base:String}) OR r.rate > 0)
    GROUP BY customer_id, p.month
)
GROUP BY customer_id
ORDER BY customer_id
