-- promotions: what the night decided about its models, in order.
-- Grain: one row per decision.
SELECT decision, finding, text_en, text_zh
FROM creditwatch.promotions_rows
WHERE run = {run:UInt64}
ORDER BY seq
