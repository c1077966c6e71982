-- rates: the newest rate of each currency on the date, as known that night.
-- Grain: one row per currency.
SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
WHERE valid_on <= {as_of:Date}
GROUP BY currency
