-- limit_advice: how many limits should be raised, lowered or kept, and by how much.
-- Grain: one row per advice.
SELECT
    advice,
    count()                          AS customers,
    sum(exposure_base)               AS exposure,
    ifNull(sum(in_force_base), 0)    AS in_force,
    ifNull(sum(recommended_base), 0) AS recommended
FROM creditwatch.limits_rows
WHERE run = {run:UInt64}
GROUP BY advice
ORDER BY indexOf(['cut', 'lower', 'raise', 'set', 'keep', 'none'], toString(advice)), advice
