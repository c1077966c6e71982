-- validation_cohorts: past feature tables that a model can be judged on: the training snapshots built with this catalogue, and published
-- nights whose features were computed with it.
-- Grain: one row per date and kind.
SELECT as_of, toUInt64(0) AS night, count() AS customers
FROM creditwatch.snapshots_rows
WHERE fingerprint = {fingerprint:UInt64} AND as_of < {night:Date}
  AND (run = {run:UInt64} OR run IN (SELECT run FROM creditwatch.live_runs WHERE as_of != {night:Date}))
GROUP BY as_of
UNION ALL
SELECT as_of, run AS night, count() AS customers
FROM creditwatch.features_rows
WHERE as_of < {night:Date} AND run IN (SELECT run FROM creditwatch.live_runs WHERE as_of < {night:Date})
  AND run IN (SELECT run FROM creditwatch.validations_rows WHERE fingerprint = {fingerprint:UInt64})
GROUP BY as_of, run
ORDER BY as_of, night
