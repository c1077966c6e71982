-- Exposure at default, cover, loss given default and expected loss of each customer, with every part; every published night
CREATE OR REPLACE VIEW creditwatch.losses
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, group_id, industry, open_base, shipped_base, orders_base, ordered_base, unapplied_base, total_base, secured_base, insured_base, cover_until, covered_base, ead, retained_base, uninsured_base, pd_12m, lgd_uninsured, lgd_prudent, lgd_segment, lgd_events, lgd_weight, lgd, expected_loss, uninsured_loss, prudent_loss, tail_loss
FROM creditwatch.losses_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Exposure at default, cover, loss given default and expected loss of each customer, with every part; every published night'
