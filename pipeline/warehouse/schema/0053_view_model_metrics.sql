-- Figures of every trained learner on every sample; every published night
CREATE OR REPLACE VIEW creditwatch.model_metrics
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, model_id, learner, sample, metric, value
FROM creditwatch.model_metrics_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Figures of every trained learner on every sample; every published night'
