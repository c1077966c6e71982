-- Working table of the features: every invoice as known on a date; emptied when the stage ends
CREATE TABLE IF NOT EXISTS creditwatch.invoice_states_rows
(
    run          UInt64                   COMMENT 'run of the night',
    as_of        Date                     COMMENT 'date of the state: the night''s or a snapshot''s',
    customer_id  String                   COMMENT 'our number of the customer',
    document_id  String                   COMMENT 'number of the invoice',
    currency     LowCardinality(String)   COMMENT 'ISO 4217 currency',
    invoiced_on  Date                     COMMENT 'day of the invoice',
    due_on       Nullable(Date)           COMMENT 'due date',
    amount       Nullable(Decimal(18, 4)) COMMENT 'amount, reporting currency; null = no rate known',
    open         Nullable(Decimal(18, 4)) COMMENT 'open after all cash (economic), reporting currency',
    settled_on   Nullable(Date)           COMMENT 'day the last cash settled it, null while open',
    days_late    Nullable(Int32)          COMMENT 'settlement (or, still open and overdue, the date) minus due date',
    payments     UInt32                   COMMENT 'pieces of cash that settled it',
    by_reference Float64                  COMMENT 'share of the settled amount that was settled by a stated reference',
    disputed     Bool                     COMMENT 'an open dispute is known',
    disputed_on  Nullable(Date)           COMMENT 'last day a dispute was raised'
)
ENGINE = MergeTree
PARTITION BY (run, as_of)
ORDER BY (as_of, customer_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Working table of the features: every invoice as known on a date; emptied when the stage ends'
