-- rule_unique: rows that a source delivered this night and whose value an earlier row of the same file has already; a later file corrects.
-- Grain: one row.
SELECT count() AS delivered, countIf(broken) AS bad, minIf((file, line), broken) AS place, concat(place.1, ':', toString(place.2)) AS first
FROM
(
    SELECT file, line, ifNull(toString({column:Identifier}), '') AS content, content != '' AND row_number() OVER (PARTITION BY file, content ORDER BY line) > 1 AS broken
    FROM creditwatch.{table:Identifier}
    WHERE run = {run:UInt64} AND source = {source:String} AND known_at < {known_by:DateTime64(3)}
      AND (empty({kinds:Array(String)}) OR has({kinds:Array(String)}, toString({kind:Identifier})))
)
