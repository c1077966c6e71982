-- Which cash settles which invoice, as it was known over time (append-only log)
CREATE TABLE IF NOT EXISTS creditwatch.allocations_rows
(
    run          UInt64                 COMMENT 'run of the night that computed the row',
    as_of        Date                   COMMENT 'business date of the night',
    customer_id  String                 COMMENT 'our number of the customer',
    invoice_id   String                 COMMENT 'document_id of the invoice',
    source_id    String                 COMMENT 'transaction_id of the payment, credit note or write-off',
    kind         LowCardinality(String) COMMENT 'payment, credit_note, write_off',
    currency     LowCardinality(String) COMMENT 'ISO 4217 currency',
    amount       Decimal(18, 4)         COMMENT 'amount settled; negative takes an earlier allocation back',
    method       LowCardinality(String) COMMENT 'reference (stated), amount (exact amount), oldest (oldest due first)',
    effective_on Date                   COMMENT 'day on which it settles',
    known_at     DateTime64(3,'UTC')    COMMENT 'instant from which it was known'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, invoice_id, known_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Which cash settles which invoice, as it was known over time (append-only log)'
