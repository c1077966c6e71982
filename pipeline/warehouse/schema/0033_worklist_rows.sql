-- Whom to call first, by expected money saved
CREATE TABLE IF NOT EXISTS creditwatch.worklist_rows
(
    run           UInt64         COMMENT 'run of the night that computed the row',
    as_of         Date           COMMENT 'business date of the night',
    rank          UInt32         COMMENT '1 = first',
    customer_id   String         COMMENT 'our number of the customer',
    open_base     Decimal(18, 4) COMMENT 'open amount, reporting currency',
    overdue_base  Decimal(18, 4) COMMENT 'overdue amount, reporting currency',
    expected_loss Decimal(18, 4) COMMENT 'expected loss, reporting currency',
    priority      Float64        COMMENT 'expected money saved by a contact, reporting currency',
    owner         String         COMMENT 'who calls',
    action        String         COMMENT 'action codes, separated by a space',
    due_on        Date           COMMENT 'day by which to act',
    text_en       String         COMMENT 'why, in English',
    text_zh       String         COMMENT 'why, in Chinese'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (rank)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Whom to call first, by expected money saved'
