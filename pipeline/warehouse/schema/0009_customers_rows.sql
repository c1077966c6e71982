-- Customer records, one row per version
CREATE TABLE IF NOT EXISTS creditwatch.customers_rows
(
    customer_id    String                   COMMENT 'our number of the customer',
    name           String                   COMMENT 'legal name',
    aliases        Array(String)            COMMENT 'other names: short name, old names, name in another language, ticker',
    external_keys  Map(String, String)      COMMENT 'USCC, DUNS, LEI, ticker, by kind',
    parent_id      String                   COMMENT 'customer number of the parent company, empty if none',
    industry       LowCardinality(String)   COMMENT 'industry',
    region         LowCardinality(String)   COMMENT 'province or region',
    country        LowCardinality(String)   COMMENT 'ISO 3166 two-letter code',
    size_class     LowCardinality(String)   COMMENT 'large, medium, small, micro',
    listed         Nullable(Bool)           COMMENT 'listed on a stock exchange',
    onboarded_on   Nullable(Date32)         COMMENT 'start of the relationship',
    owner          String                   COMMENT 'person in charge of the customer',
    terms_days     Nullable(Int32)          COMMENT 'agreed payment days',
    credit_limit   Nullable(Decimal(18, 4)) COMMENT 'agreed credit limit',
    limit_currency LowCardinality(String)   COMMENT 'ISO 4217 currency of the limit, empty = reporting currency',
    limit_valid_to Nullable(Date32)         COMMENT 'last day of the limit',
    hold_status    LowCardinality(String)   COMMENT 'hold or release as kept in the source, empty if none',
    insured_limit  Nullable(Decimal(18, 4)) COMMENT 'amount covered by credit insurance, in limit_currency',
    insured_until  Nullable(Date32)         COMMENT 'last day of the cover',
    run            UInt64                   COMMENT 'run that accepted the row; rows count once that run is published',
    as_of          Date                     COMMENT 'business date of the night that first read the row',
    source         LowCardinality(String)   COMMENT 'source of the configuration that delivered the row',
    file           String                   COMMENT 'file or address the row came from',
    line           UInt64                   COMMENT 'line of the file (first line is 1), or the entry''s number',
    row_hash       UInt128                  COMMENT 'identity of the row''s content, by which a second delivery is known',
    known_at       DateTime64(3,'UTC')      COMMENT 'instant at which we learnt the row; no earlier night sees it'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, known_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Customer records, one row per version'
