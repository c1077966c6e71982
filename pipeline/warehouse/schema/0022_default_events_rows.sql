-- Defaults and cures by the definition of default, derived from the ledger
CREATE TABLE IF NOT EXISTS creditwatch.default_events_rows
(
    run         UInt64                 COMMENT 'run of the night that computed the row',
    as_of       Date                   COMMENT 'business date of the night',
    customer_id String                 COMMENT 'our number of the customer',
    event       LowCardinality(String) COMMENT 'default or cure',
    occurred_on Date                   COMMENT 'day the counter reached the limit, or probation ended',
    clause      LowCardinality(String) COMMENT 'clause of the definition that fired',
    days        Int32                  COMMENT 'consecutive days past due above both thresholds',
    amount      Decimal(18, 4)         COMMENT 'overdue amount that day, reporting currency',
    known_at    DateTime64(3,'UTC')    COMMENT 'first cut at which it could be known'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, occurred_on)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Defaults and cures by the definition of default, derived from the ledger'
