-- What a contact is taken to be worth, and how many customers the day does not hold
ALTER TABLE creditwatch.worklist_rows
    ADD COLUMN IF NOT EXISTS effect_on_default Float64 COMMENT 'share of the default probability that a contact is taken to take away',
    ADD COLUMN IF NOT EXISTS days_earlier Float64 COMMENT 'days by which a contact is taken to bring overdue money in',
    ADD COLUMN IF NOT EXISTS effect_basis LowCardinality(String) COMMENT 'of both: own_history (of this book, drawn towards the policy) or policy',
    ADD COLUMN IF NOT EXISTS effect_contacts UInt64 COMMENT 'overdue invoices times months with a contact that were seen',
    ADD COLUMN IF NOT EXISTS paid_after Nullable(Float64) COMMENT 'of own_history: share of the overdue amount paid within the month, with a contact',
    ADD COLUMN IF NOT EXISTS paid_without Nullable(Float64) COMMENT 'of own_history: the same without a contact, age by age',
    ADD COLUMN IF NOT EXISTS left_out UInt32 COMMENT 'customers to contact that the capacity of the night does not hold'
