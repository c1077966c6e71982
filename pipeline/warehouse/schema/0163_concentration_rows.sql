-- How much of the book is in one hand; every dimension adds up to the book
CREATE TABLE IF NOT EXISTS creditwatch.concentration_rows
(
    run             UInt64                   COMMENT 'run of the night that computed the row',
    as_of           Date                     COMMENT 'business date of the night',
    dimension       LowCardinality(String)   COMMENT 'book, customer, group, top, industry, region, country, cover, currency',
    rank            UInt32                   COMMENT '1 = largest; 0 = the whole dimension, which is the sum of the others (but of top)',
    name            String                   COMMENT 'who or what; (rest) sums the customers and groups that are not shown; of top how many',
    customers       UInt32                   COMMENT 'customers with a part in it',
    exposure_base   Decimal(18, 4)           COMMENT 'exposure, reporting currency; below zero where cash of a currency exceeds its debts',
    expected_loss   Nullable(Decimal(18, 4)) COMMENT 'expected loss, null where that of a customer cannot be parted',
    open_amount     Nullable(Decimal(18, 4)) COMMENT 'of a currency: open invoices less unapplied cash, in that currency',
    share           Float64                  COMMENT 'of the exposure of the book',
    max_share       Nullable(Float64)        COMMENT 'share that groups.max of the policy allows, null = no bound',
    is_breach       Bool                     COMMENT 'the share is above it, or the names too few',
    hhi             Nullable(Float64)        COMMENT 'sum of the squared shares of the whole dimension',
    effective_names Nullable(Float64)        COMMENT '1 / hhi: so many equal names would be as concentrated',
    text_en         String                   COMMENT 'in English',
    text_zh         String                   COMMENT 'in Chinese'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (dimension, rank)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'How much of the book is in one hand; every dimension adds up to the book'
