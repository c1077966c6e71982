-- rule_relation: rows that a source delivered this night and that refer to a customer or document nobody has delivered; an empty cell refers to none.
-- Grain: one row.
SELECT count() AS delivered, countIf(broken) AS bad, minIf((file, line), broken) AS place, concat(place.1, ':', toString(place.2)) AS first
FROM
(
    SELECT file, line, ifNull(toString({column:Identifier}), '') AS content, content != '' AND content NOT IN
    (
        SELECT customer_id FROM creditwatch.customers_rows WHERE {to:String} = 'customers' AND known_at < {known_by:DateTime64(3)} AND run IN {runs:Array(UInt64)}
        UNION ALL
        SELECT arrayJoin([transaction_id, document_id]) AS id FROM creditwatch.transactions_rows
        WHERE {to:String} = 'documents' AND known_at < {known_by:DateTime64(3)} AND run IN {runs:Array(UInt64)}
          AND id IN (SELECT toString({column:Identifier}) FROM creditwatch.{table:Identifier} WHERE run = {run:UInt64} AND source = {source:String}) -- few of a long ledger
    ) AS broken
    FROM creditwatch.{table:Identifier}
    WHERE run = {run:UInt64} AND source = {source:String} AND known_at < {known_by:DateTime64(3)}
      AND (empty({kinds:Array(String)}) OR has({kinds:Array(String)}, toString({kind:Identifier})))
)
