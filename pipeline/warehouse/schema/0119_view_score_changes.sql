-- Why a score is not what it was on the night before; every published night
CREATE OR REPLACE VIEW creditwatch.score_changes
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, rank, kind, feature, value_before, value_now, log_odds, points, text_en, text_zh, before_on, pd_before, pd_now
FROM creditwatch.score_changes_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Why a score is not what it was on the night before; every published night'
