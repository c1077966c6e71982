-- Headline classifiers; every published night
CREATE OR REPLACE VIEW creditwatch.news_models
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, model_id, labels_id, headlines, bad, auc, auc_rules, code
FROM creditwatch.news_models_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Headline classifiers; every published night'
