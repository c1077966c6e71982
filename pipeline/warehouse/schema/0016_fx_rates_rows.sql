-- Exchange rates into the reporting currency
CREATE TABLE IF NOT EXISTS creditwatch.fx_rates_rows
(
    currency LowCardinality(String) COMMENT 'ISO 4217 currency',
    valid_on Date                   COMMENT 'day of the rate',
    rate     Decimal(18, 8)         COMMENT 'units of the reporting currency for one unit of currency',
    run      UInt64                 COMMENT 'run that accepted the row; rows count once that run is published',
    as_of    Date                   COMMENT 'business date of the night that first read the row',
    source   LowCardinality(String) COMMENT 'source of the configuration that delivered the row',
    file     String                 COMMENT 'file or address the row came from',
    line     UInt64                 COMMENT 'line of the file (first line is 1), or the entry''s number',
    row_hash UInt128                COMMENT 'identity of the row''s content, by which a second delivery is known',
    known_at DateTime64(3,'UTC')    COMMENT 'instant at which we learnt the row; no earlier night sees it'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (currency, valid_on)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Exchange rates into the reporting currency'
