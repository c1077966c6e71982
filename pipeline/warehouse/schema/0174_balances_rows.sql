-- Balances of others, against which the sub-ledger is held: of the general ledger, and as customers confirm them
CREATE TABLE IF NOT EXISTS creditwatch.balances_rows
(
    kind        LowCardinality(String) COMMENT 'general_ledger or confirmation (by the customer)',
    customer_id String                 COMMENT 'our number of the customer; empty = the control account of the general ledger: all customers in one sum',
    balance_on  Date                   COMMENT 'day at whose end the balance stands',
    currency    LowCardinality(String) COMMENT 'ISO 4217 currency',
    amount      Decimal(18, 4)         COMMENT 'what the customer owes us by it, negative = we owe; of an unanswered confirmation what we asked about',
    reference   String                 COMMENT 'account of the general ledger, several of a day are added up; number of the confirmation',
    status      LowCardinality(String) COMMENT 'unanswered (the customer has not replied: no evidence), withdrawn (as if never given), empty = it stands',
    run         UInt64                 COMMENT 'run that accepted the row; rows count once that run is published',
    as_of       Date                   COMMENT 'business date of the night that first read the row',
    source      LowCardinality(String) COMMENT 'source of the configuration that delivered the row',
    file        String                 COMMENT 'file or address the row came from',
    line        UInt64                 COMMENT 'line of the file (first line is 1), or the entry''s number',
    row_hash    UInt128                COMMENT 'identity of the row''s content, by which a second delivery is known',
    known_at    DateTime64(3,'UTC')    COMMENT 'instant at which we learnt the row; no earlier night sees it'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, kind, currency, balance_on)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Balances of others, against which the sub-ledger is held: of the general ledger, and as customers confirm them'
