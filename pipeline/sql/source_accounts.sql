-- source_accounts: what became of the rows of each source, and for which column most of the refused ones were refused.
-- Grain: one row per source of the run.
SELECT c.source AS source, c.read AS read, c.accepted + c.rejected + c.duplicates AS accounted, c.accepted AS accepted, c.rejected AS rejected,
    c.left_out AS left_out, c.files AS files, c.newest AS newest, r.first AS first, r.at_column AS at_column, r.at_rows AS at_rows
FROM creditwatch.source_runs_rows AS c
LEFT JOIN
(
    SELECT source, concat(min(place).1, ':', toString(min(place).2)) AS first, argMax(column, (n, column)) AS at_column, max(n) AS at_rows
    FROM
    (
        SELECT source, column, count() AS n, min((file, line)) AS place
        FROM creditwatch.rejects_rows
        WHERE run = {run:UInt64} AND NOT (column = '' AND startsWith(reason, 'left out'))
        GROUP BY source, column
    )
    GROUP BY source
) AS r ON r.source = c.source
WHERE c.run = {run:UInt64}
ORDER BY source
