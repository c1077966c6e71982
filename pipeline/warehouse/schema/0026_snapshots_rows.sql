-- Monthly snapshots of the features for training: built once by the same SQL, cut at their own date
CREATE TABLE IF NOT EXISTS creditwatch.snapshots_rows
(
    run         UInt64 COMMENT 'run of the night that built the snapshot',
    as_of       Date   COMMENT 'snapshot date',
    fingerprint UInt64 COMMENT 'catalogue and SQL the row was built by',
    customer_id String COMMENT 'our number of the customer'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (as_of, customer_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Monthly snapshots of the features for training: built once by the same SQL, cut at their own date'
