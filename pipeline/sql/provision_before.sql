-- provision_before: what the last published night had provided by the matrix.
-- Grain: one row per customer and currency.
SELECT customer_id, toString(currency) AS currency, toDecimal64(sum(i.provision), 4) AS provision, toDecimal64(sum(i.provision_base), 4) AS provision_base
FROM creditwatch.provision_items_rows AS i
WHERE run = {previous:UInt64}
GROUP BY customer_id, currency
HAVING provision != 0 OR provision_base != 0
ORDER BY customer_id, currency
