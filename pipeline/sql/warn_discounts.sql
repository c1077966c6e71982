-- warn_discounts: discounts for early payment that were offered on invoices, and those taken.
-- Grain: one row per customer with an invoice whose discount is decided: a payment came for it, or it is due.
WITH
    offered AS
    (
        SELECT d.customer_id AS customer_id, d.document_id AS document_id, min(d.due_on) AS due
        FROM creditwatch.documents_rows AS d
        INNER JOIN
        (
            SELECT customer_id, transaction_id
            FROM creditwatch.ledger_transactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            WHERE kind = 'invoice' AND discount_offered > 0
        ) AS t ON t.customer_id = d.customer_id AND t.transaction_id = d.transaction_id
        WHERE d.run = {run:UInt64} AND d.kind = 'invoice' AND d.status != 'cancelled' AND d.occurred_on <= {as_of:Date}
          AND d.known_from < {known_by:DateTime64(3)} AND (d.known_to IS NULL OR d.known_to >= {known_by:DateTime64(3)})
        GROUP BY d.customer_id, d.document_id
    )
SELECT
    customer_id,
    toFloat64(countIf(age >= 60))           AS discounts_offered_before,
    toFloat64(countIf(age >= 60 AND taken)) AS discounts_taken_before,
    toFloat64(countIf(age < 60))            AS discounts_offered_60d,
    toFloat64(countIf(age < 60 AND taken))  AS discounts_taken_60d
FROM
(
    SELECT i.customer_id AS customer_id, ifNull(p.taken, 0) AS taken, assumeNotNull(dateDiff('day', least(ifNull(p.paid_on, i.due), ifNull(i.due, p.paid_on)), {as_of:Date})) AS age
    FROM offered AS i
    LEFT JOIN
    (
        SELECT a.customer_id AS customer_id, a.invoice_id AS document_id, min(a.effective_on) AS paid_on, max(ifNull(t.discount_taken > 0, 0)) AS taken
        FROM creditwatch.allocations_rows AS a
        LEFT JOIN
        (
            SELECT customer_id, transaction_id, ifNull(t.discount_taken, 0) AS discount_taken
            FROM creditwatch.ledger_transactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)}) AS t
            WHERE kind = 'payment' AND discount_taken > 0
        ) AS t ON t.customer_id = a.customer_id AND t.transaction_id = a.source_id
        WHERE a.run = {run:UInt64} AND a.kind = 'payment' AND a.known_at < {known_by:DateTime64(3)} AND a.effective_on <= {as_of:Date}
          AND (a.customer_id, a.invoice_id) IN (SELECT customer_id, document_id FROM offered)
        GROUP BY a.customer_id, a.invoice_id
        HAVING sum(a.amount) > 0
    ) AS p ON p.customer_id = i.customer_id AND p.document_id = i.document_id
    WHERE p.paid_on IS NOT NULL OR i.due <= {as_of:Date}
)
WHERE age < 425
GROUP BY customer_id
