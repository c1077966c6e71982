-- metrics: the newest figures of models from nights published before this one, with those of the benchmarks; not how a model went beside the
-- champion on a night.
-- Grain: one row per model, sample and metric.
SELECT model_id, learner, sample, metric, value
FROM creditwatch.model_metrics_rows
WHERE as_of < {as_of:Date} AND run IN (SELECT run FROM creditwatch.live_runs) AND (has({models:Array(String)}, model_id) OR learner = 'benchmark') AND sample != 'shadow'
ORDER BY model_id, sample, metric, as_of DESC
LIMIT 1 BY model_id, sample, metric
