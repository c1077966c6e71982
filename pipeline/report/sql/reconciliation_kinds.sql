-- reconciliation_kinds: what does not match, by kind.
-- Grain: one row per kind.
SELECT toString(kind) AS kind, any(toString(action)) AS action, count() AS items, uniqExact(customer_id) AS customers, countIf(is_late) AS late, sum(abs(toDecimal128(amount_base, 4))) AS amount, max(age_days) AS oldest
FROM creditwatch.reconciliation_items_rows
WHERE run = {run:UInt64}
GROUP BY kind
ORDER BY kind
