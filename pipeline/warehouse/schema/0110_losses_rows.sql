-- Exposure at default, cover, loss given default and expected loss of each customer, with every part
CREATE TABLE IF NOT EXISTS creditwatch.losses_rows
(
    run             UInt64                 COMMENT 'run of the night that computed the row',
    as_of           Date                   COMMENT 'business date of the night',
    customer_id     String                 COMMENT 'our number of the customer',
    group_id        String                 COMMENT 'number of the parent, or of the customer itself: a group''s loss is the sum over it',
    industry        LowCardinality(String) COMMENT 'industry, empty if unknown',
    open_base       Decimal(18, 4)         COMMENT 'open invoices after all cash, reporting currency like all amounts here',
    shipped_base    Decimal(18, 4)         COMMENT 'orders of status shipped, as far as no invoice has followed',
    orders_base     Decimal(18, 4)         COMMENT 'other orders of 60 days, as far as no invoice has followed',
    ordered_base    Decimal(18, 4)         COMMENT 'orders_base x loss.order_conversion: what will be delivered before a default is seen',
    unapplied_base  Decimal(18, 4)         COMMENT 'cash that settles nothing yet',
    total_base      Decimal(18, 4)         COMMENT 'open + shipped + ordered - unapplied, not below zero',
    secured_base    Decimal(18, 4)         COMMENT 'guarantees, collateral and deposits in force, after loss.haircuts',
    insured_base    Decimal(18, 4)         COMMENT 'insured limit in force',
    cover_until     Nullable(Date)         COMMENT 'day on which the first of these covers ends, null = none ends',
    covered_base    Decimal(18, 4)         COMMENT 'part of total_base that securities and the insurer would pay',
    ead             Decimal(18, 4)         COMMENT 'exposure at default: total_base - covered_base; equal to ead of the scores',
    retained_base   Decimal(18, 4)         COMMENT 'part of ead that is insured but left to us by the insurer: lost whole in a default',
    uninsured_base  Decimal(18, 4)         COMMENT 'part of ead in which no insurer has a share',
    pd_12m          Nullable(Float64)      COMMENT 'probability of default used; null = none is known and no loss is expected',
    lgd_uninsured   Float64                COMMENT 'share of uninsured_base that a default costs',
    lgd_prudent     Float64                COMMENT 'the same in a downturn, with the error of the estimate',
    lgd_segment     LowCardinality(String) COMMENT 'segment it comes from: all, covered or uncovered, size class, industry; or in default',
    lgd_events      UInt32                 COMMENT 'own defaults of that segment',
    lgd_weight      Float64                COMMENT 'weight of own defaults in it; the rest is loss.lgd of the configuration',
    lgd             Float64                COMMENT 'share of ead that a default costs; equal to lgd of the scores',
    expected_loss   Decimal(18, 4)         COMMENT 'pd_12m x lgd x ead; equal to expected_loss of the scores',
    uninsured_loss  Decimal(18, 4)         COMMENT 'part of it: pd_12m x lgd_uninsured x uninsured_base',
    prudent_loss    Decimal(18, 4)         COMMENT 'expected loss with lgd_prudent',
    tail_loss       Decimal(18, 4)         COMMENT 'share in the book''s loss at level 0.999 of loss_quantiles, by what it adds there; these add up to it'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Exposure at default, cover, loss given default and expected loss of each customer, with every part'
