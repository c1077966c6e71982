-- rule_values: rows that a source delivered this night with another value than those of the contract; an empty cell is none.
-- Grain: one row.
SELECT count() AS delivered, countIf(broken) AS bad, minIf(at, broken) AS first
FROM
(
    SELECT concat(file, ':', toString(line)) AS at, ifNull(toString({column:Identifier}), '') != '' AND NOT has({of:Array(String)}, ifNull(toString({column:Identifier}), '')) AS broken
    FROM creditwatch.{table:Identifier}
    WHERE run = {run:UInt64} AND source = {source:String} AND known_at < {known_by:DateTime64(3)}
)
