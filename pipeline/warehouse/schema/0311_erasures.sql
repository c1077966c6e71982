-- What was erased on request, and what must not be: of a customer or an article only the hash of its number is kept
CREATE TABLE IF NOT EXISTS creditwatch.erasures
(
    erasure_id  String                 COMMENT 'identity of the request',
    kind        LowCardinality(String) COMMENT 'customer or article: rows of it are left out when sources are read; hold or release: a legal hold on the customer begins or ends',
    hash        String                 COMMENT 'SHA-256 of the number of the customer or of the article, hexadecimal',
    reason      String                 COMMENT 'why, in the words of who asked, without the names of the customer',
    entered_by  String                 COMMENT 'who asked for it',
    entered_at  DateTime64(3,'UTC')    COMMENT 'when, by the clock',
    code        String                 COMMENT 'version of the program'
)
ENGINE = MergeTree
ORDER BY (kind, hash, entered_at)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1
COMMENT 'What was erased on request, and what must not be: of a customer or an article only the hash of its number is kept'
