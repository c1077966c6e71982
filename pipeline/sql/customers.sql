-- customers: the newest record of every customer known that night, with what its external keys say of tickers and of people.
-- Grain: one row per customer.
SELECT customer_id, newest.1 AS name, newest.2 AS aliases, newest.3 AS parent_id, newest.4 AS region, newest.5 AS industry, newest.6 AS owner,
       arrayFlatten(arrayMap(v -> splitByRegexp('[,;|，；、]', v), mapValues(mapFilter((k, v) -> lower(k) IN ('ticker', 'tickers', 'stock_code', 'symbol'), newest.7)))) AS tickers,
       arrayFlatten(arrayMap(v -> splitByRegexp('[,;|，；、]', v), mapValues(mapFilter((k, v) -> lower(k) IN ('legal_representative', 'controller', 'chairman', 'chief_executive', 'chief_financial_officer', 'people'), newest.7)))) AS people
FROM
(
    SELECT customer_id, argMax(tuple(name, aliases, parent_id, toString(region), toString(industry), owner, external_keys), (known_at, run, line)) AS newest
    FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
)
ORDER BY customer_id
