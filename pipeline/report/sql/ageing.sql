-- ageing: open amount by currency and bucket.
-- Grain: one row per currency and bucket. open_base is in the reporting currency.
-- Readers: SELECT currency, bucket, items, customers, open_amount, open_base FROM creditwatch.ageing WHERE as_of = {as_of:Date} ORDER BY currency, bucket
SELECT
    currency,
    bucket,
    count()                 AS items,
    uniqExact(customer_id)  AS customers,
    sum(open_amount)        AS open_amount,
    sum(open_base)          AS open_base
FROM creditwatch.open_items_rows
WHERE run = {run:UInt64}
GROUP BY currency, bucket
ORDER BY currency, bucket
