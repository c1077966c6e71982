-- What warnings were worth: alarms of earlier published nights held against what followed, as known this night
CREATE TABLE IF NOT EXISTS creditwatch.warning_track_record_rows
(
    run              UInt64                 COMMENT 'run of the night that computed the row',
    as_of            Date                   COMMENT 'business date of the night: outcomes as known by its cut',
    scope            LowCardinality(String) COMMENT 'code: one indicator in one version; tier: its warnings of S3 or more; all: those of all tiers',
    code             LowCardinality(String) COMMENT 'code of the indicator; T1, T2, T3 of a tier, S3+ of all',
    tier             UInt8                  COMMENT '1 credit score, 2 behaviour, 3 external information, 0 all',
    version          String                 COMMENT 'version of the rule, see warning_rules; empty for tiers and all',
    is_current       Bool                   COMMENT 'the version that judges this night; true for tiers and all',
    since            Nullable(Date)         COMMENT 'first published night read, null = none',
    nights           UInt32                 COMMENT 'published nights before this one that were read',
    alarms           UInt32                 COMMENT 'warnings that opened without a suppressor; of tiers and all: times that a customer came to S3 or more',
    late_alarms      UInt32                 COMMENT 'of them: on a customer in default already; they state a fact, foretell nothing and count nowhere else',
    matured_alarms   UInt32                 COMMENT 'of the others: 12 months old, or the event came',
    true_alarms      UInt32                 COMMENT 'default or 60 days past due within 12 months after the alarm and not before it',
    aged_alarms      UInt32                 COMMENT 'alarms 12 months old, the only ones that precision may be measured on: of younger ones only the true are known',
    true_aged        UInt32                 COMMENT 'of them: true',
    precision        Nullable(Float64)      COMMENT 'true_aged / aged_alarms',
    precision_lo     Nullable(Float64)      COMMENT 'lower end of its 95 % interval, by Wilson',
    precision_hi     Nullable(Float64)      COMMENT 'upper end',
    base_rate        Nullable(Float64)      COMMENT 'the same event within 12 months of a customer of the book that is not in it yet, average of the nights 12 months old',
    lift             Nullable(Float64)      COMMENT 'precision / base_rate',
    lift_lo          Nullable(Float64)      COMMENT 'precision_lo / base_rate',
    lift_hi          Nullable(Float64)      COMMENT 'precision_hi / base_rate; below 1.2 at two monthly looks in a row takes the indicator down to S1',
    defaults         UInt32                 COMMENT 'defaults at least 30 days after the first night read, known by the cut',
    recalled         UInt32                 COMMENT 'of them: warned of on a night 1 day to 12 months before',
    recalled_30d     UInt32                 COMMENT 'of them: on a night 30 days to 12 months before',
    recall           Nullable(Float64)      COMMENT 'recalled / defaults',
    recall_30d       Nullable(Float64)      COMMENT 'recalled_30d / defaults',
    added_30d        Nullable(UInt32)       COMMENT 'of a tier: defaults that it alone recalled 30 days before; null for codes and all',
    lead_median      Nullable(Float64)      COMMENT 'days from a true alarm to its event, median',
    lead_p10         Nullable(Float64)      COMMENT 'its 10 % quantile',
    lead_p90         Nullable(Float64)      COMMENT 'its 90 % quantile',
    lead_30d_share   Nullable(Float64)      COMMENT 'share of true alarms at least 30 days before the event',
    money_saved      Decimal(18, 4)         COMMENT 'of the first alarm before each default: exposure then less exposure at default, not below zero, x loss given default; reporting currency',
    false_alarm_cost Decimal(18, 4)         COMMENT 'of false aged alarms that we acted on: margin on the orders that were open, reporting currency',
    treated_alarms   UInt32                 COMMENT 'matured alarms after which we acted (an action entered, a hold) before the event and within 12 months',
    treated_aged     UInt32                 COMMENT 'of aged_alarms: treated; a default that our action prevented makes a false alarm of them',
    treated_true     UInt32                 COMMENT 'of treated_aged: true',
    untreated_aged   UInt32                 COMMENT 'of aged_alarms: nothing was done',
    untreated_true   UInt32                 COMMENT 'of untreated_aged: true',
    suppressed       UInt32                 COMMENT 'warnings that never opened without a suppressor: no alarms',
    is_prior_only    Bool                   COMMENT 'fewer than 20 aged alarms: say nothing of precision and lift',
    text_en          String                 COMMENT 'the record in a sentence, in English',
    text_zh          String                 COMMENT 'the record in a sentence, in Chinese'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (scope, code, version)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What warnings were worth: alarms of earlier published nights held against what followed, as known this night'
