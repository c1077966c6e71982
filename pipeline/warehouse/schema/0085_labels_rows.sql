-- What became of customers after training snapshots: the label, and the clause that made it one
CREATE TABLE IF NOT EXISTS creditwatch.labels_rows
(
    run         UInt64                   COMMENT 'run of the night that computed the row',
    as_of       Date                     COMMENT 'business date of the night',
    snapshot    Date                     COMMENT 'date of the training snapshot; a customer without a row for it did not default within the horizon, as far as it is known',
    customer_id String                   COMMENT 'our number of the customer',
    definition  LowCardinality(String)   COMMENT 'default: what the models predict; past_due_60, severe_90 and loss are kept beside it',
    horizon     UInt8                    COMMENT 'months after the snapshot that the label looks ahead',
    occurred_on Date                     COMMENT 'day of the first default after the snapshot',
    month       UInt8                    COMMENT 'month after the snapshot in which it fell, from 1',
    source      LowCardinality(String)   COMMENT 'ledger, or outcomes as reported',
    clause      LowCardinality(String)   COMMENT 'clause of the definition that fired, or the event reported (unlikely to pay)',
    days        Nullable(Int32)          COMMENT 'day counter of the definition that day; null where reported',
    amount      Nullable(Decimal(18, 4)) COMMENT 'amount overdue, written off or reported, reporting currency where from the ledger',
    known_at    DateTime64(3,'UTC')      COMMENT 'when it was known'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (snapshot, customer_id, definition)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What became of customers after training snapshots: the label, and the clause that made it one'
