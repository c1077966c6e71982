-- credit_footing: what of limits, groups, concentration, reviews and coverage does not add up to the same book, in the reporting currency and in each currency of the documents.
-- Grain: one row per disagreement; none is the right answer.
WITH
    customers AS (SELECT customer_id, exposure_base FROM creditwatch.limits_rows WHERE run = {run:UInt64}),
    (SELECT (count(), sum(exposure_base)) FROM customers) AS book,
    (SELECT sum(expected_loss) FROM creditwatch.scores_rows WHERE run = {run:UInt64}) AS book_loss
SELECT what, name, left, right -- what is nearest to the fault comes first
FROM
(
    -- Exposure of a customer against the parts that the losses were made of; shares of the policy are rounded once.
    SELECT 'customer' AS what, customer_id AS name, toString(x.exposure_base) AS left, toString(round(greatest(toFloat64(l.open_base) + {shipped:Float64} * toFloat64(l.shipped_base) + {orders:Float64} * toFloat64(l.orders_base) - toFloat64(l.unapplied_base), 0), 2)) AS right
    FROM (SELECT customer_id, exposure_base, 1 AS there FROM customers) AS x
    FULL OUTER JOIN (SELECT customer_id, open_base, shipped_base, orders_base, unapplied_base, 1 AS there FROM creditwatch.losses_rows WHERE run = {run:UInt64}) AS l ON l.customer_id = x.customer_id
    WHERE x.there IS NULL OR l.there IS NULL OR abs(toFloat64(x.exposure_base) - greatest(toFloat64(l.open_base) + {shipped:Float64} * toFloat64(l.shipped_base) + {orders:Float64} * toFloat64(l.orders_base) - toFloat64(l.unapplied_base), 0)) >= 0.005
    UNION ALL
    SELECT 'change', customer_id, toString(change), toString(change_need + change_capacity + change_risk + change_rules + change_rate + change_rounding)
    FROM creditwatch.limits_rows
    WHERE run = {run:UInt64} AND change IS NOT NULL AND (change != change_need + change_capacity + change_risk + change_rules + change_rate + change_rounding OR change != recommended_limit - last_limit)
    UNION ALL
    SELECT 'group', group_id, toString((g.customers, g.exposure)), toString((m.customers, m.exposure))
    FROM (SELECT group_id, length(members) AS customers, exposure_base AS exposure FROM creditwatch.group_exposure_rows WHERE run = {run:UInt64}) AS g
    LEFT JOIN
    (
        SELECT group_id, count() AS customers, sum(c.exposure_base) AS exposure
        FROM (SELECT group_id, member FROM creditwatch.group_exposure_rows ARRAY JOIN members AS member WHERE run = {run:UInt64}) AS a
        INNER JOIN customers AS c ON c.customer_id = a.member
        GROUP BY group_id
    ) AS m ON m.group_id = g.group_id
    WHERE g.customers IS DISTINCT FROM m.customers OR g.exposure IS DISTINCT FROM m.exposure
    UNION ALL
    SELECT 'groups', 'book', toString((customers, exposure, loss)), toString((book.1, book.2, book_loss))
    FROM (SELECT sum(length(members)) AS customers, sum(exposure_base) AS exposure, sum(expected_loss) AS loss FROM creditwatch.group_exposure_rows WHERE run = {run:UInt64})
    WHERE customers != book.1 OR exposure != book.2 OR loss IS DISTINCT FROM book_loss
    UNION ALL
    SELECT 'concentration', dimension, toString((whole, parts)), toString((book.2, whole_loss, parts_loss))
    FROM
    (
        SELECT toString(dimension) AS dimension, sumIf(exposure_base, rank = 0) AS whole, sumIf(exposure_base, rank > 0) AS parts, sumIf(expected_loss, rank = 0) AS whole_loss, sumIf(expected_loss, rank > 0) AS parts_loss
        FROM creditwatch.concentration_rows
        WHERE run = {run:UInt64} AND dimension != 'top'
        GROUP BY dimension
    )
    WHERE whole != book.2 OR ifNull(whole_loss != book_loss, 1) OR dimension != 'book' AND (parts != whole OR dimension NOT IN ('cover', 'currency') AND ifNull(parts_loss != whole_loss, 1))
    UNION ALL
    SELECT 'currency', currency, toString(c.amount), toString(o.amount)
    FROM (SELECT toString(name) AS currency, ifNull(sum(open_amount), toDecimal64(0, 4)) AS amount FROM creditwatch.concentration_rows WHERE run = {run:UInt64} AND dimension = 'currency' AND rank > 0 GROUP BY currency) AS c
    FULL OUTER JOIN (SELECT toString(i.currency) AS currency, sum(open_amount) AS amount FROM creditwatch.open_items_rows AS i WHERE run = {run:UInt64} AND customer_id IN (SELECT customer_id FROM customers) GROUP BY currency) AS o ON o.currency = c.currency -- documents of customers without a record are told by the check references
    WHERE c.amount IS DISTINCT FROM o.amount
    UNION ALL
    SELECT 'coverage', toString(scope), toString((exposure, loss)), toString((book.2, book_loss))
    FROM (SELECT scope, sum(exposure_base) AS exposure, sum(expected_loss) AS loss FROM creditwatch.coverage_rows WHERE run = {run:UInt64} GROUP BY scope)
    WHERE exposure != book.2 OR loss > book_loss
    UNION ALL
    SELECT 'reviews', 'book', toString((customers, exposure)), toString((book.1, book.2))
    FROM (SELECT uniqExact(customer_id) AS customers, sum(exposure_base) AS exposure FROM creditwatch.reviews_rows WHERE run = {run:UInt64})
    WHERE customers != book.1 OR exposure != book.2
)
ORDER BY indexOf(['customer', 'change', 'group', 'currency', 'concentration', 'groups', 'coverage', 'reviews'], what), name
LIMIT 5
