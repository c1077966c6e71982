-- Recommendations to stop deliveries, or to let them go on; people decide; every published night
CREATE OR REPLACE VIEW creditwatch.holds
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, recommend, reasons, exclusion, since, exposure_base, in_force_base, overrun_base, approver, approver_zh, blocked_base, loss_avoided, margin_lost, evidence_grade, bypass, text_en, text_zh, policy_hash
FROM creditwatch.holds_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Recommendations to stop deliveries, or to let them go on; people decide; every published night'
