-- validation_quarter: the scores of the last night published at least 90 days before.
-- Grain: one row per customer scored by the model and not in default.
SELECT pd_1m, pd_3m, pd_6m, pd_12m
FROM creditwatch.scores_rows
WHERE run = (SELECT argMaxOrNull(run, as_of) FROM creditwatch.live_runs WHERE as_of <= {night:Date} - 90)
  AND pd_12m IS NOT NULL AND note = ''
