-- workouts: what defaults of the past came to.
-- Grain: one row.
SELECT
    count()                                                  AS defaults,
    countIf(state = 'open')                                  AS open,
    sum(net_claim)                                           AS claim,
    sum(came_back)                                           AS came_back,
    if(sum(weight) > 0, toFloat64(sum(toDecimal128(lgd * weight, 12))) / toFloat64(sum(toDecimal128(weight, 12))), NULL) AS lost
FROM creditwatch.lgd_events_rows
WHERE run = {run:UInt64}
