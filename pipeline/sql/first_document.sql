-- first_document: the first day of the ledger.
-- Grain: one row.
SELECT min(occurred_on) AS first
FROM creditwatch.documents_rows
WHERE run = {run:UInt64} AND known_from < {known_by:DateTime64(3)}
