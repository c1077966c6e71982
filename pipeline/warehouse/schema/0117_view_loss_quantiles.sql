-- The loss of a bad year, of the book and of each industry; every published night
CREATE OR REPLACE VIEW creditwatch.loss_quantiles
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, scope, industry, level, correlation, smooth_loss, adjusted_loss, loss, top_loss, top_names, customers, unscored, ead, expected_loss, herfindahl, effective_names
FROM creditwatch.loss_quantiles_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'The loss of a bad year, of the book and of each industry; every published night'
