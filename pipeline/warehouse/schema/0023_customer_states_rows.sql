-- The definition-of-default counter of each customer on the date
CREATE TABLE IF NOT EXISTS creditwatch.customer_states_rows
(
    run            UInt64         COMMENT 'run of the night that computed the row',
    as_of          Date           COMMENT 'business date of the night',
    customer_id    String         COMMENT 'our number of the customer',
    default_days   Int32          COMMENT 'consecutive days past due above both thresholds',
    overdue_amount Decimal(18, 4) COMMENT 'overdue amount, reporting currency',
    in_default     Bool           COMMENT 'in default by the ledger, probation not yet over'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'The definition-of-default counter of each customer on the date'
