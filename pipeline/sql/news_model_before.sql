-- news_model_before: the headline classifier of the night before.
-- Grain: one row, or none.
SELECT labels_id, auc, auc_rules, kept
FROM creditwatch.news_models_rows
WHERE run = {previous:UInt64}
LIMIT 1
