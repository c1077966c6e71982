-- warn_last: the episodes of the last published night.
-- Grain: one row per customer and code.
SELECT as_of, episode_id, customer_id, code, tier, severity, state, first_seen, last_seen, closed_on, nights_over, nights_under, recent, value, peak, owner, action, due_on, evidence,
    suppressed_by, text_en, text_zh, policy_hash, own_severity, lifted_by, acknowledged_by, acknowledged_on, snoozed_by, snoozed_until, seen_severity, outcome, resolved_by,
    escalation_level, escalated_on, heeded, expected_saving, budget_rank, published, over_budget
FROM creditwatch.warnings_rows
WHERE run = {previous:UInt64}
ORDER BY customer_id, code
