-- loss_years: what the book loses in a bad year.
-- Grain: one row per level, rising.
SELECT level, correlation, smooth_loss, adjusted_loss, loss, top_loss, customers, unscored, ead AS exposure, expected_loss, herfindahl, effective_names
FROM creditwatch.loss_quantiles_rows
WHERE run = {run:UInt64} AND scope = 'book'
ORDER BY level
