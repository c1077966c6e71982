-- calendar: business days around the date, as known that night.
-- Grain: one row per day.
SELECT day, argMax(is_business, (known_at, run, line)) AS is_business
FROM creditwatch.ledger_calendar(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
WHERE day > {as_of:Date} AND day < {as_of:Date} + 120
GROUP BY day
