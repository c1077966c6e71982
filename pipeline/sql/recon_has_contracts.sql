-- recon_has_contracts: whether the ledger has contracts at all. A book without them says nothing about a customer that has none.
-- Grain: one row.
SELECT count() > 0 AS has_contracts
FROM creditwatch.ledger_contracts(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
