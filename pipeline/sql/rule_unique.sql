-- rule_unique: rows that a source delivered this night and whose value an earlier row of the same file has
-- already, learnt at the same time: later versions of a record and later files correct. The value is of one column to four.
-- Grain: one row.
SELECT count() AS delivered, countIf(broken) AS bad, minIf((file, line), broken) AS place, concat(place.1, ':', toString(place.2)) AS first
FROM
(
    SELECT file, line, ifNull(toString({column:Identifier}), '') AS content,
        content != '' AND row_number() OVER (PARTITION BY file, known_at, content, {second:Identifier}, {third:Identifier}, {fourth:Identifier} ORDER BY line) > 1 AS broken
    FROM creditwatch.{table:Identifier}
    WHERE run = {run:UInt64} AND source = {source:String} AND known_at < {known_by:DateTime64(3)}
      AND (empty({kinds:Array(String)}) OR has({kinds:Array(String)}, toString({kind:Identifier})))
)
