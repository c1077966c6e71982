-- News articles as fetched
CREATE TABLE IF NOT EXISTS creditwatch.articles_rows
(
    article_id    String                        COMMENT 'identity of the article: hash of address and title',
    publisher     String                        COMMENT 'who published it',
    source_class  LowCardinality(String)        COMMENT 'official, wire, press, social, company',
    url           String                        COMMENT 'address, http or https only',
    published_at  Nullable(DateTime64(3,'UTC')) COMMENT 'as stated by the publisher',
    fetched_at    DateTime64(3,'UTC')           COMMENT 'when we fetched it; known_at is never earlier',
    language      LowCardinality(String)        COMMENT 'zh, en, … as stated or found',
    title         String                        COMMENT 'headline, plain text',
    body          String                        COMMENT 'plain text',
    customer_hint String                        COMMENT 'customer the source says it is about (ticker, name), empty if none',
    run           UInt64                        COMMENT 'run that accepted the row; rows count once that run is published',
    as_of         Date                          COMMENT 'business date of the night that first read the row',
    source        LowCardinality(String)        COMMENT 'source of the configuration that delivered the row',
    file          String                        COMMENT 'file or address the row came from',
    line          UInt64                        COMMENT 'line of the file (first line is 1), or the entry''s number',
    row_hash      UInt128                       COMMENT 'identity of the row''s content, by which a second delivery is known',
    known_at      DateTime64(3,'UTC')           COMMENT 'instant at which we learnt the row; no earlier night sees it'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (known_at, article_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'News articles as fetched'
