-- rule_distribution: the value whose share of a source's rows has changed most, tonight against the published nights of the 28 days before.
-- Grain: one row per value, the greatest change first; one row at most, none when either side has no rows.
SELECT content, tonight / delivered AS share, before / earlier AS share_before, abs(share - share_before) AS change, delivered, earlier
FROM
(
    SELECT content, countIf(run = {run:UInt64}) AS tonight, countIf(run != {run:UInt64}) AS before, sum(tonight) OVER () AS delivered, sum(before) OVER () AS earlier
    FROM
    (
        SELECT run, ifNull(toString({column:Identifier}), '') AS content
        FROM creditwatch.{table:Identifier}
        WHERE source = {source:String} AND known_at < {known_by:DateTime64(3)} AND (run = {run:UInt64} OR run IN
        (
            SELECT run FROM creditwatch.source_runs_rows
            WHERE source = {source:String} AND run IN {runs:Array(UInt64)} AND as_of >= {as_of:Date} - 28 AND as_of < {as_of:Date}
        ))
    )
    GROUP BY content
)
WHERE delivered > 0 AND earlier > 0
ORDER BY change DESC, content
LIMIT 1
