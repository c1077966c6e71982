-- Customer records, one row per version; published rows of all nights
CREATE OR REPLACE VIEW creditwatch.customers
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT customer_id, name, aliases, external_keys, parent_id, industry, region, country, size_class, listed, onboarded_on, owner, terms_days, credit_limit, limit_currency, limit_valid_to, hold_status, insured_limit, insured_until, net_worth, public_body, as_of, source, file, line, known_at
FROM creditwatch.customers_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Customer records, one row per version; published rows of all nights'
