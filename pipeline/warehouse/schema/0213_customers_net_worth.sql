-- Net worth of customers, of which one supplier may stand for a share
ALTER TABLE creditwatch.customers_rows
    ADD COLUMN IF NOT EXISTS net_worth Nullable(Decimal(18, 4)) COMMENT 'net worth by the newest accounts, in limit_currency' AFTER insured_until
