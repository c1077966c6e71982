-- Contracts, one row per version
CREATE TABLE IF NOT EXISTS creditwatch.contracts_rows
(
    contract_id        String                   COMMENT 'number of the contract',
    customer_id        String                   COMMENT 'our number of the customer',
    valid_from         Date                     COMMENT 'first day',
    valid_to           Nullable(Date32)         COMMENT 'last day, null = open-ended',
    terms_days         Nullable(Int32)          COMMENT 'agreed payment days',
    credit_limit       Nullable(Decimal(18, 4)) COMMENT 'credit limit of the contract',
    currency           LowCardinality(String)   COMMENT 'ISO 4217 currency of its amounts, empty = reporting currency',
    review_status      LowCardinality(String)   COMMENT 'reviewed, pending, rejected, none',
    guarantee_type     LowCardinality(String)   COMMENT 'guarantee, collateral, insurance, deposit; empty if none',
    guarantee_amount   Nullable(Decimal(18, 4)) COMMENT 'secured amount',
    guarantee_until    Nullable(Date32)         COMMENT 'last day of the security',
    retention_of_title Nullable(Bool)           COMMENT 'retention of title agreed',
    late_rate          Nullable(Float64)        COMMENT 'agreed interest on late payment, per year, 0.08 = 8 %',
    clauses            Array(String)            COMMENT 'other clauses present',
    run                UInt64                   COMMENT 'run that accepted the row; rows count once that run is published',
    as_of              Date                     COMMENT 'business date of the night that first read the row',
    source             LowCardinality(String)   COMMENT 'source of the configuration that delivered the row',
    file               String                   COMMENT 'file or address the row came from',
    line               UInt64                   COMMENT 'line of the file (first line is 1), or the entry''s number',
    row_hash           UInt128                  COMMENT 'identity of the row''s content, by which a second delivery is known',
    known_at           DateTime64(3,'UTC')      COMMENT 'instant at which we learnt the row; no earlier night sees it'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, contract_id, known_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Contracts, one row per version'
