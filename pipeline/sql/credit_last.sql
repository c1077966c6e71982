-- credit_last: what the last published night recommended, and what it rested on.
-- Grain: one row per customer.
SELECT
    l.customer_id AS customer_id, if(l.limit_currency = '', {base:String}, toString(l.limit_currency)) AS currency, l.rate AS rate,
    l.need_base AS need, l.net_worth_base AS net_worth, l.agency_base AS agency, l.insurer_base AS insurer, l.risk_budget_base AS risk_budget, l.cold_start_base AS cold_start,
    l.own_action_base AS own_action, l.freeze AS freeze, l.default_base AS in_default, l.recommended_limit AS recommended,
    h.held_since AS held_since, v.pulled_due AS pulled_due
FROM (SELECT customer_id, limit_currency, rate, need_base, net_worth_base, agency_base, insurer_base, risk_budget_base, cold_start_base, own_action_base, freeze, default_base, recommended_limit FROM creditwatch.limits_rows WHERE run = {previous:UInt64}) AS l
LEFT JOIN (SELECT customer_id, toNullable(since) AS held_since FROM creditwatch.holds_rows WHERE run = {previous:UInt64} AND recommend IN ('hold', 'approve')) AS h ON h.customer_id = l.customer_id
LEFT JOIN (SELECT customer_id, toNullable(due_on) AS pulled_due FROM creditwatch.reviews_rows WHERE run = {previous:UInt64} AND pulled_by != '') AS v ON v.customer_id = l.customer_id
ORDER BY customer_id
