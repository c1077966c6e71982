-- Ratings and scores of agencies, bureaus and banks; published rows of all nights
CREATE OR REPLACE VIEW creditwatch.external_ratings
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT customer_id, agency, scale, grade, score, pd, recommended_limit, outlook, rated_on, as_of, source, file, line, known_at
FROM creditwatch.external_ratings_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Ratings and scores of agencies, bureaus and banks; published rows of all nights'
