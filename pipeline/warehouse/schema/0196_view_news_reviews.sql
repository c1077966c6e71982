-- Names in the news that a person should settle; every published night
CREATE OR REPLACE VIEW creditwatch.news_reviews
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, review_id, name, reason, candidates, event_ids, code, article_id, sentence, is_settled, known_at
FROM creditwatch.news_reviews_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Names in the news that a person should settle; every published night'
