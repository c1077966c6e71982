-- Events about customers found in articles
CREATE TABLE IF NOT EXISTS creditwatch.news_events_rows
(
    run            UInt64                 COMMENT 'run of the night that computed the row',
    as_of          Date                   COMMENT 'business date of the night',
    event_id       String                 COMMENT 'identity: article, customer, code',
    customer_id    String                 COMMENT 'our number of the customer',
    code           LowCardinality(String) COMMENT 'event type of the taxonomy',
    polarity       LowCardinality(String) COMMENT 'affirmed, denied, hypothetical, reversed',
    stage          LowCardinality(String) COMMENT 'rumour, announced, filed, accepted, ruled, executed, closed',
    role           LowCardinality(String) COMMENT 'our customer as subject, counterparty, plaintiff, victim, mentioned',
    severity       UInt8                  COMMENT '1 info to 4 critical, as far as this article alone carries',
    base_severity  UInt8                  COMMENT 'severity of the event itself, were it affirmed by somebody who knows',
    reverses       String                 COMMENT 'of POSIT: code of the event that ended, empty if not said',
    story_id       String                 COMMENT 'story the article belongs to; one story counts once',
    article_id     String                 COMMENT 'article it was found in',
    source_class   LowCardinality(String) COMMENT 'official, wire, press, social, company',
    source_weight  Float64                COMMENT 'weight of the source class, 0 to 1',
    matched        String                 COMMENT 'name as found',
    match_score    Float64                COMMENT 'certainty of the match, 0 to 1',
    sentence       String                 COMMENT 'sentence that says so',
    rule           String                 COMMENT 'rule that decided',
    amount         String                 COMMENT 'amount as stated, empty if none',
    occurred_on    Date                   COMMENT 'day of the event, else of publication',
    half_life_days Float64                COMMENT 'days after which the event counts half',
    known_at       DateTime64(3,'UTC')    COMMENT 'when the article was fetched'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, known_at, event_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Events about customers found in articles'
