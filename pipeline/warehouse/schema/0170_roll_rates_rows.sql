-- How open amounts went from ageing bucket to ageing bucket, month to month
CREATE TABLE IF NOT EXISTS creditwatch.roll_rates_rows
(
    run           UInt64                 COMMENT 'run of the night that computed the row',
    as_of         Date                   COMMENT 'business date of the night',
    segment       LowCardinality(String) COMMENT 'segment of customers by rolls.segment_by, empty = the book',
    from_bucket   LowCardinality(String) COMMENT 'ageing bucket at the beginning of a month',
    to_bucket     LowCardinality(String) COMMENT 'bucket a month later, paid or written_off',
    months        UInt16                 COMMENT 'months in which anything was in from_bucket',
    invoices      UInt64                 COMMENT 'invoices seen in from_bucket, once per month',
    balance_base  Decimal(18, 4)         COMMENT 'their open amounts, summed over the months, reporting currency at the rates of the night',
    moved_base    Decimal(18, 4)         COMMENT 'part of it that was in to_bucket a month later',
    rate          Float64                COMMENT 'moved_base / balance_base',
    rate_low      Float64                COMMENT 'lowest of a single month',
    rate_high     Float64                COMMENT 'highest of a single month',
    invoices_left UInt64                 COMMENT 'invoices that left from_bucket',
    lifetime_loss Float64                COMMENT 'share of from_bucket that is written off in the end, before recoveries; the same in every row of from_bucket',
    basis         LowCardinality(String) COMMENT 'what lifetime_loss rests on: own (the segment''s rolls), book, policy (rolls.prior: too little was seen)'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (segment, from_bucket, to_bucket)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'How open amounts went from ageing bucket to ageing bucket, month to month'
