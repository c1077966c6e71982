-- book: the scored book of one night in one line.
-- Grain: one row.
SELECT
    count()                                        AS customers,
    countIf(pd_12m IS NOT NULL)                    AS scored,
    countIf(grade = 'D')                           AS in_default,
    sum(ead)                                       AS exposure,
    sum(expected_loss)                             AS expected_loss
FROM creditwatch.scores_rows
WHERE run = {run:UInt64}
