-- The rule of every warning code as it stood that night: its version, and whether its record has taken it down to S1
CREATE TABLE IF NOT EXISTS creditwatch.warning_rules_rows
(
    run            UInt64                 COMMENT 'run of the night that computed the row',
    as_of          Date                   COMMENT 'business date of the night',
    code           LowCardinality(String) COMMENT 'code of the indicator',
    tier           UInt8                  COMMENT 'where its evidence comes from: 1 credit score, 2 behaviour, 3 external information',
    version        String                 COMMENT 'hash of the rule and of the lines that the policy draws for it: another version has a record of its own',
    policy_version String                 COMMENT 'version that the policy file gives itself',
    policy_hash    String                 COMMENT 'SHA-256 of the policy',
    status         LowCardinality(String) COMMENT 'live: as the policy says; demoted: warns at S1 only, since its lift is too low; the night of a change says demoted or restored in text_en',
    demoted_since  Nullable(Date)         COMMENT 'first night on which it warns at S1 only, null = live',
    weak_months    UInt8                  COMMENT 'monthly looks in a row (the first night of a calendar month) that found the upper bound of its lift below 1.2',
    is_changed     Bool                   COMMENT 'the status changed this night',
    text_en        String                 COMMENT 'why, in English; empty if nothing changed and nothing is demoted',
    text_zh        String                 COMMENT 'why, in Chinese'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (code)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'The rule of every warning code as it stood that night: its version, and whether its record has taken it down to S1'
