-- footing: open items against the documents they come from, summed independently of the book.
-- Grain: one row per currency.
SELECT currency, sum(open) AS open, sum(ledger) AS ledger
FROM
(
    SELECT currency, open_amount AS open, toDecimal64(0, 4) AS ledger
    FROM creditwatch.open_items_rows
    WHERE run = {run:UInt64}
    UNION ALL
    SELECT currency, toDecimal64(0, 4), multiIf(kind IN ('invoice', 'refund'), amount, kind IN ('payment', 'credit_note', 'write_off'), -amount, toDecimal64(0, 4))
    FROM creditwatch.documents_rows
    WHERE run = {run:UInt64} AND occurred_on <= {as_of:Date} AND status != 'cancelled'
      AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
)
GROUP BY currency
ORDER BY currency
