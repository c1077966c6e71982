-- orders: confirmed orders against the customer's own season and rhythm. Reporting currency.
-- Grain: one row per customer with an order in two years.
WITH rates AS
    (
        SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
        FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE valid_on <= {as_of:Date}
        GROUP BY currency
    )
SELECT
    customer_id,
    toFloat64(sumIf(base, age < 60))                                       AS orders_60d,
    if(max(age) >= 420, toFloat64(sumIf(base, age >= 365 AND age < 425)), if(countIf(age >= 60 AND age < 365) > 0, toFloat64(sumIf(base, age >= 60 AND age < 365)) * 60 / 305, NULL)) AS orders_baseline_60d,
    toFloat64(sumIf(base, age < 28))                                       AS orders_28d,
    countIf(age < 365)                                          AS orders_count_365d,
    min(age)                                                    AS days_since_last_order,
    quantileExactIf(0.5)(toNullable(gap), gap > 0 AND age < 365) AS order_gap_median_days,
    if(orders_baseline_60d > 0, orders_60d / orders_baseline_60d, NULL) AS orders_to_baseline_60d,
    if(order_gap_median_days > 0, days_since_last_order / order_gap_median_days, NULL) AS order_silence
FROM
(
    SELECT customer_id, occurred_on, dateDiff('day', occurred_on, {as_of:Date}) AS age, toDecimal128OrNull(toString(round(toFloat64(amount) * if(o.currency = {base:String}, 1, r.rate), 4)), 4) AS base,
           dateDiff('day', lagInFrame(toNullable(occurred_on)) OVER w, occurred_on) AS gap
    FROM creditwatch.documents_rows AS o
    LEFT JOIN rates AS r ON r.currency = o.currency
    WHERE run = {run:UInt64} AND kind = 'order' AND status != 'cancelled' AND occurred_on <= {as_of:Date} AND occurred_on > {as_of:Date} - 730
      AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
    WINDOW w AS (PARTITION BY customer_id ORDER BY occurred_on, document_id)
)
GROUP BY customer_id
