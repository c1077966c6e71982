-- news_labels: the articles whose headline a source has labelled, and those that people have given a verdict on; the newest first.
-- Grain: one row per article.
SELECT article_id, headline AS title, toFloat64(label) AS is_bad_news
FROM
(
    SELECT article_id, argMin(l.title, (l.known_at, run, line)) AS headline, argMax(l.is_bad_news, (l.known_at, run, line)) AS label, min(l.known_at) AS first_known
    FROM creditwatch.ledger_articles(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)}) AS l
    WHERE l.is_bad_news IS NOT NULL OR has({judged:Array(String)}, article_id)
    GROUP BY article_id
)
ORDER BY has({judged:Array(String)}, article_id) DESC, first_known DESC, article_id
LIMIT {most:UInt64}
