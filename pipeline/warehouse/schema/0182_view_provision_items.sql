-- The provision matrix: what is provided for a customer's open amount of a currency and ageing bucket; every published night
CREATE OR REPLACE VIEW creditwatch.provision_items
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, segment, currency, bucket, open_amount, open_base, method, basis, rate, provision, provision_base
FROM creditwatch.provision_items_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'The provision matrix: what is provided for a customer''s open amount of a currency and ageing bucket; every published night'
