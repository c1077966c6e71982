-- source_columns: columns of each source's files that no published night of the 28 days before had, and those of the last of these nights
-- that are gone.
-- Grain: one row per source with a file tonight and one in the nights before.
SELECT source, arraySort(arrayFilter(c -> NOT has(earlier, c), tonight)) AS fresh, arraySort(arrayFilter(c -> NOT has(tonight, c), last)) AS gone
FROM
(
    SELECT source, groupUniqArrayArrayIf(columns, run = {run:UInt64}) AS tonight, groupUniqArrayArrayIf(columns, run != {run:UInt64}) AS earlier,
        groupUniqArrayArrayIf(columns, run != {run:UInt64} AND as_of = newest) AS last
    FROM
    (
        SELECT source, run, as_of, columns, maxIf(as_of, run != {run:UInt64} AND notEmpty(columns)) OVER (PARTITION BY source) AS newest
        FROM creditwatch.inputs_rows
        WHERE run IN {runs:Array(UInt64)} AND (run = {run:UInt64} OR as_of >= {as_of:Date} - 28 AND as_of < {as_of:Date})
    )
    GROUP BY source
)
WHERE notEmpty(tonight) AND notEmpty(earlier)
ORDER BY source
