-- warn_orders: orders of 28 days against the same season and against the customer's own year in steps of 28 days. Reporting currency.
-- Grain: one row per customer with an order in two years. A step without an order counts as nought, from the first order on.
WITH
    rates AS
    (
        SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
        FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE valid_on <= {as_of:Date}
        GROUP BY currency
    )
SELECT
    customer_id, toFloat64(now) AS orders_28d,
    if(known_days >= 393 AND season > 0, toFloat64(season), if(notEmpty(steps) AND arraySum(steps) > 0, arrayAvg(steps), NULL)) AS orders_baseline_28d,
    if(length(steps) >= 6, 0.6745 * (toFloat64(now) - middle) / greatest(spread, 0.1 * greatest(middle, arrayAvg(steps)), 1.), NULL) AS orders_zscore_28d
FROM
(
    SELECT
        customer_id, sumIf(base, age < 28) AS now, sumIf(base, age >= 365 AND age < 393) AS season, max(age) AS known_days,
        toUInt8(least(intDiv(greatest(known_days + 1 - 28, 0), 28), 13)) AS whole,
        arrayMap(k -> toFloat64(arraySum(x -> if(x.1 >= 28 * k AND x.1 < 28 * (k + 1), x.2, toDecimal128(0, 4)), groupArray((toInt64(age), base)))), range(1, whole + 1)) AS steps,
        arrayReduce('quantileExactInclusive(0.5)', steps) AS middle,
        arrayReduce('quantileExactInclusive(0.5)', arrayMap(x -> abs(x - middle), steps)) AS spread
    FROM
    (
        SELECT customer_id, dateDiff('day', occurred_on, {as_of:Date}) AS age, assumeNotNull(toDecimal128(round(toFloat64(o.amount) * if(o.currency = {base:String}, 1., r.rate), 4), 4)) AS base
        FROM creditwatch.documents_rows AS o
        LEFT JOIN rates AS r ON r.currency = o.currency
        WHERE run = {run:UInt64} AND kind = 'order' AND status != 'cancelled' AND occurred_on <= {as_of:Date} AND occurred_on > {as_of:Date} - 730
          AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)}) AND (o.currency = {base:String} OR r.rate > 0)
    )
    GROUP BY customer_id
)
