-- Findings of the validation: what is amber or red, who does what about it by when
CREATE TABLE IF NOT EXISTS creditwatch.validation_findings_rows
(
    run        UInt64                 COMMENT 'run of the night that computed the row',
    as_of      Date                   COMMENT 'business date of the night',
    finding_id String                 COMMENT 'the same from the night it is opened to the night it is closed',
    model_id   String                 COMMENT 'model it is about; empty where it is about the night',
    code       LowCardinality(String) COMMENT 'test that found it',
    family     LowCardinality(String) COMMENT 'family of the test',
    scope      String                 COMMENT 'book, grade, segment, feature or cell',
    name_en    String                 COMMENT 'what the test asks, in English',
    name_zh    String                 COMMENT 'what the test asks, in Chinese',
    severity   UInt8                  COMMENT '1 info, 2 watch, 3 act, 4 critical (stops the night)',
    light      LowCardinality(String) COMMENT 'light of the test tonight; an open finding may be grey for lack of data',
    status     LowCardinality(String) COMMENT 'open, closed (green tonight), or superseded (its model no longer scores)',
    opened_on  Date                   COMMENT 'night on which it was first found',
    closed_on  Nullable(Date)         COMMENT 'night on which it was closed',
    owner      String                 COMMENT 'role that acts',
    due_on     Date                   COMMENT 'business day by which it must be dealt with',
    amount     Decimal(18, 4)         COMMENT 'money at stake, reporting currency',
    cause_en   String                 COMMENT 'likely cause in English',
    cause_zh   String                 COMMENT 'likely cause in Chinese',
    step_en    String                 COMMENT 'suggested step in English',
    step_zh    String                 COMMENT 'suggested step in Chinese',
    text_en    String                 COMMENT 'finding in English',
    text_zh    String                 COMMENT 'finding in Chinese'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (status, severity, finding_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Findings of the validation: what is amber or red, who does what about it by when'
