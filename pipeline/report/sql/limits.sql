-- limits: what customers owe against the limits in force, and what the present limits cost.
-- Grain: one row.
SELECT
    count()                                              AS customers,
    countIf(in_force_base IS NOT NULL)                   AS limited,
    countIf(is_expired)                                  AS expired,
    countIf(in_force_base IS NULL AND exposure_base > 0) AS unlimited,
    countIf(headroom_base < 0)                           AS over,
    sum(exposure_base)                                   AS exposure,
    ifNull(sum(in_force_base), 0)                        AS in_force,
    ifNull(-sumIf(headroom_base, headroom_base < 0), 0)  AS overrun,
    ifNull(sum(recommended_base), 0)                     AS recommended,
    ifNull(sum(lost_margin), 0)                          AS margin_out,
    ifNull(sum(idle_risk), 0)                            AS idle,
    countIf(change != 0)                                 AS changed
FROM creditwatch.limits_rows
WHERE run = {run:UInt64}
