-- News articles as fetched as a night sees them: known before the cut, of the runs that count for it: its own and the published runs of other dates.
CREATE OR REPLACE VIEW creditwatch.ledger_articles
AS SELECT article_id, publisher, source_class, url, published_at, fetched_at, language, title, body, customer_hint, is_bad_news, run, source, file, line, row_hash, known_at
FROM creditwatch.articles_rows
WHERE known_at < {known_by:DateTime64(3)}
  AND run IN {runs:Array(UInt64)}
