-- Rules that could not be judged, with the number of customers
CREATE TABLE IF NOT EXISTS creditwatch.unjudged_rows
(
    run       UInt64                 COMMENT 'run of the night that computed the row',
    as_of     Date                   COMMENT 'business date of the night',
    code      LowCardinality(String) COMMENT 'indicator of the catalogue',
    reads     String                 COMMENT 'columns that were missing',
    customers UInt64                 COMMENT 'customers not judged',
    judged    UInt64                 COMMENT 'customers judged'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (code)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Rules that could not be judged, with the number of customers'
