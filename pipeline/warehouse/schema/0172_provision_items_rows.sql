-- The provision matrix: what is provided for a customer's open amount of a currency and ageing bucket
CREATE TABLE IF NOT EXISTS creditwatch.provision_items_rows
(
    run            UInt64                 COMMENT 'run of the night that computed the row',
    as_of          Date                   COMMENT 'business date of the night',
    customer_id    String                 COMMENT 'our number of the customer',
    segment        LowCardinality(String) COMMENT 'segment by rolls.segment_by',
    currency       LowCardinality(String) COMMENT 'ISO 4217 currency',
    bucket         LowCardinality(String) COMMENT 'ageing bucket as in open_items; unapplied (cash that settles nothing) is negative',
    open_amount    Decimal(18, 4)         COMMENT 'open amount in the currency; by currency and bucket these sum up to open_items',
    open_base      Decimal(18, 4)         COMMENT 'the same in the reporting currency',
    method         LowCardinality(String) COMMENT 'matrix, individual (by the customer''s own figures) or none',
    basis          LowCardinality(String) COMMENT 'what the rate rests on: own, book, policy as in roll_rates, or score',
    rate           Float64                COMMENT 'share of the open amount provided for',
    provision      Decimal(18, 4)         COMMENT 'provision in the currency, to the cent',
    provision_base Decimal(18, 4)         COMMENT 'the same in the reporting currency'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, currency, bucket)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'The provision matrix: what is provided for a customer''s open amount of a currency and ageing bucket'
