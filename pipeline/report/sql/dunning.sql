-- dunning: the 12 customers whose proposed steps of the night concern most money.
-- Grain: one row per customer.
SELECT
    d.customer_id          AS customer_id,
    ifNull(names.name, '') AS name,
    invoices, open, oldest, steps, owner
FROM
(
    SELECT customer_id, count() AS invoices, sum(open_base) AS open, max(days_past_due) AS oldest, arraySort(groupUniqArray(5)(toString(step))) AS steps, argMax(owner, (days_past_due, document_id)) AS owner
    FROM creditwatch.dunning_rows
    WHERE run = {run:UInt64} AND state = 'proposed'
    GROUP BY customer_id
    ORDER BY open DESC, customer_id
    LIMIT 12
) AS d
LEFT JOIN
(
    SELECT customer_id, substringUTF8(argMax(name, (known_at, line)), 1, 400) AS name
    FROM creditwatch.ledger_customers(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
) AS names ON names.customer_id = d.customer_id
ORDER BY open DESC, customer_id
