-- The strongest reasons of each score; every published night
CREATE OR REPLACE VIEW creditwatch.score_reasons
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, rank, feature, value, points, text_en, text_zh
FROM creditwatch.score_reasons_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'The strongest reasons of each score; every published night'
