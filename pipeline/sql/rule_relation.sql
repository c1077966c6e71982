-- rule_relation: rows that a source delivered this night and that refer to a customer or document nobody has delivered; an empty cell refers to none.
-- Grain: one row.
SELECT count() AS delivered, countIf(broken) AS bad, minIf(at, broken) AS first
FROM
(
    SELECT concat(file, ':', toString(line)) AS at, ifNull(toString({column:Identifier}), '') AS content, content != '' AND content NOT IN
    (
        SELECT customer_id FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)}) WHERE {to:String} = 'customers'
        UNION ALL
        SELECT arrayJoin([transaction_id, document_id]) FROM creditwatch.ledger_transactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)}) WHERE {to:String} = 'documents'
    ) AS broken
    FROM creditwatch.{table:Identifier}
    WHERE run = {run:UInt64} AND source = {source:String} AND known_at < {known_by:DateTime64(3)}
)
