-- Names in the news that a person should settle: they could mean several customers, or none for sure
CREATE TABLE IF NOT EXISTS creditwatch.news_reviews_rows
(
    run         UInt64                 COMMENT 'run of the night that computed the row',
    as_of       Date                   COMMENT 'business date of the night',
    review_id   String                 COMMENT 'identity: article and name; of a name that is looked for nowhere, the name',
    name        String                 COMMENT 'name as found, or as it would be looked for',
    reason      LowCardinality(String) COMMENT 'shared: several customers have it; place: another place stands before it; person: somebody of a customer without that customer; generic, short, long: no name to look for',
    candidates  Array(String)          COMMENT 'customers it could mean',
    event_ids   Array(String)          COMMENT 'event to give a verdict on, for each candidate: right makes it that customer''s, wrong-customer rules the customer out; empty where no article is',
    code        LowCardinality(String) COMMENT 'event that the sentence tells of, empty if no article',
    article_id  String                 COMMENT 'article it was found in, empty if none',
    sentence    String                 COMMENT 'sentence it was found in',
    is_settled  Bool                   COMMENT 'people have said of every candidate, or of the right one',
    known_at    DateTime64(3,'UTC')    COMMENT 'when the article was fetched; the cut of the night if there is none'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (known_at, review_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Names in the news that a person should settle: they could mean several customers, or none for sure'
