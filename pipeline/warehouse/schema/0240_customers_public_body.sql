-- Public bodies, whom the law gives time to pay
ALTER TABLE creditwatch.customers_rows
    ADD COLUMN IF NOT EXISTS public_body Nullable(Bool) COMMENT 'state or municipal body, with a statutory payment window; null = not known' AFTER net_worth
