-- What was decided about champion and challengers, by which criteria and by whom; every published night
CREATE OR REPLACE VIEW creditwatch.promotions
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, seq, decision, champion, challenger, live, retrained, mode, shadow_nights, criterion, measured, bound, verdict, finding, decided_by, approved_by, decision_id, text_en, text_zh
FROM creditwatch.promotions_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'What was decided about champion and challengers, by which criteria and by whom; every published night'
