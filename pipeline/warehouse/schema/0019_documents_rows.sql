-- Every document as it was known over time: one row per version
CREATE TABLE IF NOT EXISTS creditwatch.documents_rows
(
    run            UInt64                        COMMENT 'run of the night that computed the row',
    as_of          Date                          COMMENT 'business date of the night',
    customer_id    String                        COMMENT 'our number of the customer',
    document_id    String                        COMMENT 'number of the document',
    transaction_id String                        COMMENT 'ledger row of this version',
    kind           LowCardinality(String)        COMMENT 'order, invoice, payment, credit_note, refund, dispute, dispute_closed, write_off, recovery',
    occurred_on    Date                          COMMENT 'day of the document',
    due_on         Nullable(Date)                COMMENT 'due date',
    amount         Decimal(18, 4)                COMMENT 'amount of this version',
    currency       LowCardinality(String)        COMMENT 'ISO 4217 currency',
    applies_to     String                        COMMENT 'document it belongs to, empty if none',
    status         LowCardinality(String)        COMMENT 'as in transactions',
    known_from     DateTime64(3,'UTC')           COMMENT 'instant from which this version was known',
    known_to       Nullable(DateTime64(3,'UTC')) COMMENT 'instant from which it no longer held, null = still holds'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, document_id, known_from)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Every document as it was known over time: one row per version'
