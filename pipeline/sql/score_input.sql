-- score_input: tonight's model features with exposure at default and whether the customer is in default already.
-- Grain: one row per customer. Exposure at default: open invoices and the share of open orders that will be delivered, less
-- unapplied cash and insured cover; reporting currency.
SELECT
    f.customer_id AS customer_id,
    toDecimal64(greatest(ifNull(f.open_base, 0) + {order_conversion:Float64} * ifNull(f.open_orders_base, 0) - ifNull(f.unapplied_base, 0) - ifNull(f.insured_base, 0), 0) + 0.00005, 4) AS ead, -- half a unit more, for toDecimal64 cuts off
    ifNull(/*dormant*/, false) AS is_dormant,
    ifNull(/*at_risk*/, false) AS is_at_risk,
    NOT {recurring:Bool} AND (({from_ledger:Bool} AND ifNull(s.in_default, 0)) OR ifNull(o.is_failed, 0)) AS in_default,
    /*columns*/
FROM creditwatch.features_rows AS f
LEFT JOIN
(
    SELECT customer_id, in_default FROM creditwatch.customer_states_rows WHERE run = {run:UInt64}
) AS s ON s.customer_id = f.customer_id
LEFT JOIN
(
    SELECT customer_id, argMax(event IN ('default', 'insolvency'), (occurred_on, event)) AS is_failed
    FROM creditwatch.ledger_outcomes(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
    WHERE event IN ('default', 'insolvency', 'cure') AND occurred_on <= {as_of:Date}
    GROUP BY customer_id
) AS o ON o.customer_id = f.customer_id
WHERE f.run = {run:UInt64}
ORDER BY customer_id
