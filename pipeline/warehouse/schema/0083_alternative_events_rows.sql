-- Defaults and cures by definitions kept beside the one that counts, derived from the ledger
CREATE TABLE IF NOT EXISTS creditwatch.alternative_events_rows
(
    run         UInt64                 COMMENT 'run of the night that computed the row',
    as_of       Date                   COMMENT 'business date of the night',
    customer_id String                 COMMENT 'our number of the customer',
    definition  LowCardinality(String) COMMENT 'past_due_60: as the definition of default, at 60 days; severe_90: a tenth of what is open is more than 90 days past due; loss: a write-off above the absolute threshold',
    event       LowCardinality(String) COMMENT 'default or cure',
    occurred_on Date                   COMMENT 'day the counter reached the limit, or probation ended',
    clause      LowCardinality(String) COMMENT 'clause of the definition that fired',
    days        Int32                  COMMENT 'consecutive days past due above both thresholds',
    amount      Decimal(18, 4)         COMMENT 'overdue or written off amount that day, reporting currency',
    known_at    DateTime64(3,'UTC')    COMMENT 'first cut at which it could be known'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, definition, occurred_on)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Defaults and cures by definitions kept beside the one that counts, derived from the ledger'
