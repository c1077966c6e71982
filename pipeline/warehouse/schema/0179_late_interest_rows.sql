-- Interest that may be claimed on every invoice past due, by the rule that applies
CREATE TABLE IF NOT EXISTS creditwatch.late_interest_rows
(
    run           UInt64                 COMMENT 'run of the night that computed the row',
    as_of         Date                   COMMENT 'business date of the night, up to which interest has accrued',
    customer_id   String                 COMMENT 'our number of the customer',
    contract_id   String                 COMMENT 'contract the invoice falls under: the newest in force on its day, else the one that ended last before; empty if there was none',
    document_id   String                 COMMENT 'number of the invoice',
    invoiced_on   Date                   COMMENT 'day of the invoice, which decides on contract and statute',
    due_on        Date                   COMMENT 'due date',
    days_past_due UInt32                 COMMENT 'days past due',
    currency      LowCardinality(String) COMMENT 'ISO 4217 currency of the invoice and of its amounts here',
    open_amount   Decimal(18, 4)         COMMENT 'open after all cash; interest is simple, on this amount alone',
    open_base     Decimal(18, 4)         COMMENT 'the same in the reporting currency',
    rule          LowCardinality(String) COMMENT 'contract (agreed rate), name of a rule of the policy''s section statute, or none',
    rate          Float64                COMMENT 'interest a year of 365 days, on average over the days past due',
    fixed         Decimal(18, 4)         COMMENT 'fixed sum of the statute for the cost of collection',
    interest      Decimal(18, 4)         COMMENT 'what may be claimed tonight: open_amount x rate / 365 x days_past_due to the cent, and the fixed sum',
    interest_base Decimal(18, 4)         COMMENT 'the same in the reporting currency at tonight''s rate',
    policy_hash   String                 COMMENT 'SHA-256 of the policy that decided'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, due_on, document_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Interest that may be claimed on every invoice past due, by the rule that applies'
