-- Every invoice of the date, settled or not, with what settled it by then
CREATE TABLE IF NOT EXISTS creditwatch.invoices_rows
(
    run            UInt64                        COMMENT 'run of the night that computed the row',
    as_of          Date                          COMMENT 'business date of the night',
    customer_id    String                        COMMENT 'our number of the customer',
    document_id    String                        COMMENT 'number of the invoice',
    transaction_id String                        COMMENT 'ledger row of the invoice, or of this instalment of it',
    instalments    UInt16                        COMMENT 'instalments that the invoice has; each is a row',
    invoiced_on    Date                          COMMENT 'day of the invoice',
    due_on         Nullable(Date)                COMMENT 'due date',
    amount         Decimal(18, 4)                COMMENT 'amount of the invoice, or of this instalment',
    open_amount    Decimal(18, 4)                COMMENT 'open after all cash, stated or virtually allocated (economic)',
    currency       LowCardinality(String)        COMMENT 'ISO 4217 currency',
    disputed_on    Nullable(Date)                COMMENT 'day of the first dispute of the invoice, open or closed, null = never disputed',
    settled_on     Array(Date)                   COMMENT 'days on which something settled it, rising; the lists below have as many entries',
    settled        Array(Decimal(18, 4))         COMMENT 'how much each settled',
    settled_by     Array(String)                 COMMENT 'transaction_id of the payment, credit note or write-off',
    settled_kind   Array(LowCardinality(String)) COMMENT 'payment, credit_note, write_off',
    settled_method Array(LowCardinality(String)) COMMENT 'reference (stated), amount (exact amount), oldest (oldest due first)'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, document_id, transaction_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Every invoice of the date, settled or not, with what settled it by then'
