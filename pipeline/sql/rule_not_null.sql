-- rule_not_null: rows that a source delivered this night without a value in a column.
-- Grain: one row.
SELECT count() AS delivered, countIf(broken) AS bad, minIf((file, line), broken) AS place, concat(place.1, ':', toString(place.2)) AS first
FROM
(
    SELECT file, line, ifNull(toString({column:Identifier}), '') = '' AS broken
    FROM creditwatch.{table:Identifier}
    WHERE run = {run:UInt64} AND source = {source:String} AND known_at < {known_by:DateTime64(3)}
      AND (empty({kinds:Array(String)}) OR has({kinds:Array(String)}, toString({kind:Identifier})))
)
