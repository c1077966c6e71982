-- provision_before: what the last published night had provided by the matrix, and the exchange rate it did so at.
-- Grain: one row per customer and currency.
SELECT p.customer_id AS customer_id, toString(p.currency) AS currency, toDecimal64(p.provision_base, 4) AS provision_base, r.rate AS rate
FROM
(
    SELECT customer_id, currency, sum(i.provision_base) AS provision_base
    FROM creditwatch.provision_items_rows AS i
    WHERE run = {previous:UInt64}
    GROUP BY customer_id, currency
    HAVING provision_base != 0
) AS p
INNER JOIN
(
    -- As it was used: a rate that was corrected since is a movement of tonight.
    SELECT currency, toFloat64(sum(abs(i.open_base))) / toFloat64(sum(abs(i.open_amount))) AS rate
    FROM creditwatch.provision_items_rows AS i
    WHERE run = {previous:UInt64} AND i.open_amount != 0
    GROUP BY currency
) AS r ON r.currency = p.currency
ORDER BY customer_id, currency
