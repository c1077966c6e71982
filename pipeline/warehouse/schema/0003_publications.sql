-- The pointer: the newest publication of a date is what readers see of it
CREATE TABLE IF NOT EXISTS creditwatch.publications
(
    as_of        Date                COMMENT 'business date',
    run          UInt64              COMMENT 'run whose rows are shown',
    fence        UInt64              COMMENT 'number of the claim under which the run was published',
    rows         UInt64              COMMENT 'rows kept over all stages',
    checksum     UInt64              COMMENT 'checksum over the checksums of all stages',
    code         String              COMMENT 'version of the program',
    policy_hash  String              COMMENT 'SHA-256 of the policy',
    model_id     String              COMMENT 'model that scored the night, empty if none',
    published_at DateTime64(3,'UTC') COMMENT 'when the pointer moved'
)
ENGINE = MergeTree
ORDER BY (as_of, run)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1
COMMENT 'The pointer: the newest publication of a date is what readers see of it'
