-- customers: the newest record of every customer known that night.
-- Grain: one row per customer.
SELECT customer_id, newest.1 AS name, newest.2 AS aliases, newest.3 AS parent_id, newest.4 AS region, newest.5 AS industry, newest.6 AS owner
FROM
(
    SELECT customer_id, argMax(tuple(name, aliases, parent_id, toString(region), toString(industry), owner), (known_at, run, line)) AS newest
    FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
)
ORDER BY customer_id
