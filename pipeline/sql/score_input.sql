-- score_input: tonight's model features and whether the customer is in default already.
-- Grain: one row per customer.
SELECT
    f.customer_id AS customer_id,
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
