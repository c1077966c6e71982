-- contract_parties: what the contract desk must know of a customer: exposure and cover as the losses have them, its last invoice and shipment, the insurance of its own record.
-- Grain: one row per customer with a loss of the night.
SELECT
    l.customer_id AS customer_id, l.total_base AS total, l.covered_base AS covered, d.invoiced_on AS invoiced_on, d.shipped_on AS shipped_on,
    toDecimal64(ifNull(c.insured, 0), 4) AS insured, toDate(least(ifNull(c.insured_until, toDate32('2149-06-06')), toDate32('2149-06-06'))) AS insured_to
FROM creditwatch.losses_rows AS l
LEFT JOIN
(
    SELECT v.customer_id AS customer_id, toDecimal128(round(toFloat64(v.insured_limit) * if(v.limit_currency IN ('', {base:String}), 1, r.rate), 4), 4) AS insured, v.insured_until AS insured_until
    FROM
    (
        SELECT customer_id, insured_limit, limit_currency, insured_until
        FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        ORDER BY customer_id, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id
    ) AS v
    LEFT JOIN
    (
        SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
        FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE valid_on <= {as_of:Date}
        GROUP BY currency
    ) AS r ON r.currency = v.limit_currency
) AS c ON c.customer_id = l.customer_id
LEFT JOIN
(
    SELECT customer_id, maxIf(toNullable(occurred_on), kind = 'invoice') AS invoiced_on, maxIf(toNullable(occurred_on), kind = 'order' AND status = 'shipped') AS shipped_on
    FROM creditwatch.documents_rows
    WHERE run = {run:UInt64} AND kind IN ('order', 'invoice') AND status != 'cancelled' AND occurred_on <= {as_of:Date}
      AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
    GROUP BY customer_id
) AS d ON d.customer_id = l.customer_id
WHERE l.run = {run:UInt64}
ORDER BY customer_id
