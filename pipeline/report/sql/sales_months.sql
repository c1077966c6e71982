-- sales_months: credit sales by calendar month over four years up to the date, as known tonight, at tonight's exchange rates.
-- Grain: one row per month with an invoice, oldest first. invoices_unrated are those of a currency without a known rate.
SELECT
    toStartOfMonth(occurred_on)                                        AS month,
    min(occurred_on)                                                   AS first_on,
    sum(toDecimal128(toDecimal128(amount, 4) * ifNull(rate, toDecimal64(0, 8)), 4)) AS sales,
    countIf(rate IS NULL)                                              AS invoices_unrated
FROM
(
    SELECT currency, occurred_on, sum(amount) AS amount
    FROM creditwatch.documents_rows
    WHERE run = {run:UInt64} AND kind = 'invoice' AND status NOT IN ('cancelled', 'returned')
      AND occurred_on <= {as_of:Date} AND occurred_on >= addMonths(toStartOfMonth({as_of:Date}), -47)
      AND known_from < {cut:DateTime64(3)} AND (known_to IS NULL OR known_to >= {cut:DateTime64(3)})
    GROUP BY currency, occurred_on
) AS sold
LEFT JOIN
(
    SELECT currency, toNullable(argMaxIf(rate, (valid_on, known_at), valid_on <= {as_of:Date})) AS rate
    FROM creditwatch.ledger_fx_rates(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY currency
    HAVING currency != {currency:String} AND rate > 0
    UNION ALL
    SELECT {currency:String} AS currency, toNullable(toDecimal64(1, 8)) AS rate
) AS rates ON rates.currency = sold.currency
GROUP BY month
ORDER BY month
