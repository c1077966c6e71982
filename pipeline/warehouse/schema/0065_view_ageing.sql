-- Open amount by ageing bucket, currency and night; the sum over buckets is the ledger
CREATE OR REPLACE VIEW creditwatch.ageing
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, currency, bucket, count() AS items, uniqExact(customer_id) AS customers, sum(open_amount) AS open_amount, sum(open_base) AS open_base
FROM creditwatch.open_items_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
GROUP BY as_of, currency, bucket
COMMENT 'Open amount by ageing bucket, currency and night; the sum over buckets is the ledger'
