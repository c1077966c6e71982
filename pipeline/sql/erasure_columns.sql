-- erasure_columns: the columns of all tables that have rows.
-- Grain: one row per table and column.
SELECT c.table AS table, c.name AS name, c.type AS type, toBool(c.is_in_sorting_key OR c.is_in_partition_key OR c.is_in_primary_key) AS is_key
FROM system.columns AS c
WHERE c.database = 'creditwatch'
  AND c.table IN (SELECT t.name FROM system.tables AS t WHERE t.database = 'creditwatch' AND endsWith(t.engine, 'MergeTree') AND t.total_rows > 0)
ORDER BY table, c.position
