-- cover: how much of tonight's exposure insurers and securities would pay, and what is told of insured limits.
-- Grain: one row. A limit in a currency without a known rate covers nothing and is counted.
SELECT
    sum(told)                       AS customers_told,
    sum(unrated)                    AS customers_unrated,
    sum(total)                      AS total,
    sum(covered)                    AS covered
FROM
(
    SELECT toUInt64(0) AS told, toUInt64(0) AS unrated, sum(total_base) AS total, sum(covered_base) AS covered
    FROM creditwatch.losses_rows
    WHERE run = {run:UInt64}
    UNION ALL
    SELECT countIf(insured IS NOT NULL), countIf(insured IS NOT NULL AND rate IS NULL), toDecimal128(0, 4), toDecimal128(0, 4)
    FROM
    (
        SELECT
            customer_id,
            argMax((insured_limit, limit_currency), (known_at, line)) AS newest,
            newest.1 AS insured,
            newest.2 AS currency
        FROM creditwatch.ledger_customers(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
        GROUP BY customer_id
    ) AS limits
    LEFT JOIN
    (
        SELECT currency, toNullable(argMaxIf(rate, (valid_on, known_at), valid_on <= {as_of:Date})) AS rate
        FROM creditwatch.ledger_fx_rates(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
        GROUP BY currency
        HAVING currency NOT IN ('', {currency:String}) AND rate > 0
        UNION ALL
        SELECT arrayJoin(['', {currency:String}]) AS currency, toNullable(toDecimal64(1, 8)) AS rate
    ) AS rates ON rates.currency = limits.currency
)
