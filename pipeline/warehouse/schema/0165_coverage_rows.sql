-- How far contacts reach: share of the expected loss that was touched, visits overdue
CREATE TABLE IF NOT EXISTS creditwatch.coverage_rows
(
    run                  UInt64                 COMMENT 'run of the night that computed the row',
    as_of                Date                   COMMENT 'business date of the night',
    scope                LowCardinality(String) COMMENT 'book or owner; the owners add up to the book',
    owner                String                 COMMENT 'person in charge; empty of the book, and of customers without one',
    customers            UInt32                 COMMENT 'customers with an exposure',
    exposure_base        Decimal(18, 4)         COMMENT 'their exposure, reporting currency like all amounts here',
    expected_loss        Decimal(18, 4)         COMMENT 'their expected loss',
    touched_customers    UInt32                 COMMENT 'of them reached within coverage.days',
    touched_loss         Decimal(18, 4)         COMMENT 'expected loss of these',
    touched_share        Nullable(Float64)      COMMENT 'of the expected loss, null where there is none',
    visits_overdue       UInt32                 COMMENT 'customers whose visit is overdue by coverage.visits',
    visits_overdue_loss  Decimal(18, 4)         COMMENT 'expected loss of these',
    visits_overdue_first Array(String)          COMMENT 'of these those with the highest expected loss',
    text_en              String                 COMMENT 'in English',
    text_zh              String                 COMMENT 'in Chinese'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (scope, owner)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'How far contacts reach: share of the expected loss that was touched, visits overdue'
