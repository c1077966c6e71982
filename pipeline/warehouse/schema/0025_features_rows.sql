-- One row per customer: every feature of the catalogue
CREATE TABLE IF NOT EXISTS creditwatch.features_rows
(
    run         UInt64 COMMENT 'run of the night that computed the row',
    as_of       Date   COMMENT 'business date of the night',
    customer_id String COMMENT 'our number of the customer'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'One row per customer: every feature of the catalogue'
