-- When each customer is to be reviewed
CREATE TABLE IF NOT EXISTS creditwatch.reviews_rows
(
    run           UInt64                 COMMENT 'run of the night that computed the row',
    as_of         Date                   COMMENT 'business date of the night',
    position      UInt32                 COMMENT 'order of work, 1 = first',
    customer_id   String                 COMMENT 'our number of the customer',
    owner         String                 COMMENT 'person in charge of the customer',
    grade         LowCardinality(String) COMMENT 'grade, which sets the months',
    months        UInt8                  COMMENT 'months between reviews',
    reviewed_on   Nullable(Date)         COMMENT 'last review that a person entered',
    counted_from  Nullable(Date)         COMMENT 'day from which the months count',
    counted_by    LowCardinality(String) COMMENT 'what happened on it: review, limit (was set), start (of the relationship), unknown',
    scheduled_on  Date                   COMMENT 'next review by grade alone',
    due_on        Date                   COMMENT 'next review, pulled forward where needed',
    pulled_by     LowCardinality(String) COMMENT 'critical_warning, warning, limit_expired, stale; empty if nothing pulled it forward',
    planned_on    Nullable(Date)         COMMENT 'business day that has room for it, null = beyond the days planned',
    overdue_days  UInt32                 COMMENT 'days that it is late tonight',
    exposure_base Decimal(18, 4)         COMMENT 'exposure, reporting currency',
    expected_loss Decimal(18, 4)         COMMENT 'expected loss at stake, reporting currency',
    contacted_on  Nullable(Date)         COMMENT 'last contact that reached somebody',
    visited_on    Nullable(Date)         COMMENT 'last visit',
    visit_due_on  Nullable(Date)         COMMENT 'day by which coverage.visits wants a visit, null = none',
    text_en       String                 COMMENT 'why then, in English',
    text_zh       String                 COMMENT 'why then, in Chinese'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (position)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'When each customer is to be reviewed'
