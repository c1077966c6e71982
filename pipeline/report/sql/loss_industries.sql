-- loss_industries: exposure, expected loss and the loss of a year in a hundred of the industries that may lose most.
-- Grain: one row per industry, at most five.
SELECT industry, customers, ead AS exposure, expected_loss, loss, effective_names
FROM creditwatch.loss_quantiles_rows
WHERE run = {run:UInt64} AND scope = 'industry' AND level = 0.99 AND ead > 0
ORDER BY loss DESC, industry
LIMIT 5
