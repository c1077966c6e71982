-- cover: how much of tonight's exposure credit insurance covers, customer by customer, never more than the exposure.
-- Grain: one row. A limit in a currency without a known rate covers nothing and is counted.
SELECT
    countIf(told IS NOT NULL)                                       AS customers_told,
    countIf(told IS NOT NULL AND rate IS NULL)                      AS customers_unrated,
    sum(least(exposed,
        if(told_until IS NULL OR told_until >= {as_of:Date},
            toDecimal128(ifNull(toDecimal128(told, 4) * rate, 0), 4),
            toDecimal128(0, 4))))                                   AS covered
FROM
(
    SELECT customer_id, toDecimal128(ead, 4) AS exposed
    FROM creditwatch.scores_rows
    WHERE run = {run:UInt64}
) AS scored
LEFT JOIN
(
    SELECT
        customer_id,
        argMax((insured_limit, insured_until, limit_currency), (known_at, line)) AS newest,
        newest.1 AS told,
        newest.2 AS told_until,
        newest.3 AS currency
    FROM creditwatch.ledger_customers(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
) AS cover ON cover.customer_id = scored.customer_id
LEFT JOIN
(
    SELECT currency, toNullable(argMaxIf(rate, (valid_on, known_at), valid_on <= {as_of:Date})) AS rate
    FROM creditwatch.ledger_fx_rates(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY currency
    HAVING currency NOT IN ('', {currency:String}) AND rate > 0
    UNION ALL
    SELECT arrayJoin(['', {currency:String}]) AS currency, toNullable(toDecimal64(1, 8)) AS rate
) AS rates ON rates.currency = cover.currency
