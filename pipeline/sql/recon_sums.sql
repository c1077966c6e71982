-- recon_sums: what the open items of each customer add up to.
-- Grain: one row per customer and currency with an open item.
SELECT customer_id, toString(currency) AS currency, toDecimal64(sumIf(open_amount, kind = 'invoice'), 4) AS invoices, toDecimal64(sum(i.open_base), 4) AS base
FROM creditwatch.open_items_rows AS i
WHERE run = {run:UInt64}
GROUP BY customer_id, currency
ORDER BY customer_id, currency
