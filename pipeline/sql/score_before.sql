-- score_before: customers of a range of numbers as the last published night saw and scored them.
-- Grain: one row per customer with a default probability that night.
SELECT
    f.customer_id AS customer_id,
    s.pd_12m AS pd_before,
    s.note AS note_before,
    /*columns*/
FROM creditwatch.features_rows AS f
INNER JOIN (SELECT customer_id, pd_12m, note FROM creditwatch.scores_rows WHERE run = {previous:UInt64} AND pd_12m IS NOT NULL) AS s ON s.customer_id = f.customer_id
WHERE f.run = {previous:UInt64} AND f.customer_id >= {first:String} AND f.customer_id <= {last:String}
ORDER BY customer_id
