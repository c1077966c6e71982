-- Recommendations to stop deliveries, or to let them go on; people decide
CREATE TABLE IF NOT EXISTS creditwatch.holds_rows
(
    run            UInt64                   COMMENT 'run of the night that computed the row',
    as_of          Date                     COMMENT 'business date of the night',
    customer_id    String                   COMMENT 'our number of the customer',
    recommend      LowCardinality(String)   COMMENT 'hold, approve (deliver if the approver agrees: a hold would cost far more than it avoids) or release',
    reasons        Array(String)            COMMENT 'reasons that stand, the gravest first; of a release what it sets aside',
    exclusion      LowCardinality(String)   COMMENT 'rule that forces the release: own_action, always_deliver, public_body, prepaid, small_exposure; empty if the reasons are gone',
    since          Date                     COMMENT 'night from which the recommendation stands without a break',
    exposure_base  Decimal(18, 4)           COMMENT 'exposure, reporting currency like all amounts here',
    in_force_base  Nullable(Decimal(18, 4)) COMMENT 'limit in force',
    overrun_base   Decimal(18, 4)           COMMENT 'exposure beyond the limit in force; all of it where there is no limit',
    approver       String                   COMMENT 'who may decide otherwise, by overrun_base',
    approver_zh    String                   COMMENT 'the same in Chinese',
    blocked_base   Decimal(18, 4)           COMMENT 'deliveries of the days that a hold is taken to last: open orders and sales at the pace of the quarter',
    loss_avoided   Nullable(Decimal(18, 4)) COMMENT 'expected loss on them, null without a PD',
    margin_lost    Nullable(Decimal(18, 4)) COMMENT 'margin on them if the customer pays, null without a PD',
    evidence_grade LowCardinality(String)   COMMENT 'depth of evidence behind the PD, A rich to G none',
    bypass         String                   COMMENT 'order closed and made again while the customer was held or over its limit; empty if none was seen',
    text_en        String                   COMMENT 'why, in English',
    text_zh        String                   COMMENT 'why, in Chinese',
    policy_hash    String                   COMMENT 'SHA-256 of the policy that decided'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Recommendations to stop deliveries, or to let them go on; people decide'
