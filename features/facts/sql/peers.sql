-- peers: what the others of the industry, the region and the group of customers of a range of numbers owe. Reporting currency.
-- Grain: one row per customer and slice (industry, region, group); the customer itself is left out. Of the group the relative that owes most overdue is named.
WITH
    members AS
    (
        SELECT customer_id, name, toString(industry) AS industry, toString(region) AS region, parent_id
        FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        ORDER BY customer_id, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id
    ),
    placed AS
    (
        SELECT m.customer_id AS customer_id, m.name AS name, cut.1 AS slice, cut.2 AS place, ifNull(f.open_base, 0) AS open, ifNull(f.overdue_base, 0) AS overdue
        FROM (SELECT customer_id, name, industry, region, if(parent_id != '', parent_id, customer_id) AS family FROM members) AS m
        LEFT JOIN (SELECT customer_id, open_base, overdue_base FROM creditwatch.features_rows WHERE run = {run:UInt64}) AS f ON f.customer_id = m.customer_id
        ARRAY JOIN arrayFilter(c -> c.2 != '', [('industry', m.industry), ('region', m.region), ('group', m.family)]) AS cut
    ),
    places AS
    (
        SELECT slice, place, count() AS members, sum(toDecimal128(round(open, 4), 4)) AS all_open, sum(toDecimal128(round(overdue, 4), 4)) AS all_overdue,
            arraySlice(arrayReverseSort(x -> (x.1, x.2), groupArrayIf((overdue, customer_id, name), slice = 'group')), 1, 2) AS latest
        FROM placed
        GROUP BY slice, place
        HAVING members > 1
    )
SELECT
    p.customer_id AS customer_id, p.slice AS slice, g.members - 1 AS n,
    toDecimal64(g.all_overdue - toDecimal128(round(p.overdue, 4), 4), 4) AS amount, toDecimal64(g.all_open - toDecimal128(round(p.open, 4), 4), 4) AS whole,
    if(p.slice != 'group', p.place, arrayFirst(x -> x.2 != p.customer_id, g.latest).3) AS name
FROM placed AS p
INNER JOIN places AS g ON g.slice = p.slice AND g.place = p.place
WHERE p.customer_id >= {first:String} AND p.customer_id <= {last:String}
ORDER BY customer_id, slice
