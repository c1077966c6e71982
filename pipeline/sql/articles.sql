-- articles: everything published and fetched by the cut, oldest first; a second delivery of the same article is left out.
-- Grain: one row per article.
SELECT article_id, publisher, source_class, url, published_at, language, title, body, known_at
FROM creditwatch.ledger_articles(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
ORDER BY known_at, article_id, run, line
LIMIT 1 BY article_id
