-- validation_scored: the whole book as it was scored, by grade; customers in default are in none.
-- Grain: one row per grade.
SELECT toString(grade) AS grade, count() AS customers, toFloat64(sum(ead)) AS exposure,
    sum(toInt64(round(/*pd*/ * 1e12))) / 1e12 / count() AS pd -- whole numbers: no sum depends on its order
FROM creditwatch.scores_rows
WHERE run = {run:UInt64} AND note = '' AND pd_12m IS NOT NULL
GROUP BY grade
ORDER BY grade
