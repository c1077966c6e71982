-- Warning episodes: open, pending, cooling down, and those closed this night; every published night
CREATE OR REPLACE VIEW creditwatch.warnings
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, episode_id, customer_id, code, tier, severity, own_severity, lifted_by, state, first_seen, last_seen, closed_on, nights_over, nights_under, recent, value, peak, owner, action, due_on, evidence, suppressed_by, acknowledged_by, acknowledged_on, snoozed_by, snoozed_until, seen_severity, outcome, resolved_by, escalation_level, escalated_on, heeded, expected_saving, budget_rank, published, over_budget, text_en, text_zh, policy_hash
FROM creditwatch.warnings_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Warning episodes: open, pending, cooling down, and those closed this night; every published night'
