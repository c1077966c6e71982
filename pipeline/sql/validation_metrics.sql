-- validation_metrics: the figures of a model as the training that made it left them, on held-out rows and in its canaries.
-- Grain: one row per sample and metric.
SELECT sample, metric, argMax(value, as_of) AS value
FROM creditwatch.model_metrics_rows
WHERE model_id = {model:String} AND (run = {run:UInt64} OR run IN (SELECT run FROM creditwatch.live_runs WHERE as_of < {night:Date}))
GROUP BY sample, metric
ORDER BY sample, metric
