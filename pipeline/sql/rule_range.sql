-- rule_range: rows that a source delivered this night with a number outside the bounds; an empty cell is inside.
-- Grain: one row.
SELECT count() AS delivered, countIf(broken) AS bad, minIf((file, line), broken) AS place, concat(place.1, ':', toString(place.2)) AS first
FROM
(
    SELECT file, line, ifNull(toFloat64({column:Identifier}) < {min:Float64} OR toFloat64({column:Identifier}) > {max:Float64}, false) AS broken
    FROM creditwatch.{table:Identifier}
    WHERE run = {run:UInt64} AND source = {source:String} AND known_at < {known_by:DateTime64(3)}
      AND (empty({kinds:Array(String)}) OR has({kinds:Array(String)}, toString({kind:Identifier})))
)
