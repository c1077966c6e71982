-- metrics: the figures of a model as an earlier night kept them, with those of the benchmarks.
-- Grain: one row per sample and metric.
SELECT model_id, learner, sample, metric, value
FROM creditwatch.model_metrics_rows
WHERE run = {run:UInt64} AND (model_id = {model:String} OR learner = 'benchmark')
ORDER BY model_id, sample, metric
