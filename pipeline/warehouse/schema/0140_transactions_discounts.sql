-- What early payment was worth, and from which account it came
ALTER TABLE creditwatch.transactions_rows
    ADD COLUMN IF NOT EXISTS payer_account String COMMENT 'account the payment came from, empty if not known' AFTER payer,
    ADD COLUMN IF NOT EXISTS discount_offered Nullable(Decimal(18, 4)) COMMENT 'of an invoice: discount for early payment, null = not known' AFTER reason,
    ADD COLUMN IF NOT EXISTS discount_taken Nullable(Decimal(18, 4)) COMMENT 'of a payment: discount it was reduced by, null = not known' AFTER discount_offered
