-- loss_footing: what of the losses does not agree with the scores, and whether the book's line is the sum of its customers.
-- Grain: one row per disagreement; none is the right answer.
SELECT what, name, left, right
FROM
(
    SELECT 'customer' AS what, customer_id AS name, toString((s.ead, s.lgd, s.expected_loss)) AS left, toString((l.ead, l.lgd, l.expected_loss)) AS right
    FROM (SELECT customer_id, ead, lgd, expected_loss, pd_12m FROM creditwatch.scores_rows WHERE run = {run:UInt64}) AS s
    FULL OUTER JOIN (SELECT customer_id, ead, lgd, expected_loss, pd_12m FROM creditwatch.losses_rows WHERE run = {run:UInt64}) AS l ON l.customer_id = s.customer_id
    WHERE s.ead IS DISTINCT FROM l.ead OR s.lgd IS DISTINCT FROM l.lgd OR s.expected_loss IS DISTINCT FROM l.expected_loss OR s.pd_12m IS DISTINCT FROM l.pd_12m
    UNION ALL
    SELECT 'parts', customer_id, toString(total_base), toString(covered_base + retained_base + uninsured_base)
    FROM creditwatch.losses_rows
    WHERE run = {run:UInt64} AND (total_base != covered_base + ead OR ead != retained_base + uninsured_base
      OR total_base != greatest(open_base + shipped_base + ordered_base - unapplied_base, toDecimal64(0, 4)))
    UNION ALL
    SELECT 'book', 'level 0.999', toString((q.customers, q.ead, q.expected_loss, q.loss)), toString((l.customers, l.ead, l.expected_loss, l.tail_loss))
    FROM (SELECT count() AS customers, sum(ead) AS ead, sum(expected_loss) AS expected_loss, sum(tail_loss) AS tail_loss FROM creditwatch.losses_rows WHERE run = {run:UInt64}) AS l
    CROSS JOIN (SELECT customers, ead, expected_loss, loss FROM creditwatch.loss_quantiles_rows WHERE run = {run:UInt64} AND scope = 'book' AND level = 0.999) AS q
    WHERE q.customers != l.customers OR q.ead != l.ead OR q.expected_loss != l.expected_loss OR q.loss != l.tail_loss
    UNION ALL
    SELECT 'industries', '', toString((q.ead, q.expected_loss)), toString((i.ead, i.expected_loss))
    FROM (SELECT sumIf(ead, scope = 'book') AS ead, sumIf(expected_loss, scope = 'book') AS expected_loss FROM creditwatch.loss_quantiles_rows WHERE run = {run:UInt64} AND level = 0.999) AS q
    CROSS JOIN (SELECT sumIf(ead, scope = 'industry') AS ead, sumIf(expected_loss, scope = 'industry') AS expected_loss FROM creditwatch.loss_quantiles_rows WHERE run = {run:UInt64} AND level = 0.999) AS i
    WHERE q.ead != i.ead OR q.expected_loss != i.expected_loss
)
ORDER BY what, name
LIMIT 5
