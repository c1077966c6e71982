-- open_book: open invoices and unapplied cash by currency, counted by days past due and not by bucket.
-- Grain: one row per currency. Columns ending in _base are in the reporting currency.
SELECT
    currency,
    count()                                                      AS items,
    countIf(kind = 'invoice')                                    AS invoices,
    sum(open_amount)                                             AS open_total,
    sum(open_base)                                               AS open_total_base,
    sumIf(open_base, kind = 'invoice')                           AS invoices_base,
    sumIf(open_base, kind = 'unapplied')                         AS unapplied_base,
    sumIf(open_base, kind = 'invoice' AND days_past_due > 0)     AS overdue_base,
    sumIf(open_base, kind = 'invoice' AND days_past_due > 90)    AS over_90_base,
    sumIf(open_base, kind = 'invoice' AND disputed)              AS disputed_base
FROM creditwatch.open_items_rows
WHERE run = {run:UInt64}
GROUP BY currency
ORDER BY currency
