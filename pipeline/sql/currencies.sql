-- currencies: the currencies of the ledger's documents.
-- Grain: one row per currency.
SELECT currency, count() AS documents
FROM creditwatch.ledger_transactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
WHERE occurred_on <= {as_of:Date}
GROUP BY currency
