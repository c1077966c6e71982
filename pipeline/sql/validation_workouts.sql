-- validation_workouts: what every default of the past came to, as the losses of the night have it.
-- Grain: one row per default. The loss is null while the workout is open: then it is an estimate.
SELECT
    customer_id, defaulted_on, toFloat64(claim) AS claim,
    if(state = 'open', NULL, toNullable(lgd * toFloat64(net_claim))) AS lost
FROM creditwatch.lgd_events_rows
WHERE run = {run:UInt64}
ORDER BY customer_id, defaulted_on
