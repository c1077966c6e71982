-- metrics: figures on held-out rows of the models of tonight and of the benchmarks, as last measured by any night up to this one.
-- Grain: one row per model or benchmark and metric.
SELECT model_id, learner, metric, argMax(value, as_of) AS value, max(as_of) AS measured_on
FROM creditwatch.model_metrics_rows
WHERE (run = {run:UInt64} OR run IN (SELECT run FROM creditwatch.live_runs WHERE as_of < {as_of:Date}))
  AND sample = 'holdout'
  AND (learner = 'benchmark' OR model_id IN (SELECT model_id FROM creditwatch.models_rows WHERE run = {run:UInt64}))
GROUP BY model_id, learner, metric
ORDER BY learner, model_id, metric
