-- Open invoices and unapplied cash of the date
CREATE TABLE IF NOT EXISTS creditwatch.open_items_rows
(
    run                  UInt64                 COMMENT 'run of the night that computed the row',
    as_of                Date                   COMMENT 'business date of the night',
    customer_id          String                 COMMENT 'our number of the customer',
    document_id          String                 COMMENT 'number of the invoice, or of the payment for unapplied cash',
    kind                 LowCardinality(String) COMMENT 'invoice, or unapplied (cash without an invoice, negative)',
    invoiced_on          Date                   COMMENT 'day of the invoice',
    due_on               Nullable(Date)         COMMENT 'due date',
    amount               Decimal(18, 4)         COMMENT 'amount of the document',
    open_amount          Decimal(18, 4)         COMMENT 'open after all cash, stated or virtually allocated (economic)',
    ledger_open_amount   Decimal(18, 4)         COMMENT 'open after stated allocations only',
    currency             LowCardinality(String) COMMENT 'ISO 4217 currency',
    days_past_due        Nullable(Int32)        COMMENT 'days past due of the economic open amount, null without a due date',
    ledger_days_past_due Nullable(Int32)        COMMENT 'days past due of the ledger open amount',
    bucket               LowCardinality(String) COMMENT 'not_due, 1-30, 31-60, 61-90, 91-120, 121-180, 181-365, >365, no_due_date, unapplied',
    disputed             Bool                   COMMENT 'an open dispute is known',
    dispute_opened_on    Nullable(Date)         COMMENT 'day the open dispute was raised',
    open_base            Decimal(18, 4)         COMMENT 'open_amount in the reporting currency at the rate known that night'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, document_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Open invoices and unapplied cash of the date'
