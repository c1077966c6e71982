-- recon_loose: credit and refunds that settle no invoice, or settle one by our own allocation only.
-- Grain: one row per open item without an invoice.
WITH
    documents AS
    (
        SELECT customer_id, document_id, toString(kind) AS kind, toString(currency) AS currency, occurred_on, amount, applies_to
        FROM creditwatch.documents_rows
        WHERE run = {run:UInt64} AND kind IN ('payment', 'credit_note', 'write_off', 'refund') AND status NOT IN ('cancelled', 'returned') AND occurred_on <= {as_of:Date}
          AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
    ),
    -- Whose documents are looked up: reading millions of others would find nothing.
    loose AS
    (
        SELECT customer_id, document_id
        FROM creditwatch.open_items_rows
        WHERE run = {run:UInt64} AND kind = 'unapplied'
    )
SELECT
    o.customer_id AS customer_id, o.currency AS currency, o.document_id AS document_id, o.invoiced_on AS dated_on, o.open_amount AS open_amount, o.ledger_open_amount AS ledger_open_amount,
    ifNull(d.kind, if(o.amount > 0, 'refund', 'payment')) AS kind, ifNull(d.applies_to, '') AS applies_to, i.document_id IS NOT NULL AS is_known
FROM
(
    SELECT customer_id, toString(currency) AS currency, document_id, invoiced_on, amount, open_amount, ledger_open_amount
    FROM creditwatch.open_items_rows
    WHERE run = {run:UInt64} AND kind = 'unapplied'
) AS o
LEFT JOIN
(
    -- Two documents alike in number, day and amount have two open items alike: which is which makes no difference to any sum but that of the kind.
    SELECT customer_id, document_id, currency, occurred_on, if(v.kind = 'refund', amount, -amount) AS signed, min(v.kind) AS kind, argMin(v.applies_to, (v.kind, v.applies_to)) AS applies_to
    FROM documents AS v
    WHERE (customer_id, document_id) IN (SELECT customer_id, document_id FROM loose)
    GROUP BY customer_id, document_id, currency, occurred_on, signed
) AS d ON d.customer_id = o.customer_id AND d.document_id = o.document_id AND d.currency = o.currency AND d.occurred_on = o.invoiced_on AND d.signed = o.amount
LEFT JOIN
(
    SELECT DISTINCT customer_id, document_id
    FROM creditwatch.invoices_rows
    WHERE run = {run:UInt64} AND document_id != ''
      AND (customer_id, document_id) IN (SELECT customer_id, applies_to FROM documents WHERE applies_to != '' AND (customer_id, document_id) IN (SELECT customer_id, document_id FROM loose))
) AS i ON i.customer_id = o.customer_id AND i.document_id = d.applies_to
ORDER BY customer_id, currency, dated_on, document_id, open_amount, ledger_open_amount, kind, applies_to
