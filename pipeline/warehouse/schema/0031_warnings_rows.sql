-- Warning episodes: open, pending, cooling down, and those closed this night
CREATE TABLE IF NOT EXISTS creditwatch.warnings_rows
(
    run           UInt64                 COMMENT 'run of the night that computed the row',
    as_of         Date                   COMMENT 'business date of the night',
    episode_id    String                 COMMENT 'identity: customer, code and start',
    customer_id   String                 COMMENT 'our number of the customer',
    code          LowCardinality(String) COMMENT 'indicator of the catalogue',
    tier          UInt8                  COMMENT 'where the evidence comes from: 1 credit score, 2 behaviour, 3 external',
    severity      UInt8                  COMMENT 'how bad: 1 info, 2 watch, 3 act, 4 critical',
    state         LowCardinality(String) COMMENT 'pending, open, closed, cooling',
    first_seen    Date                   COMMENT 'night the episode opened (or began to count, while pending)',
    last_seen     Date                   COMMENT 'last night above the opening line',
    closed_on     Nullable(Date)         COMMENT 'night it closed',
    nights_over   UInt16                 COMMENT 'nights above the opening line without a break',
    nights_under  UInt16                 COMMENT 'nights below the closing line without a break',
    recent        String                 COMMENT 'last nights judged, newest last: over, between or under the lines',
    value         Nullable(Float64)      COMMENT 'value this night',
    peak          Nullable(Float64)      COMMENT 'worst value of the episode',
    owner         String                 COMMENT 'who must act',
    action        String                 COMMENT 'action codes, separated by a space',
    due_on        Date                   COMMENT 'day by which to act',
    evidence      String                 COMMENT 'what it rests on: features, documents, articles',
    suppressed_by String                 COMMENT 'suppressor that holds it back, empty if none',
    text_en       String                 COMMENT 'warning in English',
    text_zh       String                 COMMENT 'warning in Chinese',
    policy_hash   String                 COMMENT 'SHA-256 of the policy that judged'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, code)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Warning episodes: open, pending, cooling down, and those closed this night'
