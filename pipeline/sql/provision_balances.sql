-- provision_balances: what each customer owes tonight, by currency and ageing bucket.
-- Grain: one row per customer, currency and bucket; cash that settles nothing stands in the bucket unapplied.
SELECT
    o.customer_id AS customer_id, ifNull(c.segment, '') AS segment, toString(o.currency) AS currency, toString(o.bucket) AS bucket,
    toDecimal64(o.open, 4) AS open, toDecimal64(o.open_base, 4) AS open_base
FROM
(
    SELECT customer_id, currency, bucket, sum(open_amount) AS open, sum(i.open_base) AS open_base
    FROM creditwatch.open_items_rows AS i
    WHERE run = {run:UInt64}
    GROUP BY customer_id, currency, bucket
    HAVING open != 0
) AS o
LEFT JOIN
(
    SELECT customer_id, multiIf({segment_by:String} = 'size_class', size_class, {segment_by:String} = 'industry', industry, {segment_by:String} = 'region', region, {segment_by:String} = 'country', country, '') AS segment
    FROM
    (
        SELECT customer_id, toString(size_class) AS size_class, toString(industry) AS industry, toString(region) AS region, toString(country) AS country
        FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        ORDER BY customer_id, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id
    )
) AS c ON c.customer_id = o.customer_id
ORDER BY customer_id, currency, bucket
