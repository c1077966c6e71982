-- validation_restated: defaults that the previous night knew and tonight's ledger takes back, because cash was booked late: technical defaults.
-- Grain: one row.
SELECT count() AS technical
FROM creditwatch.default_events_rows
WHERE run = {previous:UInt64} AND event = 'default' AND {from_ledger:Bool} AND occurred_on > addMonths({night:Date}, -12)
  AND (customer_id, occurred_on) NOT IN (SELECT customer_id, occurred_on FROM creditwatch.default_events_rows WHERE run = {run:UInt64} AND event = 'default')
