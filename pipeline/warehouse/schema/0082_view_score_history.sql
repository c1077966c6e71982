-- Default probability, exposure and expected loss per customer; every published night
CREATE OR REPLACE VIEW creditwatch.score_history
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, pd_1m, pd_3m, pd_6m, pd_12m, pd_lo, pd_hi, pd_prudent, moc_data, moc_change, moc_estimation, score, grade, evidence_grade, ead, lgd, expected_loss, model_id, note
FROM creditwatch.scores_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Default probability, exposure and expected loss per customer; every published night'
