-- What became of customers: defaults, cures, write-offs, insolvencies, recoveries
CREATE TABLE IF NOT EXISTS creditwatch.outcomes_rows
(
    outcome_id  String                   COMMENT 'number of the outcome',
    customer_id String                   COMMENT 'our number of the customer',
    event       LowCardinality(String)   COMMENT 'default, cure, write_off, insolvency, legal, recovery',
    occurred_on Date                     COMMENT 'day it happened',
    amount      Nullable(Decimal(18, 4)) COMMENT 'amount concerned',
    currency    LowCardinality(String)   COMMENT 'ISO 4217 currency, empty = reporting currency',
    cause       String                   COMMENT 'cause as stated',
    run         UInt64                   COMMENT 'run that accepted the row; rows count once that run is published',
    as_of       Date                     COMMENT 'business date of the night that first read the row',
    source      LowCardinality(String)   COMMENT 'source of the configuration that delivered the row',
    file        String                   COMMENT 'file or address the row came from',
    line        UInt64                   COMMENT 'line of the file (first line is 1), or the entry''s number',
    row_hash    UInt128                  COMMENT 'identity of the row''s content, by which a second delivery is known',
    known_at    DateTime64(3,'UTC')      COMMENT 'instant at which we learnt the row; no earlier night sees it'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, occurred_on)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What became of customers: defaults, cures, write-offs, insolvencies, recoveries'
