-- grades: exposure and expected loss by grade, best grade first, default last, customers without a grade after that.
-- Grain: one row per grade.
SELECT
    grade,
    count()                                                                  AS customers,
    sum(ead)                                                                 AS exposure,
    sum(expected_loss)                                                       AS expected_loss,
    avgOrNull(pd_12m)                                                        AS pd_average,
    if(sumIf(toFloat64(ead), pd_12m IS NOT NULL) > 0,
        sum(pd_12m * toFloat64(ead)) / sumIf(toFloat64(ead), pd_12m IS NOT NULL), NULL) AS pd_by_exposure
FROM creditwatch.scores_rows
WHERE run = {run:UInt64}
GROUP BY grade
ORDER BY grade = '', grade = 'D', pd_average ASC NULLS LAST, grade
