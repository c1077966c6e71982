-- Customers of one ultimate parent seen together; a customer alone is a group of one
CREATE TABLE IF NOT EXISTS creditwatch.group_exposure_rows
(
    run              UInt64                   COMMENT 'run of the night that computed the row',
    as_of            Date                     COMMENT 'business date of the night',
    group_id         String                   COMMENT 'number of the ultimate parent, which need not be a customer',
    members          Array(String)            COMMENT 'customers of the group; each is in one group',
    depth            UInt8                    COMMENT 'longest chain of parents',
    cycle            Array(String)            COMMENT 'customers that own one another in a circle',
    cut              Array(String)            COMMENT 'customers whose chain of parents was longer than groups.max_depth',
    exposure_base    Decimal(18, 4)           COMMENT 'sum of the exposures in limits, reporting currency like all amounts here',
    in_force_base    Nullable(Decimal(18, 4)) COMMENT 'limits in force by groups.limit_of, null = none',
    utilisation      Nullable(Float64)        COMMENT 'exposure over the limits in force',
    recommended_base Nullable(Decimal(18, 4)) COMMENT 'sum of the recommended limits',
    without_limit    Array(String)            COMMENT 'members with an exposure and no limit',
    ead              Decimal(18, 4)           COMMENT 'exposure at default',
    expected_loss    Decimal(18, 4)           COMMENT 'expected loss',
    fallen           Array(String)            COMMENT 'members in default or with a critical warning',
    dragged          Array(String)            COMMENT 'the other members, where there are fallen ones',
    dragged_base     Decimal(18, 4)           COMMENT 'exposure of these',
    dragged_loss     Decimal(18, 4)           COMMENT 'expected loss of these',
    text_en          String                   COMMENT 'what stands out, in English',
    text_zh          String                   COMMENT 'what stands out, in Chinese'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (group_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Customers of one ultimate parent seen together; a customer alone is a group of one'
