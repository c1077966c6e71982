-- News articles as fetched; published rows of all nights
CREATE OR REPLACE VIEW creditwatch.articles
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT article_id, publisher, source_class, url, published_at, fetched_at, language, title, body, customer_hint, is_bad_news, as_of, source, file, line, known_at
FROM creditwatch.articles_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'News articles as fetched; published rows of all nights'
