-- Customer records as a night sees them: known before the cut, of the runs that count for it: its own and the published runs of other dates.
CREATE OR REPLACE VIEW creditwatch.ledger_customers
AS SELECT customer_id, name, aliases, external_keys, parent_id, industry, region, country, size_class, listed, onboarded_on, owner, terms_days, credit_limit, limit_currency, limit_valid_to, hold_status, insured_limit, insured_until, net_worth, public_body, run, source, file, line, row_hash, known_at
FROM creditwatch.customers_rows
WHERE known_at < {known_by:DateTime64(3)}
  AND run IN {runs:Array(UInt64)}
