-- What limit a customer should have: every term, what binds, what changed since last night, and what the present limit costs; every published night
CREATE OR REPLACE VIEW creditwatch.limits
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, limit_currency, rate, present_limit, valid_to, is_expired, temporary_base, temporary_until, in_force_base, exposure_base, utilisation, stressed_utilisation, headroom_base, need_base, need_on, need_days, need_basis, net_worth_base, agency_base, insurer_base, capacity_base, risk_budget_base, loss_cap, pd_prudent, lgd, cold_start_base, own_action_base, freeze, default_base, not_known, binding, formula_limit, recommended_limit, recommended_base, advice, last_limit, change, change_need, change_capacity, change_risk, change_rules, change_rate, change_rounding, lost_margin, idle_risk, text_en, text_zh, policy_hash
FROM creditwatch.limits_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'What limit a customer should have: every term, what binds, what changed since last night, and what the present limit costs; every published night'
