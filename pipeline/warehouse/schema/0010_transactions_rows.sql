-- Document events: orders, invoices, payments and what corrects them
CREATE TABLE IF NOT EXISTS creditwatch.transactions_rows
(
    customer_id    String                 COMMENT 'our number of the customer',
    transaction_id String                 COMMENT 'number of this event, unique over all sources of the company',
    kind           LowCardinality(String) COMMENT 'order, invoice, payment, credit_note, refund, dispute, dispute_closed, write_off, recovery',
    occurred_on    Date                   COMMENT 'day of the document or of the cash',
    due_on         Nullable(Date)         COMMENT 'due date of an invoice',
    amount         Decimal(18, 4)         COMMENT 'amount, never negative: the kind gives the sign',
    currency       LowCardinality(String) COMMENT 'ISO 4217 currency',
    document_id    String                 COMMENT 'number of the document: invoice, order, receipt',
    applies_to     String                 COMMENT 'document_id it belongs to: the invoice a payment settles; empty = unapplied',
    supersedes     String                 COMMENT 'transaction_id that this row corrects or annuls, empty if none',
    instrument     LowCardinality(String) COMMENT 'transfer, bill, cheque, card and the like',
    payer          String                 COMMENT 'name of the payer where it is not the customer',
    status         LowCardinality(String) COMMENT 'empty, cancelled (annuls supersedes), returned (payment that bounced)',
    reason         String                 COMMENT 'reason given, for disputes, returns and credit notes',
    run            UInt64                 COMMENT 'run that accepted the row; rows count once that run is published',
    as_of          Date                   COMMENT 'business date of the night that first read the row',
    source         LowCardinality(String) COMMENT 'source of the configuration that delivered the row',
    file           String                 COMMENT 'file or address the row came from',
    line           UInt64                 COMMENT 'line of the file (first line is 1), or the entry''s number',
    row_hash       UInt128                COMMENT 'identity of the row''s content, by which a second delivery is known',
    known_at       DateTime64(3,'UTC')    COMMENT 'instant at which we learnt the row; no earlier night sees it'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, known_at, transaction_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Document events: orders, invoices, payments and what corrects them'
