-- What each default of the past came to: the claim, what came back, the loss
CREATE TABLE IF NOT EXISTS creditwatch.lgd_events_rows
(
    run          UInt64                 COMMENT 'run of the night that computed the row',
    as_of        Date                   COMMENT 'business date of the night',
    customer_id  String                 COMMENT 'our number of the customer',
    defaulted_on Date                   COMMENT 'day of the default',
    cured_on     Nullable(Date)         COMMENT 'day on which it was cured, null = it was not',
    state        LowCardinality(String) COMMENT 'cured, settled (nothing owed or given up), exhausted (over by loss.workout_months), open',
    days         UInt32                 COMMENT 'days since the default',
    claim        Decimal(18, 4)         COMMENT 'open on the day of the default, reporting currency at tonight''s rates like all amounts here',
    net_claim    Decimal(18, 4)         COMMENT 'claim less credit notes',
    came_back    Decimal(18, 4)         COMMENT 'payments on the claim and recoveries, not discounted',
    written_off  Decimal(18, 4)         COMMENT 'given up in the books; it may still come back',
    owed         Decimal(18, 4)         COMMENT 'neither came back nor was written off',
    lgd          Float64                COMMENT 'realised loss, discounted at loss.discount_rate, share of net_claim; of an open workout its estimate',
    lgd_low      Float64                COMMENT 'loss if all that is left came tonight',
    lgd_high     Float64                COMMENT 'loss if nothing more came',
    weight       Float64                COMMENT 'weight in the loss rates: 1, of an open workout the share of loss.workout_months it has been through',
    covered      Bool                   COMMENT 'a security or an insurance was in force',
    size_class   UInt8                  COMMENT 'size class of the claim by loss.size_bounds, 1 = smallest',
    industry     LowCardinality(String) COMMENT 'industry, empty if unknown'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, defaulted_on)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What each default of the past came to: the claim, what came back, the loss'
