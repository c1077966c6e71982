-- Open warnings that people are shown, those suppressed, snoozed or beyond the alarm budget left out; newest published night
CREATE OR REPLACE VIEW creditwatch.open_warnings
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, episode_id, customer_id, code, tier, severity, own_severity, lifted_by, state, first_seen, last_seen, closed_on, nights_over, nights_under, recent, value, peak, owner, action, due_on, evidence, suppressed_by, acknowledged_by, acknowledged_on, snoozed_by, snoozed_until, seen_severity, outcome, resolved_by, escalation_level, escalated_on, heeded, expected_saving, budget_rank, published, over_budget, text_en, text_zh, policy_hash
FROM creditwatch.warnings_rows
WHERE run = (SELECT argMax(run, as_of) FROM creditwatch.live_runs)
  AND state = 'open' AND published
COMMENT 'Open warnings that people are shown, those suppressed, snoozed or beyond the alarm budget left out; newest published night'
