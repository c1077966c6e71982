-- What each default of the past came to: the claim, what came back, the loss; every published night
CREATE OR REPLACE VIEW creditwatch.lgd_events
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, defaulted_on, cured_on, state, days, claim, net_claim, came_back, written_off, owed, lgd, lgd_low, lgd_high, weight, covered, size_class, industry
FROM creditwatch.lgd_events_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'What each default of the past came to: the claim, what came back, the loss; every published night'
