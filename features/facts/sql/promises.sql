-- promises: promises to pay of customers of a range of numbers that are due, and which were not kept. Reporting currency as promised.
-- Grain: one row per customer and slice (90, 365: due in so many days). A promise is kept as in the features: 80 % by three days after its day.
SELECT
    customer_id, slice, count() AS n, countIf(NOT is_kept) AS part,
    toDecimal64(sumIf(toDecimal128(round(promised, 4), 4), NOT is_kept), 4) AS amount,
    if(part > 0, maxIf(promised_on, NOT is_kept), max(promised_on)) AS last_on
FROM
(
    SELECT customer_id, interaction_id, promised, promised_on, sum(if(paid_on BETWEEN made_on AND promised_on + 3, paid, 0)) >= 0.8 * promised AS is_kept
    FROM
    (
        SELECT customer_id, interaction_id, occurred_on AS made_on, assumeNotNull(promised_on) AS promised_on, toFloat64(assumeNotNull(promised_amount)) AS promised
        FROM
        (
            SELECT customer_id, interaction_id, kind, occurred_on, promised_amount, promised_on
            FROM creditwatch.ledger_interactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            WHERE occurred_on <= {as_of:Date} AND customer_id >= {first:String} AND customer_id <= {last:String}
            ORDER BY customer_id, interaction_id, known_at DESC, run DESC, line DESC, row_hash
            LIMIT 1 BY customer_id, interaction_id
        ) AS c
        WHERE c.kind = 'promise' AND c.promised_amount IS NOT NULL AND c.promised_on IS NOT NULL AND c.promised_on + 3 < {as_of:Date} AND c.promised_on > {as_of:Date} - 365
    ) AS p
    LEFT JOIN
    (
        SELECT customer_id, min(occurred_on) AS paid_on, toFloat64(sum(d.amount)) AS paid
        FROM creditwatch.documents_rows AS d
        WHERE run = {run:UInt64} AND customer_id >= {first:String} AND customer_id <= {last:String} AND kind = 'payment' AND status IN ('', 'returned') AND occurred_on <= {as_of:Date}
          AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
        GROUP BY customer_id, document_id
    ) AS d ON d.customer_id = p.customer_id
    GROUP BY customer_id, interaction_id, promised, promised_on
)
ARRAY JOIN arrayFilter(s -> promised_on > {as_of:Date} - toUInt16(s), ['90', '365']) AS slice
GROUP BY customer_id, slice
ORDER BY customer_id, slice
