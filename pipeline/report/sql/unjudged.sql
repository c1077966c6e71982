-- unjudged: how many rules could not be judged for some customers, for want of data.
-- Grain: one row.
SELECT countIf(customers > 0) AS rules, sum(customers) AS judgements_missing, sum(judged) AS judgements
FROM creditwatch.unjudged_rows
WHERE run = {run:UInt64}
